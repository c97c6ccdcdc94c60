"""Which seeds are unlike the others: α̂ of every seed with its interval."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import numpy as np
import pandas as pd

from xaigeo.agreement.model_difference import ModelDifference
from xaigeo.errors import InputError
from xaigeo.options import check_count, is_number
from xaigeo.viz.channels import at, layered
from xaigeo.viz.chart_size import check_width
from xaigeo.viz.difference_words import (
    ALPHA,
    NONE,
    ORDERS,
    alpha_texts,
    check_difference,
    compared_text,
    nothing_trimmed,
    visible_text,
)
from xaigeo.viz.number_text import counted, number_text
from xaigeo.viz.table_data import with_tables
from xaigeo.viz.text_fit import Width, text_px, titled
from xaigeo.viz.theme import INK, SEED, SOFT_INK
from xaigeo.viz.themed import themed

ROW = 17  # height of a seed's row, in pixels


def seed_outliers(
    difference: ModelDifference,
    *,
    limits: Sequence[float] = (),
    max_seeds: int = 30,
    width: int = 420,
) -> alt.LayerChart:
    """Draw α̂ of every seed with its 95 % interval, outliers in dark ink and by name.

    Where α̂ is 0 for all seeds, and no limits are asked for, the plain distances are drawn instead,
    beside the δ up to which the test lets them pass.

    Parameters
    ----------
    difference : ModelDifference
        From `xaigeo.agreement.model_difference`.
    limits : sequence of float
        Values of α̂ to draw lines at, such as those of an audit's item M5.
    max_seeds : int
        How many seeds are drawn, outliers and then those of the largest α̂.
    width : int
        Of the plot, in pixels, without the names of the seeds.

    Raises
    ------
    InputError
        For anything else, or limits outside 0 to 1.
    """
    check_width(width)
    check_difference(difference, "a chart of outliers")
    check_count("max_seeds", max_seeds)
    _check_limits(limits)
    tables = seed_outliers_tables(difference, limits=limits, max_seeds=max_seeds)
    finding = seed_outliers_finding(difference)
    chart = seed_outliers_body(tables, width=width).properties(
        title=titled(finding, seed_outliers_notes(difference, tables), width + _label_px(tables)),
        description=f"Dot and interval of {_drawn(tables)} for "
        f"{counted(len(tables['seeds']), 'seed')}, the largest first. {finding}.",
    )
    return themed(with_tables(chart, tables))


def seed_outliers_tables(
    difference: ModelDifference, *, limits: Sequence[float] = (), max_seeds: int = 30
) -> dict[str, pd.DataFrame]:
    """Return the tables `seeds` and `limits`.

    Columns of `seeds`, one row a seed, the most different first: seed (its name), rank, alpha (1
    where no α accepts), low, high, outlier, accepts, told (α̂ in words), distance, output, tag
    (what is written beside the interval) and axis (its title). Where plain distances are drawn,
    alpha, low and high hold these. Of `limits`: limit and told.
    """
    plain = _plain(difference, limits)
    table = difference.table
    order = np.lexsort((-table["distance"], -difference.sizes, ~table["outlier"]))[:max_seeds]
    drawn = table.iloc[order]
    told = alpha_texts(drawn)
    flags = zip(drawn["outlier"], drawn["accepts"], strict=True)
    tags = [
        " · ".join((["outlier"] if outlier else []) + ([] if accepts else [NONE]))
        for outlier, accepts in flags
    ]
    seeds = pd.DataFrame(
        {
            "seed": [str(seed) for seed in drawn["seed"]],
            "rank": np.arange(len(drawn)),
            "alpha": drawn["distance"].to_numpy() if plain else difference.sizes[order],
            "low": drawn["distance" if plain else "alpha_low"].to_numpy(),
            "high": drawn["distance" if plain else "alpha_high"].to_numpy(),
            "outlier": drawn["outlier"].to_numpy(),
            "accepts": drawn["accepts"].to_numpy(),
            "told": told,
            "distance": drawn["distance"].to_numpy(),
            "output": drawn["output"].to_numpy(),
            "tag": tags,
            "axis": ORDERS["distance"][0] if plain else "Trimmed share (alpha hat)",
        }
    )
    if plain:
        delta = pd.DataFrame({"limit": [difference.delta], "told": ["δ"]})
        return {"seeds": seeds, "limits": delta}
    lines = pd.DataFrame(
        {"limit": [float(one) for one in limits], "told": [number_text(one) for one in limits]}
    )
    return {"seeds": seeds, "limits": lines}


def seed_outliers_body(tables: dict[str, pd.DataFrame], *, width: Width) -> alt.LayerChart:
    """Return the layers over the tables `seeds` and, where it has rows, `limits`."""
    seeds = tables["seeds"]
    reach = max(0.05, float(seeds[["alpha", "high"]].max().max()), *tables["limits"]["limit"])
    x = alt.X(
        "alpha:Q",
        title=seeds["axis"].iloc[0],
        scale=alt.Scale(domain=[0, min(1.0, reach * 1.04)], nice=False, zero=True, padding=6),
        axis=alt.Axis(tickCount=5, format="~g", grid=True, labelFlush=True),
    )
    y = alt.Y(
        "seed:N",
        title="Seed",
        sort=alt.EncodingSortField("rank", op="min", order="ascending"),
        axis=alt.Axis(domain=False, ticks=False, labelPadding=6),
    )
    colour = alt.when("datum.outlier").then(alt.value(INK)).otherwise(alt.value(SEED))
    tooltip = [
        alt.Tooltip("seed:N", title="Seed"),
        alt.Tooltip("told:N", title=ALPHA),
        alt.Tooltip("output:N", title="Largest for"),
        alt.Tooltip("distance:Q", title="Distance, nothing trimmed", format=".3~f"),
        alt.Tooltip("outlier:N", title="Outlier"),
    ]
    base = alt.Chart(alt.NamedData("seeds"))
    interval = base.mark_rule(strokeWidth=2).encode(
        x=at(x, "low"), x2="high:Q", y=y, color=colour, tooltip=tooltip
    )
    dots = base.mark_point(filled=True, size=70, strokeWidth=0, opacity=1).encode(
        x=x,
        y=y,
        color=colour,
        shape=alt.when("datum.accepts").then(alt.value("circle")).otherwise(alt.value("diamond")),
        tooltip=tooltip,
    )
    layers = [interval, dots]
    if len(tables["limits"]):
        layers.insert(
            0,
            alt.Chart(alt.NamedData("limits"))
            .mark_rule(color=SOFT_INK, strokeDash=[4, 3], strokeWidth=1.2)
            .encode(x=at(x, "limit"), tooltip=[alt.Tooltip("told:N", title="Line at")]),
        )
    layers += [_tags(base, x, y, reach, left) for left in (False, True)]
    return layered(*layers).properties(width=width, height=ROW * len(seeds) + 4)


def _tags(base: alt.Chart, x: alt.X, y: alt.Y, reach: float, left: bool) -> alt.Chart:
    """Return the words beside the intervals that leave room on one side."""
    # A bar over the whole row leaves no room; what it would say the notes do.
    side = f"datum.high > {0.6 * reach:.6g} && datum.low >= {0.5 * reach:.6g}"
    side = side if left else f"datum.high <= {0.6 * reach:.6g}"
    tags: alt.Chart = (
        base.mark_text(
            align="right" if left else "left", dx=-7 if left else 7, fontSize=10.5, color=INK
        )
        .encode(x=at(x, "low" if left else "high"), y=y, text="tag:N")
        .transform_filter(f"datum.tag != '' && {side}")
    )
    return tags


def seed_outliers_finding(difference: ModelDifference) -> str:
    """Return which seeds are outliers, or that none is, without full stop."""
    n, named = len(difference.table), difference.outliers
    if len(named) == 1:
        row = difference.table[difference.table["outlier"]]
        told = f"its trimmed share is {alpha_texts(row)[0]}"
        if not row["accepts"].all():
            told = NONE
        return f"Seed {named[0]} is an outlier among {counted(n, 'seed')}: {told}"
    if named:
        return f"{len(named)} of {n} seeds are outliers: {_listed(named)}"
    largest = difference.largest
    none = f"None of {n} seeds is an outlier" if n > 1 else "The one seed is no outlier"
    if not largest["accepts"]:
        n_none = int((~difference.table["accepts"]).sum())
        return f"{none}, though no trimming makes {n_none} of them pass for the others"
    if largest["alpha_hat"] == 0:
        return f"{none}: the trimmed share is 0 for all"
    told = number_text(largest["alpha_hat"])
    if n > 1 and largest["alpha_hat"] > difference.limit:
        none = f"Scores differ, though none of {n} seeds is an outlier"
    return f"{none}; the largest trimmed share is {told} (seed {largest['seed']})"


def seed_outliers_notes(difference: ModelDifference, tables: dict[str, pd.DataFrame]) -> list[str]:
    """Return how to read the chart, in sentences."""
    n_left = len(difference.table) - len(tables["seeds"])
    notes = [
        f"Dot and bar: the share of a seed's scores that must be left out before it passes for "
        f"{compared_text(difference)}, with 95% interval; dark: outliers.",
        visible_text(difference),
    ]
    plain = tables["limits"]["told"].tolist() == ["δ"]
    if plain:
        notes[0] = (
            "Dot: the largest distance between the distribution of a seed's scores and that of "
            f"{compared_text(difference)} (Kolmogorov-Smirnov). Dashed: the test lets "
            f"{difference.delta:.1%} pass (δ)."
        )
    elif len(tables["limits"]):
        notes.append(f"Dashed: limits {', '.join(tables['limits']['told'])}.")
    if (~tables["seeds"]["accepts"]).any():
        notes.append("Diamond: no trimming makes it pass, shown at 1.")
    if n_left > 0:
        smaller = "distances" if plain else "shares"
        notes.append(f"{counted(n_left, 'seed')} with smaller {smaller} not drawn.")
    return [" ".join(notes)]


def _plain(difference: ModelDifference, limits: Sequence[float]) -> bool:
    """Return whether distances are drawn because there is no α̂ to see."""
    return nothing_trimmed(difference) and not len(limits)


def _listed(seeds: Sequence[int]) -> str:
    shown = [str(seed) for seed in seeds[:6]]
    rest = len(seeds) - len(shown)
    return ", ".join(shown) + (f" and {rest} more" if rest else "")


def _drawn(tables: dict[str, pd.DataFrame]) -> str:
    distance = tables["seeds"]["axis"].iloc[0] == ORDERS["distance"][0]
    return ORDERS["distance" if distance else "alpha_hat"][1]


def _label_px(tables: dict[str, pd.DataFrame]) -> float:
    return text_px(max(tables["seeds"]["seed"], key=len)) + 36


def _check_limits(limits: Sequence[float]) -> None:
    values = list(limits) if isinstance(limits, Sequence | np.ndarray) else [limits]
    if not all(is_number(one) and 0 <= float(one) <= 1 for one in values):
        raise InputError(
            expected="limits to be numbers from 0 to 1",
            arrived=repr(limits),
            do="Pass for example limits=(0.05, 0.15).",
        )
