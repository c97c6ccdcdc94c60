"""Whether explanations change as the models' layers become random, a line a seed."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import altair as alt
import numpy as np
import pandas as pd

from xaigeo.checks import Check
from xaigeo.checks.check import LAYER
from xaigeo.checks.randomised_correlation import randomised_correlation
from xaigeo.errors import InputError
from xaigeo.options import is_number
from xaigeo.viz.channels import layered
from xaigeo.viz.chart_nouns import with_nouns
from xaigeo.viz.chart_size import check_width
from xaigeo.viz.method_words import TITLES
from xaigeo.viz.number_text import counted
from xaigeo.viz.text_fit import text_px, titled
from xaigeo.viz.theme import INK, SEED, SOFT_INK
from xaigeo.viz.themed import themed

WIDTH, HEIGHT = 420, 240
LETTERS, LINE = 22, 12  # of a layer's name; height of a line of it, in pixels
Tables = dict[str, pd.DataFrame]
NONE = "none"
TITLE = "Rank correlation with the explanation"
# By how much an explanation must resemble itself more than those of random models.
LEAST_OWN = 0.05
STEPS = {
    "cascading": "Layers with new weights, from the output down",
    "independent": "Layer with new weights",
    "labels": "What is random",
}


def randomisation_check(
    check: Check, *, limits: Sequence[float] = (), width: int = WIDTH
) -> alt.LayerChart:
    """Draw the rank correlation of attributions with those of ever more random models.

    Parameters
    ----------
    check : Check
        Of the kind "randomisation".
    limits : sequence of float
        Correlations to draw a dotted line at, such as the limits of an audit, 0.2 and 0.5.
    width : int
        Width of the plot in pixels.

    Raises
    ------
    InputError
        For a check of another kind, and limits that are no correlations.
    """
    check_width(width)
    tables = randomisation_check_tables(check, limits=limits)
    finding = randomisation_check_finding(check)
    body = randomisation_check_body(check, tables, width=width).properties(
        title=titled(finding, randomisation_check_notes(check, limits=limits), width + 40),
        description=f"{finding}. Rank correlation by step for "
        f"{counted(len(check.seeds), 'seed')} and its mean.",
    )
    return themed(with_nouns(body, tables, check))


def randomisation_check_tables(check: Check, *, limits: Sequence[float] = ()) -> Tables:
    """Return `seeds` and `mean` (correlation by step), `between` and `limits` (one line each).

    Correlations are means over the rows where they are defined. Steps without any are left out.
    """
    _check(check, limits)
    steps = _steps(check)
    values = check.array("rank_correlation")[..., : _n_layers(check)]
    by_seed = [_over_rows(values[..., place]) for place in range(values.shape[-1])]
    if steps[0] == NONE:
        by_seed.insert(0, _over_rows(check.array("self_correlation")))
    table = pd.DataFrame(
        {
            "label": np.repeat(steps, len(check.seeds)),
            "seed": np.tile([str(seed) for seed in check.seeds], len(steps)),
            "correlation": np.concatenate(by_seed),
        }
    ).dropna()
    mean = table.groupby("label", sort=False)["correlation"].mean().to_frame().reset_index()
    between = _between(check)
    return {
        "seeds": table,
        "mean": mean,
        "between": pd.DataFrame({"correlation": [] if np.isnan(between) else [between]}),
        "limits": pd.DataFrame({"correlation": [float(limit) for limit in limits]}),
    }


def randomisation_check_body(check: Check, tables: Tables, *, width: int = WIDTH) -> alt.LayerChart:
    """Return the chart over the tables, without words above it."""
    steps = _steps(check)
    x = alt.X(
        "label:N",
        title=STEPS[_mode(check)],
        scale=alt.Scale(domain=steps),
        axis=_axis(steps, width),
    )
    lowest = min(0.0, *(float(t["correlation"].min()) for t in tables.values() if len(t)), 0.0)
    y = alt.Y(
        "correlation:Q",
        title=TITLE,
        scale=alt.Scale(domain=[lowest - 0.03 if lowest < 0 else 0.0, 1.0], nice=False),
        axis=alt.Axis(tickCount=6),
    )
    tips = [
        alt.Tooltip("label:N", title="Random"),
        alt.Tooltip("correlation:Q", title="Rank correlation", format=".3f"),
    ]
    seeds = alt.Chart(alt.NamedData("seeds")).encode(
        x=x, y=y, detail="seed:N", tooltip=[alt.Tooltip("seed:N", title="Seed"), *tips]
    )
    mean = alt.Chart(alt.NamedData("mean")).encode(x=x, y=y, tooltip=tips)
    layers = [
        seeds.mark_point(filled=True, size=22, color=SEED, opacity=0.5, strokeWidth=0),
        mean.mark_point(filled=True, size=70, color=INK, strokeWidth=0, opacity=1),
    ]
    if _mode(check) == "cascading":
        # Steps that follow from one another are joined; single layers are not.
        layers.insert(0, seeds.mark_line(color=SEED, strokeWidth=1, opacity=0.4))
        layers.insert(2, mean.mark_line(color=INK, strokeWidth=2.2))
    level = [alt.Tooltip("correlation:Q", title="Two random models", format=".3f")]
    lines = [
        (name, dash, tooltip)
        for name, dash, tooltip in (("limits", [1, 3], []), ("between", [5, 4], level))
        if len(tables[name])
    ]
    under = [
        alt.Chart(alt.NamedData(name))
        .mark_rule(color=SOFT_INK, strokeDash=dash, strokeWidth=1.2)
        .encode(y=y, tooltip=tooltip)
        for name, dash, tooltip in lines
    ]
    return layered(*under, *layers).properties(width=width, height=HEIGHT)


def randomisation_check_finding(check: Check) -> str:
    """Return what is left of the ranking when nothing learnt is left, without full stop."""
    judged = randomised_correlation(check)
    method = TITLES.get(check.method, check.method)
    labels = judged.layer == "labels"
    random = "labels are shuffled" if labels else "all layers are random"
    value, shared = float(np.mean(_defined(judged.value))), _between(check)
    if np.isnan(value):
        return f"No rank correlation of {method} is defined when {random}: attributions are equal"
    own = float(np.mean(_defined(judged.own)))
    if own - value < LEAST_OWN:
        return (
            f"{method} does not even resemble itself: its rank correlation by another explainer "
            f"seed is {_text(own)}, and {_text(value)} when {random}"
        )
    said = f"{method} keeps a rank correlation of {_text(value)} when {random}"
    pair = f"between two {'such' if labels else 'random'} models"
    return said if np.isnan(shared) else f"{said}, against {_text(shared)} {pair}"


def randomisation_check_notes(check: Check, *, limits: Sequence[float] = ()) -> list[str]:
    """Return how the chart is read, in sentences."""
    n_rows = counted(len(check.instances), "row")
    several = len(check.seeds) > 1
    what = "Correlation of the features' ranks by size with those in the explanation"
    notes = [f"{what}, mean over {n_rows}. Lower is better."]
    notes.append("Grey: one seed. Dark: mean." if several else "Dark: the one seed.")
    if _steps(check)[0] == NONE:
        notes.append("None: the explanation and itself by another explainer seed.")
    if not np.isnan(_between(check)):
        notes.append("Dashed: what two models that learnt nothing share.")
    if limits:
        notes.append(f"Dotted: {' and '.join(f'{limit:g}' for limit in sorted(limits))}.")
    return notes


def _check(check: Check, limits: Sequence[float]) -> None:
    if not isinstance(check, Check):
        raise InputError(
            expected="a check of the kind 'randomisation'",
            arrived=type(check).__name__,
            do="Pass what xaigeo.faithfulness.randomisation gives.",
        )
    randomised_correlation(check)  # refuses other kinds
    for limit in limits:
        if not is_number(limit) or not -1 <= limit <= 1:
            raise InputError(
                expected="limits to be correlations from -1 to 1",
                arrived=repr(limit),
                do="Pass for example limits=(0.2, 0.5).",
            )


def _mode(check: Check) -> str:
    return str(check.provenance.get("parameters", {}).get("mode", "cascading"))


def _n_layers(check: Check) -> int:
    """Return how many steps are drawn: all, but for the last that is said twice."""
    n = int(check.data.sizes[LAYER])
    # From the output down the last layer is all of them.
    return n - 1 if _mode(check) == "cascading" and n > 1 else n


def _steps(check: Check) -> list[str]:
    """Return the labels of the steps: a layer's name with its class, in a second line."""
    kinds = check.provenance.get("parameters", {}).get("layers", {})
    names = [str(name) for name in check.data[LAYER].to_numpy()[: _n_layers(check)]]
    said = [f"{n} · {kinds[n]}" if kinds.get(n, n) != n else n for n in names]
    return [NONE, *said] if "self_correlation" in check.data else said


