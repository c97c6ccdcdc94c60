"""Vega, Vega-Lite and Vega-Embed as one script that needs no network."""

from __future__ import annotations

from functools import cache

import altair as alt


@cache
def vega_bundle() -> str:
    """Return the JavaScript that puts `vegaEmbed`, `vega` and `vegaLite` on `window`.

    It comes from vl-convert, in the Vega-Lite version for which Altair writes its specs.
    """
    import vl_convert

    version = ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])
    return str(vl_convert.javascript_bundle(vl_version=version))
