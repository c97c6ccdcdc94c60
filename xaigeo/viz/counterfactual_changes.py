"""Which features counterfactuals change, over all rows: a bar by direction, a dot a seed."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from xaigeo.agreement.feature_use import change_use
from xaigeo.explanations import Counterfactuals
from xaigeo.options import check_count
from xaigeo.viz.chart_size import check_width
from xaigeo.viz.chosen_row import check_kind
from xaigeo.viz.feature_use import (
    MAX_FEATURES,
    WIDTH,
    WayMark,
    feature_use_body,
    feature_use_tables,
    left_out_note,
    most_used,
    used_features,
)
from xaigeo.viz.number_text import all_seeds, counted
from xaigeo.viz.table_data import with_tables
from xaigeo.viz.text_fit import Width, titled, total_px
from xaigeo.viz.theme import NEGATIVE, POSITIVE, SEED
from xaigeo.viz.themed import themed

MARKS = (WayMark("▲", POSITIVE, 0.55), WayMark("▼", NEGATIVE, 0.5), WayMark("→", SEED, 0.35))
Tables = dict[str, pd.DataFrame]


def counterfactual_changes(
    counterfactuals: Counterfactuals, max_features: int = MAX_FEATURES, *, width: int = WIDTH
) -> alt.LayerChart:
    """Draw which features counterfactuals change and in which direction, with a dot a seed.

    Parameters
    ----------
    counterfactuals : Counterfactuals
    max_features : int
        Features at most, the commonest.
    width : int
        Pixels of the plot, without the names of features.

    Raises
    ------
    InputError
        If there are no counterfactuals, or `max_features` is no whole number.
    """
    check_width(width)
    tables = counterfactual_changes_tables(counterfactuals, max_features, width=width)
    finding = counterfactual_changes_finding(counterfactuals)
    body = counterfactual_changes_body(counterfactuals, tables, width=width)
    room = total_px(tables["features"]["label"].tolist(), width)
    notes = counterfactual_changes_notes(counterfactuals, max_features)
    body = body.properties(
        title=titled(finding, notes, room),
        description=f"{finding}. Bars of the share of counterfactuals that change each of "
        f"{counted(len(tables['features']), 'feature')}, with a dot a seed "
        f"({counted(len(counterfactuals.seeds), 'seed')}).",
    )
    return themed(with_tables(body, tables))


def counterfactual_changes_tables(
    counterfactuals: Counterfactuals, max_features: int = MAX_FEATURES, *, width: Width = WIDTH
) -> Tables:
    """Return the tables `parts`, `seeds` and `features`; see `feature_use_tables`."""
    check_kind(counterfactuals, Counterfactuals, "the features that they change")
    check_count("max_features", max_features)
    use = change_use(counterfactuals)
    return feature_use_tables(use, MARKS, max_features=max_features, width=width)


def counterfactual_changes_body(
    counterfactuals: Counterfactuals, tables: Tables, *, width: Width = WIDTH
) -> alt.LayerChart:
    """Return the chart over the tables, without words above it."""
    title = "Share of counterfactuals that change it"
    return feature_use_body(change_use(counterfactuals), tables, MARKS, title, width=width)


def counterfactual_changes_finding(counterfactuals: Counterfactuals) -> str:
    """Return in a sentence which feature is changed most, and how far seeds agree."""
    use = change_use(check_kind(counterfactuals, Counterfactuals, "the features that they change"))
    if not len(used_features(use)):
        return "No counterfactual was found that changes a feature"
    if use.made_for_all:
        n_seeds = len(counterfactuals.seeds)
        return f"Counterfactuals made for {all_seeds(n_seeds)} change {most_used(use)}"
    said = f"Counterfactuals change {most_used(use)}"
    if np.isnan(use.overlap):
        return said
    return f"{said}; of the features that either of two seeds changes, both do {use.overlap:.0%}"


def counterfactual_changes_notes(
    counterfactuals: Counterfactuals, max_features: int = MAX_FEATURES
) -> list[str]:
    """Return how the chart is read, and what it leaves out, in sentences."""
    use = change_use(counterfactuals)
    said = ["Bar: share of all counterfactuals, ▲ orange: upwards, ▼ blue: downwards"]
    nominal = any(f.kind == "categorical" for f in counterfactuals.schema.features)
    said[0] += ", → grey: to another category." if nominal else "."
    if use.made_for_all:
        said.append("Each row's point was made to be one for all seeds: no agreement to read.")
    elif len(use.seeds) > 1:
        said.append("Dot: one seed. Two seeds are compared by the nearest points that they found.")
    if use.left_out:
        total = use.left_out + int(use.totals.sum())
        said.append(
            f"Not counted: {use.left_out} of {counted(total, 'point')}, which miss the wanted "
            "answer, repeat another or change nothing."
        )
    return said + left_out_note(use, max_features)