def _axis(steps: list[str], width: int) -> alt.Axis:
    """Return the axis of steps: name and class below each other, where too wide the name alone."""
    room = width / len(steps) - 6
    parts = [step.split(" · ") for step in steps]
    if max(text_px(part) for each in parts for part in each) <= room:
        return alt.Axis(labelAngle=0, labelExpr="split(datum.label, ' · ')", ticks=False)
    # The ends of names tell layers apart; every layer has its name where a line of it has room.
    px = [text_px(each[0]) for each in parts]
    upright = all((one + next_one) / 2 <= room for one, next_one in pairwise(px))
    name = "split(datum.label, ' · ')[0]"
    return alt.Axis(
        labelAngle=0 if upright else -90,
        labelExpr=name if upright else f"truncate({name}, {LETTERS}, 'center')",
        labelLimit=LETTERS * 8,
        labelOverlap=width / len(steps) < LINE,
        ticks=False,
    )


def _over_rows(values: np.ndarray) -> np.ndarray:
    """Return means over the rows where there is a value, shape (n_seeds,)."""
    return np.array([float(np.mean(_defined(row))) for row in values])


def _defined(values: np.ndarray) -> np.ndarray:
    """Return the values that are not NaN; one NaN if there are none, whose mean is NaN."""
    held = values[~np.isnan(values)]
    return held if len(held) else np.array([np.nan])


def _between(check: Check) -> float:
    return float(np.mean(_defined(randomised_correlation(check).between_random)))


def _text(value: float) -> str:
    return f"{value:z.2f}".replace("-", "−")
