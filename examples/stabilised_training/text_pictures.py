"""The pictures of the page: two by the library's charts, one of all comparisons."""

from pathlib import Path

import altair as alt
import numpy as np
import pandas as pd
import text_words as words
from page import told
from retitling import retitled
from text_cases import ASWA, AVERAGED, PLAIN, POSITIVE, like
from text_measuring import METHODS
from text_summary import ENTROPY, Cell, measure_of

import xaigeo as xg
from xaigeo.viz.prediction_deviation_comparison import (
    deviations_of,
    prediction_deviation_comparison_notes,
)
from xaigeo.viz.score_bins import score_bins_notes
from xaigeo.viz.theme import CLASSES, FAINT, INK
from xaigeo.viz.themed import themed

REFERENCES = {False: "plain", True: "plain, same training loss"}
SCALE = alt.Scale(domain=list(REFERENCES.values()), range=[CLASSES[0], INK])
SHAPE = alt.Scale(domain=list(REFERENCES.values()), range=["circle", "square"])
TICKS = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5]
# Room beside the outermost interval, as a factor.
MARGIN = 1.15


def draw(cells: list[Cell], folder: Path) -> dict[str, str]:
    """Draw the pictures and return their file names by what they show."""
    folder.mkdir(parents=True, exist_ok=True)
    first = cells[0]
    made = {
        "Relative entropy between seeds with averaged weights, as a ratio": (
            "ratios",
            ratio_chart(cells),
        ),
        **{
            f"Entropy and Jaccard distance of attention by bins ({cell.name})": (
                f"bins_{cell.network.encoder}",
                bin_chart(cell),
            )
            for cell in additive(cells)
        },
        f"Spread of predictions over seeds by bins ({first.name})": (
            "deviation",
            deviation_chart(first),
        ),
    }
    for name, chart in made.values():
        xg.viz.save(chart, folder / f"{name}.png")
    return {text: f"{name}.png" for text, (name, _) in made.items()}


def drawn(cell: Cell) -> dict[str, str]:
    """Return keys of the trainings in a picture of one cell, by their names."""
    return {own.label: own.key for own in (PLAIN, *AVERAGED, like(ASWA))}


def additive(cells: list[Cell]) -> list[Cell]:
    """Return the cells of the first data set whose networks have additive attention."""
    case = cells[0].case.key
    return [c for c in cells if c.case.key == case and c.network.attention == "additive"]


def bin_chart(cell: Cell) -> alt.VConcatChart:
    tables = {
        name: pd.DataFrame(cell.trainings[key].bins["attention"])
        for name, key in drawn(cell).items()
    }
    chart = xg.viz.score_bins(tables, output=POSITIVE)
    finding = as_ratios(cell, "Relative entropy of attention", measure_of("attention", ENTROPY))
    return retitled(chart, finding, score_bins_notes(tables))


def deviation_chart(cell: Cell) -> alt.LayerChart:
    sources = {name: cell.evaluation(key) for name, key in drawn(cell).items()}
    chart = xg.viz.prediction_deviation_comparison(sources, output=POSITIVE)
    finding = as_ratios(cell, "SD of predictions between seeds", "prediction")
    notes = prediction_deviation_comparison_notes(deviations_of(sources, POSITIVE))
    return retitled(chart, finding, notes)


def as_ratios(cell: Cell, what: str, name: str) -> str:
    """Return a measure as a ratio to plain training, of all that is drawn of a cell."""
    others = list(drawn(cell).items())[1:]
    told_of = "; ".join(f"{own} {told(cell.ratio(key, PLAIN.key, name))}" for own, key in others)
    return f"{what}, as a ratio to plain: {told_of}"


def ratio_table(cells: list[Cell]) -> pd.DataFrame:
    rows = []
    for method in METHODS:
        compare = words.entropy_ratio(method)
        for cell in cells:
            for own in AVERAGED:
                for same, reference in REFERENCES.items():
                    found = compare(cell, own, like(own).key if same else PLAIN.key)
                    rows.append(
                        {
                            "method": words.NAMES[method],
                            "cell": cell.name,
                            "training": own.label,
                            "reference": reference,
                            "value": found.value,
                            "low": found.low,
                            "high": found.high,
                        }
                    )
    return pd.DataFrame(rows)


def ratio_chart(cells: list[Cell]) -> alt.HConcatChart:
    """Return a dot a ratio: a column a method and averaging, a line a cell."""
    return drawn_ratios(ratio_table(cells))


def drawn_ratios(table: pd.DataFrame) -> alt.HConcatChart:
    """Return the picture of a table of ratios; no interval is cut off."""
    known = table[["value", "low", "high"]].to_numpy(float)
    ends = [float(np.nanmin(known)) / MARGIN, float(np.nanmax(known)) * MARGIN]
    charts = [
        _ratios(
            table[(table["method"] == words.NAMES[method]) & (table["training"] == own.label)],
            f"{words.NAMES[method].capitalize()}, {own.label}",
            ends=ends,
            first=place == 0,
        )
        for place, (method, own) in enumerate((m, own) for m in METHODS for own in AVERAGED)
    ]
    return themed(
        alt.hconcat(*charts, spacing=14).properties(
            title=alt.Title(
                "Relative entropy between seeds with averaged weights, as a ratio to that without",
                subtitle="Left of 1: seeds agree more. Line: 95 % interval, other texts and seeds.",
            )
        )
    )


def _ratios(table: pd.DataFrame, title: str, *, ends: list[float], first: bool) -> alt.LayerChart:
    y = alt.Y(
        "cell:N",
        sort=None,
        title=None,
        axis=alt.Axis(labels=first, ticks=False, domain=False, grid=False, labelLimit=260),
    )
    scale = alt.Scale(type="log", domain=ends, nice=False)
    axis = alt.Axis(values=TICKS, format="~g", grid=False, labelOverlap=True)
    offset = alt.YOffset("reference:N", sort=list(REFERENCES.values()))
    legend = alt.Legend(orient="bottom", direction="horizontal")
    colour = alt.Color("reference:N", title="Compared with", scale=SCALE, legend=legend)
    base = alt.Chart(table).encode(y=y, yOffset=offset, color=colour)
    one = (
        alt.Chart(pd.DataFrame({"one": [1.0]}))
        .mark_rule(color=FAINT)
        .encode(x=alt.X("one:Q", title=None, scale=scale, axis=axis))
    )
    lines = base.mark_rule(strokeWidth=1.6, clip=True).encode(
        x=alt.X("low:Q", title=None, scale=scale, axis=axis), x2="high:Q"
    )
    dots = base.mark_point(filled=True, size=42, opacity=1, clip=True).encode(
        x=alt.X("value:Q", title=None, scale=scale, axis=axis),
        shape=alt.Shape("reference:N", title="Compared with", scale=SHAPE, legend=legend),
    )
    height = 26 * table["cell"].nunique()
    return alt.layer(one, lines, dots).properties(width=140, height=height, title=title)
