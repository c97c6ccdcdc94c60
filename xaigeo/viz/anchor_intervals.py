"""The rules of one row as parallel intervals: a lane a feature, a thin bar a seed."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from xaigeo import dims
from xaigeo.agreement.made_for_all import made_for_all
from xaigeo.explanations import Anchors
from xaigeo.geometry.rule_intervals import RuleIntervals
from xaigeo.options import check_count
from xaigeo.viz.channels import layered
from xaigeo.viz.chart_size import check_width
from xaigeo.viz.chosen_row import check_kind, row_place
from xaigeo.viz.interval_layers import interval_layers
from xaigeo.viz.interval_tables import IntervalTables
from xaigeo.viz.method_words import words_for
from xaigeo.viz.number_text import all_seeds, counted
from xaigeo.viz.records import plain
from xaigeo.viz.rule_lanes import GAP, LaneFrame
from xaigeo.viz.table_data import with_tables
from xaigeo.viz.text_fit import Width, titled
from xaigeo.viz.themed import themed

WIDTH = 460
MAX_FEATURES = 12
Tables = dict[str, pd.DataFrame]


def anchor_intervals(
    anchors: Anchors,
    instance: Any = None,
    max_features: int = MAX_FEATURES,
    *,
    width: int = WIDTH,
) -> alt.LayerChart:
    """Draw the rules of one row as intervals on parallel lanes, every seed and what they share.

    Parameters
    ----------
    anchors : Anchors
    instance : label, optional
        The first one if None.
    max_features : int
        Lanes at most; those that most seeds restrict are drawn.
    width : int
        Pixels.

    Raises
    ------
    InputError
        If there are no anchors, no such instance, or `max_features` is no whole number.
    """
    check_width(width)
    tables = anchor_intervals_tables(anchors, instance, max_features)
    finding = anchor_intervals_finding(anchors, instance)
    notes = anchor_intervals_notes(anchors, instance, max_features)
    body = anchor_intervals_body(anchors, tables, width=width).properties(
        title=titled(finding, notes, width),
        description=f"{finding}. Parallel intervals of the rules of "
        f"{counted(len(anchors.seeds), 'seed')} "
        f"on {counted(len(tables['lanes']), 'feature')}.",
    )
    return themed(with_tables(body, tables))


def anchor_intervals_body(
    anchors: Anchors, tables: Tables, *, width: Width = WIDTH
) -> alt.LayerChart:
    """Return the chart over the tables, without words above it."""
    height = float(tables["lanes"]["bottom"].max()) - GAP if len(tables["lanes"]) else 1.0
    frame = LaneFrame(height, width, marked=len(tables["group_marks"]) > 0)
    classes = anchors.outputs if len(tables["group_marks"]) else []
    below = frame.base()
    layers = [*below, *interval_layers(frame, tables, classes), *frame.value()]
    drawn = [one for one in layers if len(tables[one.data.name])] or below[:1]
    return layered(*drawn).properties(width=width, height=height)


def anchor_intervals_finding(anchors: Anchors, instance: Any = None) -> str:
    """Return in a sentence how many of the features that rules use all seeds restrict."""
    place = row_place(check_kind(anchors, Anchors, "intervals of rules"), instance)
    found = RuleIntervals.of(anchors, place)
    row = f"Row {plain(anchors.instances[place])}"
    used = found.restricted[:, found.order]
    n_seeds, n_used = used.shape
    total = len(anchors.features)
    if not n_used:
        who = "the rule restricts" if n_seeds == 1 else "the rules restrict"
        return f"{row}: {who} no feature"
    if n_seeds == 1:
        return f"{row}: the rule restricts {n_used} of {total} features"
    if made_for_all(anchors):
        whose = all_seeds(n_seeds)
        return f"{row}: one rule, made for {whose}, restricts {n_used} of {total} features"
    shared = int(used.all(axis=0).sum())
    said = f"{all_seeds(n_seeds)} restrict {shared} of the {n_used} features that their rules use"
    if n_used == 1:
        said = f"the rules of {all_seeds(n_seeds)} use one feature in all"
    if len(found.groups) == 1:
        n_rows = anchors.data.sizes[dims.BACKGROUND_ROW]
        held = round(float(found.common_coverage[0]) * n_rows)
        return f"{row}: {said}; {held} of {n_rows} rows of the data obey all of their rules"
    return f"{row}: the seeds give {len(found.groups)} answers; {said}"


def anchor_intervals_notes(
    anchors: Anchors, instance: Any = None, max_features: int = MAX_FEATURES
) -> list[str]:
    """Return how the chart is read, and what it leaves out, in sentences."""
    found = RuleIntervals.of(anchors, row_place(anchors, instance))
    wanted = anchors.provenance["parameters"].get("threshold")
    share = "" if wanted is None else f" on at least {wanted:.0%} of such rows"
    keeps = kept_words(anchors)
    said = [f"{words_for(anchors).title}: within its limits a seed {keeps}{share}."]
    n_seeds = len(anchors.seeds)
    if made_for_all(anchors):
        said.append("Thick: the rule. It was made to be one for all seeds: no agreement to read.")
    elif n_seeds > 1:
        said.append(
            "Thin: one seed. Thick: what all share. Outline: what holds them all. "
            "An end without a cap is open; a dotted line is no limit."
        )
        if len(found.groups) > 1:
            said.append("Seeds are grouped by their answer.")
    said.append("Grey strip: where the data lie. Triangle: this row.")
    if failed := int((~anchors.array("met")[:, row_place(anchors, instance)]).sum()):
        said.append(_failed_note(failed, n_seeds, made_for_all(anchors)))
    unused = len(anchors.features) - len(found.order)
    hidden = max(0, len(found.order) - max_features)
    left = [f"{hidden} more that rules restrict"] if hidden else []
    left += [f"{unused} that no rule restricts"] if unused else []
    return said + ([f"Features not shown: {' and '.join(left)}."] if left else [])


def anchor_intervals_tables(
    anchors: Anchors, instance: Any = None, max_features: int = MAX_FEATURES
) -> Tables:
    """Return the tables that are drawn.

    `lanes` and `mass` (see `Lanes`); `bars` and `caps` of seeds, `common` with `arrows`,
    `hull` (edges), `cells` (a category, with the share of seeds that allow it), and
    `group_marks`, empty unless answers differ.
    """
    place = row_place(check_kind(anchors, Anchors, "intervals of rules"), instance)
    check_count("max_features", max_features)
    found = RuleIntervals.of(anchors, place)
    return IntervalTables(found, made_for_all(anchors), max_features).tables()


def kept_words(anchors: Anchors) -> str:
    """Return what a seed does under its rule: "keeps its answer", or its value."""
    if anchors.task != "regression":
        return "keeps its answer"
    tolerance = anchors.provenance.get("resolved", {}).get("tolerance")
    return "keeps its value" if tolerance is None else f"keeps its value within ±{tolerance:.3g}"


def _failed_note(failed: int, n_seeds: int, one_rule: bool) -> str:
    if one_rule:
        return f"The rule misses the wanted precision for {failed} of {n_seeds} seeds."
    who = f"{failed} of {n_seeds} seeds' rules miss" if n_seeds > 1 else "the rule misses"
    return f"Pale: {who} the wanted precision."
