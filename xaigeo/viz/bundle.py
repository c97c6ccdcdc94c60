"""Vega, Vega-Lite and Vega-Embed as one script that needs no network."""

from __future__ import annotations

from functools import cache

import altair as alt

ON_WINDOW = "window.vegaEmbed = vegaEmbed; window.vega = vega; window.vegaLite = vegaLite;"


def vega_lite_version() -> str:
    """Return the version of Vega-Lite for which Altair writes its specs, as vl-convert names it.

    Examples
    --------
    >>> vega_lite_version().count(".")
    1
    """
    return ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])


@cache
def vega_bundle(snippet: str = ON_WINDOW) -> str:
    """Return the JavaScript of the libraries, followed by `snippet`, which may use their names.

    It comes from vl-convert, in the Vega-Lite version for which Altair writes its specs.
    """
    import vl_convert

    return str(vl_convert.javascript_bundle(snippet, vl_version=vega_lite_version()))


def vega_script(snippet: str = ON_WINDOW) -> str:
    """Return `vega_bundle` in a function of its own, whose names stay out of the page's."""
    return f"(() => {{{vega_bundle(snippet)}\n}})();"
