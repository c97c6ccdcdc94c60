"""Second stage of the report: the summary becomes one HTML page that asks no one for anything."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from xaigeo import __version__
from xaigeo.viz.bundle import vega_bundle
from xaigeo.viz.checklist import templates
from xaigeo.viz.escaping import csp_hash, script_json, script_source

# One script in parts, each of which uses what stands before it: of a page on rows of a table, and
# of one on texts.
SCRIPTS = {
    "rows": (
        "decode.js",
        "geometry.js",
        "charts.js",
        "explorer.js",
        "answers.js",
        "panels.js",
        "rows_table.js",
        "sheet.js",
        "report.js",
    ),
    "texts": (
        "decode.js",
        "charts.js",
        "texts.js",
        "answers.js",
        "words.js",
        "rows_table.js",
        "sheet.js",
        "texts_report.js",
    ),
}


def render(summary: dict[str, Any]) -> str:
    """Return the page.

    The content security policy admits three inline elements by their hash, the style sheet,
    Vega and the page's script, and no address at all. Vega sets colours of SVG elements by
    style attributes, which the policy allows; it evaluates expressions by an interpreter, so
    no code is made from text (no ``unsafe-eval``).
    """
    style, vega = _asset("report.css"), _wrapped(vega_bundle())
    scripts = SCRIPTS["texts" if "texts" in summary["explorer"] else "rows"]
    script = _wrapped("\n".join(['"use strict";', *map(_asset, scripts)]))
    policy = "; ".join(
        [
            "default-src 'none'",
            f"script-src {csp_hash(vega)} {csp_hash(script)}",
            f"style-src-elem {csp_hash(style)}",
            "style-src-attr 'unsafe-inline'",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )
    charts, page = _parted(summary)
    return (
        templates()
        .get_template("report.html.j2")
        .render(
            **page,
            policy=policy,
            style=script_source(style),
            vega=script_source(vega),
            script=script_source(script),
            data=script_json(
                {
                    "charts": charts,
                    "explorer": summary["explorer"],
                    "specs": summary["specs"],
                    "config": summary["config"],
                    "dark": summary["dark"],
                    "shades": summary["shades"],
                }
            ),
            version=__version__,
        )
    )


def _parted(summary: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Take the specs out of the sections, so that the template sees words and the script data."""
    charts: dict[str, Any] = {}

    def take(part: Any, path: str) -> Any:
        if isinstance(part, dict):
            if "spec" in part:
                charts[path] = part["spec"]
                part = {k: v for k, v in part.items() if k != "spec"} | {"chart": path}
            return {k: take(v, f"{path}-{k}" if path else k) for k, v in part.items()}
        if isinstance(part, list):
            return [take(value, f"{path}-{i}") for i, value in enumerate(part)]
        return part

    apart = ("specs", "config", "dark", "shades")
    shown = {name: summary[name] for name in summary if name not in apart}
    page = {name: take(value, name) for name, value in shown.items() if name != "explorer"}
    return charts, page | {"explorer": summary["explorer"]}


def _asset(name: str) -> str:
    return (files("xaigeo.viz.page") / "templates" / name).read_text(encoding="utf-8")


def _wrapped(code: str) -> str:
    """Keep a script's own names to itself."""
    return f"(() => {{{code}\n}})();"
