"""The pictures of the page, by the library's own charts, under sentences of the page's numbers."""

from pathlib import Path
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
from page import sentence, told
from permutation_summary import BANDS, PLAIN, WEIGHTED, Compared
from permutation_weighting import RATIOS, trained_for
from retitling import retitled

import xaigeo as xg
from xaigeo.viz.attention_permutation import attention_permutation_notes, permutations_of
from xaigeo.viz.text_fit import titled
from xaigeo.viz.theme import CLASSES, FAINT, INK
from xaigeo.viz.themed import themed

# The picture of all seeds' lines is a large one.
SCALE = {"reliability": 1.3}
DRAWN = ("change of the probability", "change of the log-odds")
TICKS = [0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5]
# Room beside the outermost interval, as a factor.
MARGIN = 1.15
TRAINED = {False: "stopped by its validation loss", True: "same number of epochs"}


def draw(networks: list[Compared], folder: Path) -> dict[str, str]:
    """Draw all networks' ratios and pictures of the first; return file names by what they show."""
    folder.mkdir(parents=True, exist_ok=True)
    found = networks[0]
    name = found.network.label
    epochs = nearest(found)
    made = {
        f"Change under shuffled attention with class weighting as a ratio to that without, stopped "
        f"and after {trained_for(networks)} of both losses": ("ratios", ratios(networks)),
        f"Answers under other attention by confidence, plain loss, stopped ({name})": (
            "controls",
            controls(found),
        ),
        "Wrong answers under shuffled attention with and without class weighting, "
        f"{epochs} epochs each: false positives left, false negatives right ({name})": (
            "missed",
            wrong(found.equal[epochs], epochs),
        ),
        f"Reliability by true class, with and without class weighting, stopped ({name})": (
            "reliability",
            reliability(found, PLAIN) & reliability(found, WEIGHTED),
        ),
    }
    for file, chart in made.values():
        xg.viz.save(chart, folder / f"{file}.png", scale=SCALE.get(file, 2.0))
    return {text: f"{file}.png" for text, (file, _) in made.items()}


def controls(found: Compared) -> Any:
    """Draw the plain loss alone; the title tells a middle, as the ends of a valley look alike."""
    check = found.runs[PLAIN].check
    parts = [
        f"{band.value:.3f} ({low} to {high})"
        for (low, high), band in zip(BANDS, found.by_confidence(PLAIN), strict=True)
    ]
    mean = told(found.change(PLAIN, "mean_change"), 3)
    finding = f"Shuffling moves the probability by {mean}; by confidence: {', '.join(parts)}"
    notes = attention_permutation_notes(permutations_of(check))
    return retitled(xg.viz.attention_permutation(check), finding, notes)


def nearest(found: Compared) -> int:
    """Return the number of epochs of equal training next to the mean one that plain loss keeps."""
    kept = float(np.mean(found.runs[PLAIN].epochs))
    return min(found.equal, key=lambda epochs: abs(epochs - kept))


def wrong(found: Compared, epochs: int) -> Any:
    """Draw wrong answers with both losses; the title tells ratios as the page does."""
    checks = {sentence(loss): found.runs[loss].check for loss in (PLAIN, WEIGHTED)}
    finding = (
        f"After {epochs} epochs of either loss shuffling moves false negatives with class "
        f"weighting {told(found.gain('mean_change', 'missed'))} times as far, false positives "
        f"{told(found.gain('mean_change', 'alarms'))} times"
    )
    given = permutations_of(checks, answers="wrong", by_class=True)
    chart = xg.viz.attention_permutation(checks, answers="wrong", by_class=True)
    return retitled(chart, finding, attention_permutation_notes(given))


def ratio_table(networks: list[Compared]) -> pd.DataFrame:
    """Return a row for each measure, network and training, with the ends of its interval."""
    rows = []
    for measure in DRAWN:
        for own in networks:
            for epochs, one in {"stopped": own, **own.equal}.items():
                ratio = RATIOS[measure](one)
                encoder = own.network.encoder.upper()
                rows.append(
                    {
                        "measure": measure,
                        "cell": f"{encoder}, {epochs}{'' if one is own else ' epochs'}",
                        "training": TRAINED[one is not own],
                        "value": ratio.value,
                        "low": ratio.low,
                        "high": ratio.high,
                    }
                )
    return pd.DataFrame(rows)


def ratios(networks: list[Compared]) -> alt.HConcatChart:
    """Draw a dot a ratio: a column a measure, a line a network and training."""
    table = ratio_table(networks)
    known = table[["low", "high"]].to_numpy(float)
    ends = [float(np.nanmin(known)) / MARGIN, float(np.nanmax(known)) * MARGIN]
    columns = [_column(table[table["measure"] == measure], measure, ends=ends) for measure in DRAWN]
    note = "Right of 1: more sensitive. Line: 95 % interval, other texts and seeds."
    return themed(
        alt.hconcat(*columns, spacing=20).properties(title=titled(told_ratios(table), [note], 640))
    )


def told_ratios(table: pd.DataFrame) -> str:
    """Return the title of the picture: how many changes of the log-odds are clear."""
    shown = table[table["measure"] == DRAWN[-1]]
    parts = []
    for name, when in ((TRAINED[True], "at equal training"), (TRAINED[False], "stopped")):
        own = shown[shown["training"] == name]
        more, less = int((own["low"] > 1).sum()), int((own["high"] < 1).sum())
        parts.append(f"{when} clearly above 1 in {more} and below in {less} of {len(own)} cases")
    return (
        "Change of the log-odds with class weighting as a ratio to that without: "
        f"{', '.join(parts)}"
    )


def _column(table: pd.DataFrame, measure: str, *, ends: list[float]) -> alt.LayerChart:
    first = measure == DRAWN[0]
    axis = alt.Axis(labels=first, ticks=False, domain=False, grid=False, labelLimit=200)
    names = list(TRAINED.values())
    colours = alt.Scale(domain=names, range=[CLASSES[0], INK])
    shapes = alt.Scale(domain=names, range=["circle", "square"])
    legend = alt.Legend(orient="bottom", direction="horizontal", labelLimit=0)
    x = alt.X(
        "value:Q",
        title=None,
        scale=alt.Scale(type="log", domain=ends, nice=False),
        axis=alt.Axis(values=TICKS, format="~g", grid=False),
    )
    base = alt.Chart(table).encode(
        y=alt.Y("cell:N", sort=None, title=None, axis=axis),
        color=alt.Color("training:N", title="Each loss", scale=colours, legend=legend),
    )
    one = alt.Chart(pd.DataFrame({"value": [1.0]})).mark_rule(color=FAINT).encode(x=x)
    lines = base.mark_rule(strokeWidth=1.6).encode(x=alt.X("low:Q", title=None), x2="high:Q")
    dots = base.mark_point(filled=True, size=46, opacity=1).encode(
        x=x, shape=alt.Shape("training:N", title="Each loss", scale=shapes, legend=legend)
    )
    height = 24 * table["cell"].nunique()
    return alt.layer(one, lines, dots).properties(width=230, height=height, title=sentence(measure))


def reliability(found: Compared, loss: str) -> Any:
    chart = xg.viz.reliability_diagram(
        found.runs[loss].evaluation, n_bins=10, by_class=True, width=440
    )
    title = chart.title
    lines = [title.text] if isinstance(title.text, str) else list(title.text)
    title.text = [f"{sentence(loss)}:", *lines]
    return chart
