"""Which rank each feature has in each seed, as lines that cross where seeds differ."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import altair as alt
import numpy as np
import pandas as pd

from xaigeo.agreement.importance import (
    attribution_values,
    first_places,
    importance,
    importance_ranks,
    rank_likeness,
)
from xaigeo.errors import InputError
from xaigeo.explanations import Attributions
from xaigeo.options import check_count
from xaigeo.viz.attribution_choice import check_attributions, heading_of
from xaigeo.viz.attribution_words import attribution_words
from xaigeo.viz.channels import at, layered
from xaigeo.viz.chart_size import check_width
from xaigeo.viz.chosen_row import row_place
from xaigeo.viz.label_lanes import spread_labels
from xaigeo.viz.method_words import words_for
from xaigeo.viz.number_text import counted
from xaigeo.viz.records import plain
from xaigeo.viz.seed_agreement_heatmap import alike_order
from xaigeo.viz.table_data import with_tables
from xaigeo.viz.text_fit import label_px, middle, text_px, titled
from xaigeo.viz.theme import AMOUNTS, SEED
from xaigeo.viz.themed import themed

TALLEST = 440  # of the plot, in pixels
STEP = 30  # between two ranks, in pixels, where there are few
TEXT = 13  # height of a name, in pixels


def rank_flow(
    explanation: Attributions,
    max_features: int = 8,
    output: str | None = None,
    instance: Any = None,
    *,
    width: int = 420,
) -> alt.LayerChart:
    """Draw the rank of every feature in every seed, like seeds side by side.

    Features are ranked by mean absolute attribution over the rows, or by absolute attribution at
    one row; features that tie share the mean of their ranks.

    Parameters
    ----------
    explanation : Attributions
    max_features : int
        How many features are named and drawn strong, those of the best mean rank.
    output : str, optional
        At each row the class that most seeds predict there if None; of a regression the first
        target.
    instance : label, optional
        One row; all of them if None.
    width : int
        Of the plot, in pixels, without the names at its sides.

    Raises
    ------
    InputError
        If the explanation has no such output or instance, holds no attributions, or those of one
        seed.
    """
    check_width(width)
    check_attributions(explanation, "a chart of ranks")
    check_count("max_features", max_features)
    sizes = _sizes(explanation, output, instance)
    height = _height(sizes.shape[1])
    letters = 14 if width < 300 else 24
    tables = rank_tables(
        sizes, explanation.features, explanation.seeds, max_features, height=height
    )
    n_named = int(tables["features"]["named"].sum())
    finding = rank_finding(sizes, explanation.features)
    words = attribution_words(explanation)
    told = explanation.outputs[0] if explanation.task == "regression" and not output else output
    n_rows = len(explanation.instances)
    where = (
        (f"the {n_rows} rows" if n_rows > 1 else "the one row")
        if instance is None
        else f"row {plain(explanation.instances[row_place(explanation, instance)])}"
    )
    rest = sizes.shape[1] - n_named
    every = named_every([str(seed) for seed in explanation.seeds], width)
    notes = [
        f"Rank by size on {where}, 1 the largest. {heading_of(words, told)} "
        f"({words_for(explanation).title}).",
        "Like seeds stand side by side; darker lines rank higher on average.",
        *([f"One seed in {every} is named below."] if every > 1 else []),
        *(
            [f"Grey: the other {rest} features." if rest > 1 else "Grey: the other feature."]
            if rest
            else []
        ),
    ]
    names = list(tables["names"]["label"])
    side = label_px([middle(name, letters) for name in names], width)
    chart = rank_body(tables, width=width, height=height, letters=letters).properties(
        title=titled(finding, [" ".join(notes)], width + 2 * side),
        description=f"Lines of the ranks of {counted(sizes.shape[1], 'feature')} over "
        f"{len(sizes)} seeds. {finding}.",
    )
    return themed(with_tables(chart, tables))


def rank_tables(
    sizes: np.ndarray,
    features: list[str],
    seeds: np.ndarray,
    max_features: int = 8,
    *,
    height: int = TALLEST,
) -> dict[str, pd.DataFrame]:
    """Return the tables `ranks`, `features` and `names`.

    `ranks`, a row a feature and seed: label, seed (as text), place (of the seed along the axis),
    rank, size, order (place of the feature by mean rank, from 0), share (the same from 0 to 1
    among the named) and named. `features`: label, order, named, mean_rank. `names`, a row a named
    feature and side: label, side ("left", "right"), rank (where its line ends), at (where its name
    stands, moved where names would meet).
    """
    ranks = importance_ranks(sizes)  # (n_seeds, n_features)
    along = alike_order((1.0 + rank_likeness(sizes)) / 2.0)
    mean = ranks.mean(axis=0)
    by_rank = np.argsort(mean, kind="stable")
    order = np.empty(len(by_rank), dtype=np.intp)
    order[by_rank] = np.arange(len(by_rank))
    n_named = min(max_features, len(features))
    table = pd.DataFrame(
        {
            "label": np.repeat(features, len(along)),
            "seed": np.tile([str(seeds[s]) for s in along], len(features)),
            "place": np.tile(np.arange(len(along)), len(features)),
            "rank": ranks[along].T.reshape(-1),
            "size": np.abs(sizes[along]).T.reshape(-1),
            "order": np.repeat(order, len(along)),
        }
    )
    table["named"] = table["order"] < n_named
    table["share"] = np.where(table["named"], table["order"] / max(n_named - 1, 1), 1.0)
    step = height / max(len(features) - 1, 1)
    leading = by_rank[:n_named]
    names = []
    for side, seed in (("left", along[0]), ("right", along[-1])):
        ends = ranks[seed, leading]
        at_ = spread_labels(ends * step, TEXT, step - TEXT, len(features) * step + TEXT) / step
        names += [
            {"label": features[j], "side": side, "rank": rank, "at": place}
            for j, rank, place in zip(leading, ends, at_, strict=True)
        ]
    return {
        "ranks": table,
        "features": pd.DataFrame(
            {"label": features, "order": order, "named": order < n_named, "mean_rank": mean}
        ),
        "names": pd.DataFrame(names),
    }


def rank_body(
    tables: dict[str, pd.DataFrame],
    *,
    width: int = 420,
    height: int = TALLEST,
    letters: int = 24,
) -> alt.LayerChart:
    """Return the layers over the tables `ranks` and `names`, back to front."""
    ranks = tables["ranks"]
    seeds = list(ranks.sort_values("place")["seed"].unique())
    n = int(ranks["label"].nunique())
    every = named_every(seeds, width)
    x = alt.X(
        "seed:N",
        sort=seeds,
        title="Seed",
        scale=alt.Scale(type="point", padding=0.1),
        axis=alt.Axis(
            values=seeds[::every], labelAngle=0, domain=False, ticks=False, labelPadding=12
        ),
    )
    y = alt.Y(
        "rank:Q",
        title="Rank",
        axis=None,
        scale=alt.Scale(domain=[max(n, 2), 1], nice=False, zero=False),
    )
    base, names = alt.Chart(alt.NamedData("ranks")), alt.Chart(alt.NamedData("names"))
    tooltip = [
        alt.Tooltip("label:N", title="Feature"),
        alt.Tooltip("seed:N", title="Seed"),
        alt.Tooltip("rank:Q", title="Rank", format=".2~f"),
        alt.Tooltip("size:Q", title="Size", format=".3~g"),
    ]
    grey = base.transform_filter("!datum.named")
    strong = base.transform_filter("datum.named")
    shade = alt.Color(
        "share:Q", scale=alt.Scale(domain=[0, 1], range=list(AMOUNTS[::-1])), legend=None
    )
    layers = [
        grey.mark_line(color=SEED, strokeWidth=0.8, opacity=0.35).encode(
            x=x, y=y, detail="label:N"
        ),
        grey.mark_point(filled=True, color=SEED, size=12, opacity=0.35).encode(
            x=x, y=y, tooltip=tooltip
        ),
        strong.mark_line(strokeWidth=2.4).encode(x=x, y=y, detail="label:N", color=shade),
        strong.mark_point(filled=True, size=60, opacity=1, stroke="white", strokeWidth=1).encode(
            x=x, y=y, color=shade, tooltip=tooltip
        ),
    ]
    written = f"truncate(datum.label, {letters}, 'center')"
    for side in ("left", "right"):
        align: Literal["left", "right"] = "right" if side == "left" else "left"
        layers.append(
            names.transform_filter(f"datum.side == '{side}'")
            .transform_calculate(written=written)
            .mark_text(align=align, dx=-10 if side == "left" else 10, baseline="middle")
            .encode(
                x=alt.value(0 if side == "left" else "width"),
                y=at(y, "at"),
                text="written:N",
                tooltip=[
                    alt.Tooltip("label:N", title="Feature"),
                    alt.Tooltip("rank:Q", title="Rank", format=".2~f"),
                ],
            )
        )
    return layered(*layers).properties(width=width, height=height)


def named_every(seeds: Sequence[str], width: int) -> int:
    """Return 1 where all seeds' names fit beside each other, 2 where every second does, etc."""
    room = max(text_px(str(seed)) for seed in seeds) + 6
    return max(1, int(np.ceil(len(seeds) * room / width)))


