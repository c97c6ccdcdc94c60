"""The output as features are taken away or put back, a line a seed, against random orders."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from xaigeo.checks import Check, beats_random
from xaigeo.errors import InputError
from xaigeo.viz.channels import at, layered
from xaigeo.viz.chart_nouns import with_nouns
from xaigeo.viz.chart_size import check_width
from xaigeo.viz.method_words import TITLES
from xaigeo.viz.number_text import counted
from xaigeo.viz.text_fit import middle, titled
from xaigeo.viz.theme import AMOUNTS, INK, SEED, SOFT_INK
from xaigeo.viz.themed import themed

WIDTH, HEIGHT = 420, 250
AXIS_ROOM = 50
Tables = dict[str, pd.DataFrame]
AMOUNT = {"probability": "Probability", "logit": "Log-odds", "value": "Value"}
STEP = {"deletion": "Features taken away", "insertion": "Features put back"}
DOING = {"deletion": "Taking features away", "insertion": "Putting features back"}
EFFECT = {
    ("deletion", "signed"): "lowers the output sooner",
    ("deletion", "absolute"): "changes the output sooner",
    ("insertion", "signed"): "raises the output sooner",
    ("insertion", "absolute"): "restores the output sooner",
}


def deletion_curves(check: Check, *, width: int = WIDTH) -> alt.LayerChart:
    """Draw the output along the order of the attributions: each seed, all seeds and chance.

    Parameters
    ----------
    check : Check
        Of the kind "deletion" or "insertion".
    width : int
        Width of the plot in pixels.

    Raises
    ------
    InputError
        For a check of another kind.
    """
    check_width(width)
    tables = deletion_curves_tables(check)
    finding = deletion_curves_finding(check)
    body = deletion_curves_body(check, tables, width=width).properties(
        title=titled(finding, deletion_curves_notes(check), width + AXIS_ROOM),
        description=f"{finding}. The output by share of features for "
        f"{counted(len(check.seeds), 'seed')}, their mean, and random orders.",
    )
    return themed(with_nouns(body, tables, check))


def deletion_curves_tables(check: Check) -> Tables:
    """Return `seeds`, `mean` and `random`: outputs by share of features, means over rows.

    Rows on which a seed's output does not move are left out of its curves, where others are
    there. `random` has the mean over seeds of the mean random curve, and its least and largest
    seed.
    """
    _check_kind(check)
    moving = np.isfinite(check.array("area"))
    kept = moving if moving.any() else np.ones_like(moving)
    own, drawn = (_over_rows(check.array(name), kept) for name in ("curve", "random_curve"))
    seeds = [str(seed) for seed, some in zip(check.seeds, kept.any(axis=1), strict=True) if some]
    step = check.data["step"].to_numpy()
    return {
        "seeds": pd.DataFrame(
            {
                "seed": np.repeat(seeds, len(step)),
                "step": np.tile(step, len(seeds)),
                "value": own.reshape(-1),
            }
        ),
        "mean": pd.DataFrame({"step": step, "value": own.mean(axis=0)}),
        "random": pd.DataFrame(
            {
                "step": step,
                "value": drawn.mean(axis=0),
                "low": drawn.min(axis=0),
                "high": drawn.max(axis=0),
            }
        ),
    }


def deletion_curves_body(check: Check, tables: Tables, *, width: int = WIDTH) -> alt.LayerChart:
    """Return the chart over the tables, without words above it."""
    x = alt.X(
        "step:Q",
        title=STEP[check.kind],
        scale=alt.Scale(domain=[0, 1], nice=False),
        axis=alt.Axis(format=".0%", tickCount=5),
    )
    title = _amount(check)
    y = alt.Y(
        "value:Q",
        title=title,
        scale=alt.Scale(zero=False),
        axis=alt.Axis(tickCount=6),
    )
    tips = [
        alt.Tooltip("step:Q", title=STEP[check.kind], format=".0%"),
        alt.Tooltip("value:Q", title=title, format=".4~g"),
    ]
    random = alt.Chart(alt.NamedData("random"))
    layers = [
        random.mark_line(color=SOFT_INK, strokeDash=[5, 4], strokeWidth=1.8).encode(
            x=x, y=y, tooltip=tips
        ),
        alt.Chart(alt.NamedData("mean"))
        .mark_line(color=INK, strokeWidth=2.4)
        .encode(x=x, y=y, tooltip=tips),
    ]
    if len(check.seeds) > 1:
        layers[0:0] = [
            random.mark_area(color=AMOUNTS[1], opacity=0.25).encode(
                x=x, y=at(y, "low"), y2="high:Q"
            ),
            alt.Chart(alt.NamedData("seeds"))
            .mark_line(color=SEED, strokeWidth=1, opacity=0.45)
            .encode(
                x=x, y=y, detail="seed:N", tooltip=[alt.Tooltip("seed:N", title="Seed"), *tips]
            ),
        ]
    return layered(*layers).properties(width=width, height=HEIGHT)


def deletion_curves_finding(check: Check) -> str:
    """Return how often the order beats random orders, without full stop."""
    _check_kind(check)
    beats = beats_random(check)
    defined = beats[np.isfinite(beats)]
    method = TITLES.get(check.method, check.method)
    if not len(defined):
        rows = counted(len(beats), "row")
        return f"Orders cannot be compared on {rows}: all do alike"
    doing = f"{DOING[check.kind]} in the order of {method}"
    where = _where(float(defined.mean()), len(defined), len(check.seeds))
    return f"{doing} {EFFECT[check.kind, _order(check)]} than random orders {where}"


def deletion_curves_notes(check: Check) -> list[str]:
    """Return how to read the chart, in sentences."""
    _check_kind(check)
    if len(check.seeds) > 1:
        notes = [
            "Thin: one seed, mean over rows. Dark: mean of seeds. Dashed: random orders, with the "
            "range of seeds."
        ]
    else:
        notes = ["Dark: the seed, mean over rows. Dashed: random orders."]
    better, side = ("Lower", "below") if check.kind == "deletion" else ("Higher", "above")
    notes += [
        f"{better} is better: an explanation counts where the area under its curve is {side} the "
        "median of random orders. A random order does so half of the time."
    ]
    undefined = int(np.isnan(beats_random(check)).sum())
    if 0 < undefined < len(check.instances):
        rows = counted(undefined, "row")
        notes += [f"Not counted: {rows} on which all orders do alike."]
    return notes


def _where(share: float, n_rows: int, n_seeds: int) -> str:
    """Return for which explanations the order does better, in words."""
    if share in (0.0, 1.0):
        each = "every row" if n_rows > 1 else "the one row"
        if share == 1.0:
            return f"on {each}" if n_seeds == 1 else f"for every seed on {each}"
        rows = counted(n_rows, "row")
        return f"on none of {rows}" if n_seeds == 1 else f"for no seed on any of {rows}"
    # What is not all is never rounded to all, nor to none.
    text = f"{min(max(share, 0.01), 0.99):.0%}"
    return f"on {text} of {n_rows} rows" if n_seeds == 1 else f"for {text} of seeds and rows"


def _over_rows(curves: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """Return means over the kept rows, shape (n_seeds_with_rows, n_steps)."""
    own = kept.any(axis=1)
    weights = kept[own] / kept[own].sum(axis=1, keepdims=True)
    return np.asarray(np.einsum("kis,ki->ks", curves[own], weights))


def _order(check: Check) -> str:
    return str(check.provenance.get("parameters", {}).get("order") or "signed")


def _amount(check: Check) -> str:
    """Return what the curves show, with its unit."""
    parameters = check.provenance.get("parameters", {})
    scale = str(parameters.get("scale", "value"))
    outputs = sorted(set(parameters.get("outputs", [])))
    amount = AMOUNT.get(scale, "Output")
    if _order(check) == "absolute":
        return f"{amount}: minus its change"
    if scale == "value":
        amount = middle(outputs[0], 24) if len(outputs) == 1 else amount
    elif len(outputs) == 1:
        amount = f"{amount} of “{middle(outputs[0], 20)}”"
    else:
        amount = f"{amount} of most seeds' answer"
    return amount


def _check_kind(check: Check) -> None:
    if not isinstance(check, Check) or check.kind not in STEP:
        raise InputError(
            expected="a check of deletion or insertion",
            arrived=f"a check of {check.kind}"
            if isinstance(check, Check)
            else type(check).__name__,
            do="Make one with xaigeo.faithfulness.deletion(explanation, ensemble).",
        )
