"""Build the gallery: every chart on one page, with the question it answers and its code.

Usage: ``python scripts/gallery.py [--only NAME ...] [--to out/gallery]``

Reads ``examples/gallery/*.py``; writes ``index.html``, which needs no network, and each chart as a
picture beside it.
"""

from __future__ import annotations

import argparse
import ast
import importlib.util
import inspect
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import altair as alt
import jinja2

from xaigeo import __version__
from xaigeo.viz.bundle import vega_script
from xaigeo.viz.chart_page import CHART_STYLE, EMBED, policy
from xaigeo.viz.dark import dark_words, darkened
from xaigeo.viz.escaping import script_json, script_source
from xaigeo.viz.export import png_picture, save, svg_picture

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples" / "gallery"
PAGE = Path(__file__).parent / "gallery_page"
# The order of the contents; what is not named here comes last, by name.
PARTS = {
    "One row": (
        "explanation_map",
        "explanation_map_pca",
        "explanation_map_plane",
        "tour_map",
        "attribution_strip",
        "selective_attributions",
        "attribution_waterfall",
        "attribution_force",
        "attribution_decision",
        "anchor_intervals",
        "anchor_search",
        "counterfactual_table",
        "counterfactual_html",
        "token_attributions",
    ),
    "Many rows": (
        "attribution_importance",
        "word_importance",
        "attribution_beeswarm",
        "attribution_scatter",
        "attribution_heatmap",
        "attribution_space_map",
        "rule_features",
        "precision_coverage",
        "counterfactual_changes",
    ),
    "Do the seeds agree?": (
        "agreement_scores",
        "seed_agreement_heatmap",
        "rank_flow",
        "feature_order",
        "modes_map",
        "divided_rows",
        "score_by_row",
        "score_bins",
        "method_agreement",
        "variance_shares",
        "disagreement_sources",
        "seed_curve",
        "selective_features",
        "deletion_curves",
        "insertion_curves",
        "randomisation_check",
        "attention_permutation",
    ),
    "The models": (
        "seed_accuracies",
        "seed_scores",
        "decision_regions",
        "class_probability",
        "partial_dependence",
        "seed_outliers",
        "difference_scatter",
        "prediction_spread",
        "prediction_deviation",
        "prediction_deviation_comparison",
        "reliability_diagram",
        "class_reliability",
        "confusion_matrix",
        "roc_curves",
        "precision_recall_curves",
        "residuals",
    ),
    "The audit": ("checklist",),
}
OTHERS = "More"
SCALE = 2.0  # pixels of a picture for each of the chart


@dataclass(frozen=True)
class Entry:
    """One example: its question, how to read its chart, its code, and the module it lives in."""

    name: str
    question: str
    reading: tuple[str, ...]
    code: str
    module: ModuleType

    @property
    def said(self) -> list[tuple[str, str]]:
        """How to read the chart, by paragraph, and on which paper if that matters."""
        both = [(one, dark_words(one)) for one in self.reading]
        apart = [
            [(one, "")] if one == dark else [(one, "light"), (dark, "dark")] for one, dark in both
        ]
        return [paragraph for paragraphs in apart for paragraph in paragraphs]

    @property
    def part(self) -> str:
        """Heading under which the contents list it."""
        return next((part for part, names in PARTS.items() if self.name in names), OTHERS)

    @property
    def place(self) -> tuple[int, int, str]:
        """What the contents are sorted by."""
        if self.part == OTHERS:
            return len(PARTS), 0, self.name
        return list(PARTS).index(self.part), PARTS[self.part].index(self.name), self.name


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", metavar="NAME", help="build these examples only")
    parser.add_argument("--to", type=Path, default=Path("out/gallery"))
    options = parser.parse_args(arguments)
    entries = find_entries()
    names = [entry.name for entry in entries]
    if unknown := [name for name in options.only or () if name not in names]:
        print(f"No example {', '.join(unknown)}. There are: {', '.join(names)}.", file=sys.stderr)
        return 1
    page = build([e for e in entries if e.name in (options.only or names)], options.to)
    print(f"Wrote {page} ({page.stat().st_size / 1e6:.1f} MB)")
    return 0


def find_entries(folder: Path = EXAMPLES) -> list[Entry]:
    """Return the examples in the order of the contents."""
    paths = (path for path in folder.glob("*.py") if path.stem != "study")
    return sorted(map(read_entry, paths), key=lambda entry: entry.place)