def rank_finding(sizes: np.ndarray, features: list[str]) -> str:
    """Return how many features change rank and which one leads, a sentence."""
    n = len(sizes)
    ranks = importance_ranks(sizes)
    changing = int((ranks != ranks[0]).any(axis=0).sum())
    change = "changes" if changing == 1 else "change"
    who = f"{changing} of {counted(len(features), 'feature')} {change} rank between seeds"
    if changing == 0:
        who = f"No feature of {len(features)} changes rank between seeds"
    firsts = first_places(sizes)
    leader = int(firsts.argmax())
    if firsts[leader] == 0:
        return f"{who}; none ranks first alone in any"
    where = (
        ("both" if n == 2 else f"all {n}") if firsts[leader] == n else f"{firsts[leader]} of {n}"
    )
    return f"{who}; {features[leader]} ranks first in {where}"


def _sizes(explanation: Attributions, output: str | None, instance: Any) -> np.ndarray:
    """Return sizes by seed and feature, of all rows or one."""
    if len(explanation.seeds) < 2:
        raise InputError(
            expected="attributions of at least two seeds, whose ranks can differ",
            arrived=f"one seed ({explanation.seeds[0]})",
            do="Draw one seed with xaigeo.viz.attribution_importance.",
        )
    values = attribution_values(explanation, output)
    if instance is None:
        return importance(values)
    return np.asarray(np.abs(values[:, row_place(explanation, instance)]))


def _height(n_features: int) -> int:
    return max(60, min(TALLEST, STEP * (n_features - 1)))
