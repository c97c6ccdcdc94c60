"""Charts in notebooks without a network: one inlined script for all charts of a notebook.

Altair's own renderers need the network ("html"), another package ("jupyter"), or a front end
that knows the Vega-Lite version of the day ("mimetype"). Here the script comes with vl-convert,
once for the notebook, and every chart is a picture that becomes live when the script is there.
"""

from __future__ import annotations

import base64
import json
from html import escape
from typing import Any
from uuid import uuid4

import altair as alt

from xaigeo.errors import InputError
from xaigeo.viz.bundle import vega_bundle
from xaigeo.viz.escaping import script_json, script_source

RENDERER = "xaigeo"
_READY = "xaigeoVegaEmbed"
_CHART = """<div id="{name}" style="max-width:100%;overflow-x:auto">\
<img alt="{alt}" style="max-width:100%;background:#fff" src="data:image/svg+xml;base64,{svg}">\
</div><script type="application/json" id="{name}-spec">{spec}</script><script>{script}</script>"""
_LIVE = """(() => {
  const start = (tries) => {
    const embed = window.%s;
    if (!embed) return tries && setTimeout(start, 100, tries - 1);
    const spec = JSON.parse(document.getElementById("%s-spec").textContent);
    const live = document.createElement("div");
    const still = document.getElementById("%s");
    return embed(live, spec, { actions: false, ast: true, renderer: "svg" })
      .then(() => still.replaceChildren(live));
  };
  start(100);
})();"""


def enable_notebook() -> None:
    """Show Altair charts in this notebook, live and without a network.

    Call it once, in a cell of its own: its output carries the script that all charts use. A
    chart whose script is missing, in an untrusted notebook or on a page that shows notebooks
    still, remains the picture that it starts as.

    Raises
    ------
    InputError
        Outside of a notebook.
    """
    try:
        from IPython.display import HTML, display  # type: ignore[import-not-found]
    except ImportError as error:
        raise InputError(
            expected="a notebook",
            arrived="a Python without IPython",
            do="Write the chart to a file with chart.save('chart.svg'), or write a report.",
        ) from error
    alt.renderers.register(RENDERER, notebook_renderer)
    alt.renderers.enable(RENDERER)
    display(HTML(bundle_html()))


def bundle_html() -> str:
    """Return the script that makes the charts of a notebook live."""
    code = vega_bundle(f"window.{_READY} = vegaEmbed;")
    return f"<script>{script_source('(() => {' + code + '})();')}</script>Charts are live."


def notebook_renderer(spec: dict[str, Any], **_: Any) -> dict[str, str]:
    """Return the output of one chart: a picture, its spec, and the script that joins them.

    Altair passes what `alt.renderers.enable` was given as further arguments; none is used.
    """
    return {"text/html": chart_html(spec), "text/plain": str(spec.get("description", "A chart"))}


def chart_html(spec: dict[str, Any]) -> str:
    """Return one chart as HTML for a notebook that holds `bundle_html`."""
    import vl_convert

    name = f"xaigeo-{uuid4().hex}"
    picture = vl_convert.vegalite_to_svg(json.dumps(spec))
    return _CHART.format(
        name=name,
        alt=escape(str(spec.get("description", "")), quote=True),
        svg=base64.b64encode(picture.encode()).decode(),
        spec=script_json(spec),
        script=script_source(_LIVE % (_READY, name, name)),
    )
