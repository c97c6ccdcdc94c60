"""A chart, or a table, as one HTML page that asks no one for anything."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from typing import Any

import jinja2
from markupsafe import Markup

from xaigeo import __version__
from xaigeo.viz.bundle import vega_script
from xaigeo.viz.dark import DARK, DARK_PAPER
from xaigeo.viz.escaping import csp_hash, script_json, script_source
from xaigeo.viz.theme import FAINT, INK, SANS, SOFT_INK

# Vega's expressions run in its interpreter (`ast`), so that no code is made from text, which the
# policy forbids; its reader of CSV makes some, so tables are read here. Its own style sheets are
# left out, because the policy admits only styles that the page brings.
EMBED = r"""const rowsOf = (text) => {
  const lines = [[]];
  for (const [, quoted, bare, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n|$)/g)) {
    lines.at(-1).push(quoted === undefined ? bare : quoted.replaceAll('""', '"'));
    if (end === "\n") lines.push([]);
    if (end === "") break;
  }
  const [names, ...rows] = lines.slice(0, -1);
  return rows.map((row) => Object.fromEntries(names.map((name, i) => [name, row[i]])));
};
const asRows = (part, tables) => {
  if (Array.isArray(part)) return part.map((one) => asRows(one, tables));
  if (part === null || typeof part !== "object") return part;
  const walked = Object.entries(part).map(([key, value]) => [key, asRows(value, tables)]);
  const made = Object.fromEntries(walked);
  if (typeof tables[part.name] === "string" && part.format) made.format.type = "json";
  return made;
};
const embedded = (target, { datasets = {}, ...views }) => {
  const rows = Object.entries(datasets)
    .map(([name, held]) => [name, typeof held === "string" ? rowsOf(held) : held]);
  const spec = { ...asRows(views, datasets), datasets: Object.fromEntries(rows) };
  return vegaEmbed(target, spec, {
    mode: "vega-lite", renderer: "svg", actions: false, ast: true, defaultStyle: false,
    tooltip: { disableDefaultStyle: true },
  });
};
"""
# Lines of titles that are longer than the window are broken again; a chart keeps its width, because
# labels and marks were placed for it, and is scrolled.
_START = (
    EMBED
    + r"""const pen = document.createElement("canvas").getContext("2d");
const broken = (text, px, font) => {
  const lines = [].concat(text);
  pen.font = font;
  const fits = (line) => typeof line !== "string" || pen.measureText(line).width <= px;
  if (lines.every(fits)) return text;
  const made = [];
  for (const word of lines.join(" ").split(" ")) {
    const longer = `${made.at(-1)} ${word}`;
    if (made.length && fits(longer)) made[made.length - 1] = longer;
    else made.push(word);
  }
  return made;
};
const narrowed = (view, px, look) => {
  const made = { ...view };
  for (const key of ["hconcat", "vconcat", "concat"]) {
    if (view[key]) made[key] = view[key].map((part) => narrowed(part, px, look));
  }
  if (!view.title) return made;
  const given = view.title.text === undefined ? { text: view.title } : view.title;
  const said = { ...look, ...given };
  const fonts = {
    text: `${said.fontWeight} ${said.fontSize}px ${said.font}`,
    subtitle: `${said.subtitleFontSize}px ${said.subtitleFont}`,
  };
  made.title = { ...given };
  for (const [name, font] of Object.entries(fonts)) {
    if (given[name] !== undefined) made.title[name] = broken(given[name], px, font);
  }
  return made;
};
const frame = document.getElementById("chart");
const { datasets, ...views } = JSON.parse(document.getElementById("spec").textContent);
let drawn, shown;
const draw = async () => {
  // Vega leaves 5 pixels of paper on either side.
  const fitting = narrowed(views, frame.clientWidth - 10, views.config?.title ?? {});
  const told = JSON.stringify(fitting);
  if (told !== drawn) {
    drawn = told;
    const live = document.createElement("div");
    const made = await embedded(live, { datasets, ...fitting });
    if (told !== drawn) return made.finalize();
    shown?.finalize();
    shown = made;
    frame.replaceChildren(live);
  }
  document.getElementById("wider").hidden = frame.scrollWidth <= frame.clientWidth;
};
let waiting;
addEventListener("resize", () => {
  clearTimeout(waiting);
  waiting = setTimeout(draw, 150);
});
draw();
"""
)
# Of tooltips and of the selectors that charts bring along; colours are the page's own.
CHART_STYLE = """\
#vg-tooltip-element { position: fixed; visibility: hidden; z-index: 1000; max-width: 21rem;
  padding: .5rem .65rem; border: 1px solid var(--line); border-radius: 4px; pointer-events: none;
  background: var(--paper); color: var(--ink); font: .8rem/1.4 var(--sans); }
