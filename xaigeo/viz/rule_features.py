"""Which features rules restrict, over all rows: a bar by the kind of limit, a dot a seed."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from xaigeo.agreement.feature_use import rule_use
from xaigeo.explanations import Anchors
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
from xaigeo.viz.theme import SEED
from xaigeo.viz.themed import themed

# A kind of limit is neither a sign nor a class: the signs tell them apart, not a colour.
MARKS = tuple(
    WayMark(sign, SEED, opacity)
    for sign, opacity in (("≥", 0.3), ("≤", 0.5), ("≥≤", 0.2), ("=", 0.4))
)
Tables = dict[str, pd.DataFrame]


def rule_features(
    anchors: Anchors, max_features: int = MAX_FEATURES, *, width: int = WIDTH
) -> alt.LayerChart:
    """Draw which features rules restrict, over all rows, with a dot a seed.

    Parameters
    ----------
    anchors : Anchors
    max_features : int
        Features at most, the commonest.
    width : int
        Pixels of the plot, without the names of features.

    Raises
    ------
    InputError
        If there are no anchors, or `max_features` is no whole number.
    """
    check_width(width)
    tables = rule_features_tables(anchors, max_features, width=width)
    finding = rule_features_finding(anchors)
    body = rule_features_body(anchors, tables, width=width)
    room = total_px(tables["features"]["label"].tolist(), width)
    notes = rule_features_notes(anchors, max_features)
    body = body.properties(
        title=titled(finding, notes, room),
        description=f"{finding}. Bars of the share of rules that restrict each of "
        f"{counted(len(tables['features']), 'feature')}, with a dot a seed "
        f"({counted(len(anchors.seeds), 'seed')}).",
    )
    return themed(with_tables(body, tables))


def rule_features_tables(
    anchors: Anchors, max_features: int = MAX_FEATURES, *, width: Width = WIDTH
) -> Tables:
    """Return the tables `parts`, `seeds` and `features`; see `feature_use_tables`."""
    check_kind(anchors, Anchors, "the features of rules")
    check_count("max_features", max_features)
    return feature_use_tables(rule_use(anchors), MARKS, max_features=max_features, width=width)


def rule_features_body(anchors: Anchors, tables: Tables, *, width: Width = WIDTH) -> alt.LayerChart:
    """Return the chart over the tables, without words above it."""
    return feature_use_body(
        rule_use(anchors), tables, MARKS, "Share of rules that restrict it", width=width
    )


def rule_features_finding(anchors: Anchors) -> str:
    """Return in a sentence which feature rules restrict most, and how far seeds agree."""
    use = rule_use(check_kind(anchors, Anchors, "the features of rules"))
    if not len(used_features(use)):
        return "No rule restricts a feature"
    if use.made_for_all:
        return f"Rules made for {all_seeds(len(anchors.seeds))} restrict {most_used(use)}"
    said = f"Rules restrict {most_used(use)}"
    if np.isnan(use.overlap):
        return said
    return f"{said}; of the features that either of two seeds restricts, both do {use.overlap:.0%}"


def rule_features_notes(anchors: Anchors, max_features: int = MAX_FEATURES) -> list[str]:
    """Return how the chart is read, and what it leaves out, in sentences."""
    use = rule_use(anchors)
    said = ["Bar: share of all rules, by limit: ≥ from below, ≤ from above, ≥≤ both, = categories."]
    if use.made_for_all:
        said.append("Each row's rule was made to be one for all seeds: no agreement to read.")
    elif len(use.seeds) > 1:
        said.append("Dot: one seed.")
        if (np.ptp(anchors.predicted, axis=0) > 0).any():
            said.append("Two seeds are compared at rows that they answer alike.")
    return said + left_out_note(use, max_features)
