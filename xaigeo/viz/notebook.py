"""Charts in notebooks without a network: one inlined script for all charts of a notebook.

Altair's own renderers need the network ("html"), another package ("jupyter"), or a front end
that knows the Vega-Lite version of the day ("mimetype"). Here the script comes with vl-convert,
once for the notebook, and every chart is a picture that becomes live when the script is there.
"""

from __future__ import annotations

import base64
import sys
from html import escape
from typing import Any, Literal
from uuid import uuid4

import altair as alt

from xaigeo.errors import InputError
from xaigeo.options import check_flag, check_option
from xaigeo.viz.bundle import vega_lite_version, vega_script
from xaigeo.viz.chart_page import description_of, svg_address
from xaigeo.viz.dark import darkened
from xaigeo.viz.escaping import script_json, script_source
from xaigeo.viz.export import png_picture, svg_picture

Script = Literal["once", "every_chart"]
RENDERER = "xaigeo"
_PNG_SCALE = 2
# A notebook may be open beside one of another version of Altair, on one page of the browser.
_QUEUE = f"xaigeoCharts_{vega_lite_version().replace('.', '_')}"
# Charts push themselves on a list that waits for the script, which then shows all that wait and
# whatever is pushed later: a front end may draw its cells in any order, at any time.
_SERVE = """\
const waiting = window.{queue};
window.{queue} = {{ push: (show) => show(vegaEmbed) }};
if (Array.isArray(waiting)) waiting.forEach((show) => show(vegaEmbed));
for (const said of document.querySelectorAll("[data-xaigeo-said]"))
  said.textContent = "Charts are live.";"""
_SAID = "<span data-xaigeo-said>Charts are pictures; they are live where scripts may run.</span>"
_CHART = """<div data-xaigeo="{name}" style="max-width:100%;overflow-x:auto">\
<img alt="{alt}" style="max-width:100%;height:auto" src="{picture}">\
<script type="application/json">{spec}</script></div>{bundle}<script>{script}</script>"""
# One output may be shown in two places, so every element of the name is looked for. Tooltips hang
# on the page, outside of the cell.
_LIVE = """\
(() => {
  const stills = [...document.querySelectorAll('[data-xaigeo="%(name)s"]')];
  (window.%(queue)s ??= []).push((embed) => stills.forEach((still) => {
    const held = still.querySelector('script[type="application/json"]');
    if (!held) return;
    const live = document.createElement("div");
    embed(live, JSON.parse(held.textContent), {
      mode: "vega-lite", renderer: "svg", actions: false, ast: true,
      tooltip: { theme: "%(theme)s" },
    }).then(() => still.replaceChildren(live), console.error);
  }));
})();"""


def enable_notebook(*, script: Script = "once", dark: bool = False) -> None:
    """Show Altair charts in this notebook, live and without a network.

    Call it once, in a cell of its own: its output carries the script that all charts use. A
    chart whose script is missing, in an untrusted notebook or on a page that shows notebooks
    still, remains the picture that it starts as. In marimo, which brings its own Vega, nothing
    needs to be done, and nothing is.

    Parameters
    ----------
    script : {"once", "every_chart"}
        "every_chart" puts the script (0.9 MB) into the output of each chart, for front ends
        that keep each output in a frame of its own, such as Google Colab.
    dark : bool, default False
        Draw on dark paper.

    Raises
    ------
    InputError
        Outside of a notebook, or for another option.
    """
    check_option("script", script, Script)
    check_flag("dark", dark)
    if _in_marimo():
        return
    try:
        from IPython.display import HTML, display  # type: ignore[import-not-found]
    except ImportError as error:
        raise InputError(
            expected="a notebook",
            arrived="a Python without IPython",
            do="Write the chart to a file with xaigeo.viz.save(chart, 'chart.html'), or write"
            " a report.",
        ) from error
    alt.renderers.register(RENDERER, notebook_renderer)
    alt.renderers.enable(RENDERER, script=script, dark=dark)
    if script == "once":
        display(HTML(bundle_html()))


def bundle_html() -> str:
    """Return the script that makes the charts of a notebook live."""
    return _SAID + _bundle_element()


def notebook_renderer(
    spec: dict[str, Any], *, script: Script = "once", dark: bool = False, **_: Any
) -> tuple[dict[str, str], dict[str, dict[str, int]]]:
    """Return the output of one chart and its metadata.

    It holds HTML, for notebooks; a PNG, for what shows pictures only (a PDF made of the notebook,
    a workspace that is not trusted); and the description, for terminals. Altair passes what
    `alt.renderers.enable` was given as further arguments.
    """
    if dark:
        spec = darkened(spec)
    svg = svg_picture(spec)
    png = png_picture(svg, _PNG_SCALE)
    width, height = (int.from_bytes(png[at : at + 4], "big") for at in (16, 20))
    shown = {
        "text/html": chart_html(spec, svg, script=script, dark=dark),
        "image/png": base64.b64encode(png).decode(),
        "text/plain": description_of(spec) or "A chart",
    }
    size = {"width": width // _PNG_SCALE, "height": height // _PNG_SCALE}
    return shown, {"image/png": size}


def chart_html(
    spec: dict[str, Any], svg: str | None = None, *, script: Script = "once", dark: bool = False
) -> str:
    """Return one chart as HTML, live where `bundle_html` is, or by itself for "every_chart"."""
    name = uuid4().hex
    live = _LIVE % {"name": name, "queue": _QUEUE, "theme": "dark" if dark else "light"}
    return _CHART.format(
        name=name,
        alt=escape(description_of(spec), quote=True),
        picture=svg_address(svg_picture(spec) if svg is None else svg),
        spec=script_json(spec),
        bundle=_bundle_element() if script == "every_chart" else "",
        script=script_source(live),
    )


def _bundle_element() -> str:
    return f"<script>{script_source(vega_script(_SERVE.format(queue=_QUEUE)))}</script>"


def _in_marimo() -> bool:
    marimo: Any = sys.modules.get("marimo")
    return marimo is not None and bool(marimo.running_in_notebook())