#vg-tooltip-element.visible { visibility: visible; }
#vg-tooltip-element td { padding: .08rem 0; vertical-align: top; }
#vg-tooltip-element td.key { padding-right: .7rem; opacity: .75; text-align: right; }
.vega-bindings { margin-top: .6rem; font: .85rem/1.6 var(--sans); }
.vega-bind-name { margin-right: .5rem; }
"""
_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{{ policy }}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="xaigeo {{ version }}">
<title>{{ title }}</title>
<style>{{ style }}</style>
</head>
<body>
{% if spec %}
<p id="wider" hidden>The chart is wider than the window: scroll it sideways.</p>
{% endif %}
<main id="chart">{{ shown }}</main>
{% if spec %}
<script type="application/json" id="spec">{{ spec }}</script>
{% for script in scripts %}
<script>{{ script }}</script>
{% endfor %}
{% endif %}
</body>
</html>
"""
_STYLE_ELEMENT = re.compile(r"<style>(.*?)</style>", re.DOTALL)


def chart_page(spec: dict[str, Any], svg: str, *, dark: bool = False) -> str:
    """Return the page of a chart: a picture that becomes live when its script runs.

    Parameters
    ----------
    spec : dict
        The Vega-Lite specification.
    svg : str
        The same chart as a picture, for readers without JavaScript.
    """
    scripts = [vega_script(), _START]
    shown = Markup('<img alt="{}" src="{}">').format(spec.get("description", ""), svg_address(svg))
    return _page(
        title=title_of(spec), shown=shown, dark=dark, scripts=scripts, spec=script_json(spec)
    )


def table_page(html: str, *, title: str) -> str:
    """Return the page of a table that is HTML already, with all its text escaped."""
    styles = _STYLE_ELEMENT.findall(html)
    return _page(title=title, shown=Markup(html), styles=styles)  # escaped by whoever made it


def policy(*, scripts: Iterable[str] = (), styles: Iterable[str] = ()) -> str:
    """Return a content security policy that admits these inline elements and no address at all.

    Style attributes are allowed, because Vega writes them.
    """
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src {_hashes(scripts)}",
            f"style-src-elem {_hashes(styles)}",
            "style-src-attr 'unsafe-inline'",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )


def svg_address(svg: str) -> str:
    """Return a picture as an address that holds it."""
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"


def title_of(spec: dict[str, Any]) -> str:
    """Return the title of a chart as one line, or that of the first of several joined.

    Examples
    --------
    >>> title_of({"hconcat": [{"title": {"text": ["Two", "lines"]}}, {}]})
    'Two lines'
    """
    found = spec.get("title", "")
    text = found.get("text", "") if isinstance(found, dict) else found
    line = " ".join(text) if isinstance(text, list) else str(text)
    return line or next((said for said in map(title_of, _parts(spec)) if said), "")


def description_of(spec: dict[str, Any]) -> str:
    """Return the description of a chart, or those of several joined.

    Examples
    --------
    >>> description_of({"hconcat": [{"description": "A map."}, {"description": "A strip."}]})
    'A map. A strip.'
    """
    own = str(spec.get("description", ""))
    return own or " ".join(said for said in map(description_of, _parts(spec)) if said)


def _parts(spec: dict[str, Any]) -> list[dict[str, Any]]:
    return [part for key in ("hconcat", "vconcat", "concat") for part in spec.get(key, [])]


def _hashes(elements: Iterable[str]) -> str:
    return " ".join(map(csp_hash, elements)) or "'none'"


def _page(
    *,
    title: str,
    shown: Markup,
    dark: bool = False,
    scripts: Iterable[str] = (),
    styles: Iterable[str] = (),
    spec: Markup | None = None,
) -> str:
    style = _style(dark=dark)
    made = jinja2.Environment(
        autoescape=True, trim_blocks=True, undefined=jinja2.StrictUndefined
    ).from_string(_PAGE)
    return made.render(
        policy=policy(scripts=scripts, styles=[style, *styles]),
        version=__version__,
        title=title or "A chart",
        style=script_source(style),
        shown=shown,
        spec=spec,
        scripts=[script_source(script) for script in scripts],
    )


def _style(*, dark: bool) -> str:
    ink, line, soft = (DARK[c] if dark else c for c in (INK, FAINT, SOFT_INK))
    paper = DARK_PAPER if dark else "#ffffff"
    return (
        f":root {{ --ink: {ink}; --line: {line}; --paper: {paper}; --sans: {SANS};"
        f" color-scheme: {'dark' if dark else 'light'}; }}\n"
        "body { margin: 1.2rem; background: var(--paper); color: var(--ink);"
        " font: 1rem/1.5 var(--sans); }\n"
        "main { overflow-x: auto; }\n"
        f"#wider {{ margin: 0 0 .6rem; color: {soft}; font-size: .8rem; }}\n"
        "img { max-width: 100%; height: auto; }\n"
    ) + CHART_STYLE
