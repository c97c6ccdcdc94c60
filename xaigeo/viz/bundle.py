"""Vega, Vega-Lite and Vega-Embed as one script that needs no network."""

from __future__ import annotations

from functools import cache

import altair as alt

ON_WINDOW = "window.vegaEmbed = vegaEmbed; window.vega = vega; window.vegaLite = vegaLite;"


@cache
def vega_bundle(snippet: str = ON_WINDOW) -> str:
    """Return the JavaScript of the libraries, followed by `snippet`, which may use their names.

    It comes from vl-convert, in the Vega-Lite version for which Altair writes its specs.
    """
    import vl_convert

    version = ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])
    return str(vl_convert.javascript_bundle(snippet, vl_version=version))