def read_entry(path: Path) -> Entry:
    """Return an example; its docstring holds the question and how to read the chart."""
    source = path.read_text(encoding="utf-8")
    tree = ast.parse(source)
    question, *rest = inspect.cleandoc(ast.get_docstring(tree) or "").splitlines()
    reading = "\n".join(rest).strip().split("\n\n")
    after = tree.body[0].end_lineno or 0
    return Entry(
        name=path.stem,
        question=question,
        reading=tuple(" ".join(paragraph.split()) for paragraph in reading),
        code="\n".join(source.splitlines()[after:]).strip(),
        module=load(path),
    )


def load(path: Path) -> ModuleType:
    """Return the module at a path, which is in no package."""
    spec = importlib.util.spec_from_file_location(f"gallery_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no module")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def build(entries: Sequence[Entry], folder: Path) -> Path:
    """Write the page and the pictures of these examples; return the page's path."""
    study = load(EXAMPLES / "study.py").Study()
    shown = []
    for entry in entries:
        started = time.perf_counter()
        shown.append(draw(entry, study, folder))
        print(f"{entry.name}: {time.perf_counter() - started:.1f} s", flush=True)
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / "index.html"
    page.write_text(render(shown), encoding="utf-8")
    return page


def draw(entry: Entry, study: Any, folder: Path) -> dict[str, Any]:
    """Draw one example: write its files and return what the page needs of it."""
    chart = entry.module.draw(study)
    about = {"entry": entry, "chart": None, "html": None, "files": [], "height": 0}
    if not isinstance(chart, alt.TopLevelMixin):
        file = save(chart, folder / "html" / f"{entry.name}.html")
        return about | {"html": chart._repr_html_(), "files": _links([file], folder)}
    spec = chart.to_dict()
    svg, dark = svg_picture(spec), svg_picture(darkened(spec))
    files = [
        _put(folder / "png" / f"{entry.name}.png", png_picture(svg, SCALE)),
        _put(folder / "png" / f"{entry.name}-dark.png", png_picture(dark, SCALE)),
        _put(folder / "svg" / f"{entry.name}.svg", svg.encode()),
        _put(folder / "json" / f"{entry.name}.json", json.dumps(spec).encode()),
    ]
    height = round(int.from_bytes(files[0].read_bytes()[20:24], "big") / SCALE)
    return about | {"chart": _specs(spec), "files": _links(files, folder), "height": height}


def render(shown: Sequence[dict[str, Any]]) -> str:
    """Return the page: words in the template, specifications in one block of JSON."""
    style = CHART_STYLE + (PAGE / "gallery.css").read_text(encoding="utf-8")
    script = EMBED + (PAGE / "gallery.js").read_text(encoding="utf-8")
    vega = vega_script()
    styles = [part for one in shown if one["html"] for part in _styles(one["html"])]
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(PAGE),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    return environment.get_template("index.html.j2").render(
        policy=policy(scripts=[vega, script], styles=dict.fromkeys([style, *styles])),
        parts=_by_part(shown),
        style=script_source(style),
        scripts=[script_source(vega), script_source(script)],
        charts=script_json({one["entry"].name: one["chart"] for one in shown if one["chart"]}),
        version=__version__,
    )


def _put(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def _specs(spec: dict[str, Any]) -> dict[str, Any]:
    """Return a specification in light and in dark, and once the rows that both draw."""
    spec = spec | {"config": spec.get("config", {}) | {"background": "transparent"}}
    bare = {key: value for key, value in spec.items() if key != "datasets"}
    return {"light": bare, "dark": darkened(bare), "datasets": spec.get("datasets", {})}


def _by_part(shown: Sequence[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    parts = dict.fromkeys([*PARTS, OTHERS])
    grouped = {part: [one for one in shown if one["entry"].part == part] for part in parts}
    return {part: held for part, held in grouped.items() if held}


def _links(files: Sequence[Path], folder: Path) -> list[tuple[str, str]]:
    """Return words and addresses of files, as seen from the page."""
    return [
        (f"{path.suffix[1:].upper()}{', dark' * path.stem.endswith('-dark')}", address)
        for path in files
        for address in [path.relative_to(folder).as_posix()]
    ]


def _styles(html: str) -> list[str]:
    return [part.split("</style>")[0] for part in html.split("<style>")[1:]]


if __name__ == "__main__":
    sys.exit(main())
