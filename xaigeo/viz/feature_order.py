"""The order of features on which the seeds agree, as a Hasse diagram."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from xaigeo.agreement.partial_order import PartialOrder, partial_order
from xaigeo.explanations import Attributions
from xaigeo.options import check_count
from xaigeo.viz.attribution_strip import feature_labels
from xaigeo.viz.attribution_words import attribution_words
from xaigeo.viz.channels import layered
from xaigeo.viz.chart_size import check_width
from xaigeo.viz.method_words import words_for
from xaigeo.viz.order_lanes import order_lanes
from xaigeo.viz.records import plain
from xaigeo.viz.table_data import with_tables
from xaigeo.viz.text_fit import Width, feature_axis, label_letters, titled, total_px
from xaigeo.viz.theme import FAINT, INK, NEGATIVE, POSITIVE, SEED
from xaigeo.viz.themed import themed

ROW = 28  # height of a feature's row, in pixels
CLEAR = 11.0  # pixels between a line and a dot that is none of its ends
NAMED = 6  # open features that a tooltip names


def feature_order(
    explanation: Attributions,
    output: str | None = None,
    *,
    instance: Any = None,
    share: float = 1.0,
    tolerance: float = 0.0,
    signed: bool = False,
    max_features: int = 12,
    width: int = 260,
) -> alt.LayerChart:
    """Draw which features count for more than which by all seeds, the rest left open.

    A Hasse diagram: features of the same band are of the same level, and a path of lines
    downwards leads from a feature to those that all seeds (or a share of them) say count for less.

    Parameters
    ----------
    explanation : Attributions
    output : str, optional
        By default, at each row, the class that most seeds predict.
    instance : label, optional
        One row. By default mean sizes over all rows are ordered.
    share, tolerance, signed
        How many seeds must say so, by how much, and whether features without an agreed sign are
        left out; see `xaigeo.agreement.partial_order.partial_order`.
    max_features : int
        How many features are drawn, those of largest mean size.
    width : int
        Of the diagram, in pixels, without the names of the features.

    Raises
    ------
    InputError
        As `xaigeo.agreement.partial_order.partial_order`.

    Notes
    -----
    Laberge et al. 2023, "Partial order in chaos" (arXiv:2110.13369), over seeds.
    """
    check_width(width)
    check_count("max_features", max_features)
    order = partial_order(
        explanation,
        instance=instance,
        output=output,
        share=share,
        tolerance=tolerance,
        signed=signed,
    )
    shown = shown_order(order, max_features)
    tables = feature_order_tables(explanation, shown, width=width)
    finding = feature_order_finding(order)
    labels = tables["nodes"]["label"].tolist()
    chart = feature_order_body(shown, tables, width=width).properties(
        title=titled(
            finding,
            [" ".join(feature_order_notes(explanation, order, shown, output))],
            total_px(labels, width),
        ),
        description=f"Hasse diagram of {len(labels)} features. {finding}.",
    )
    return themed(with_tables(chart, tables))


def shown_order(order: PartialOrder, max_features: int = 12) -> PartialOrder:
    """Return the order among the features drawn: the largest; with signs, those that have one."""
    if order.signed:
        order = order.among(np.flatnonzero(order.signs))
    return order.top(max_features)


def feature_order_tables(
    explanation: Attributions, order: PartialOrder, *, width: Width = 260
) -> dict[str, pd.DataFrame]:
    """Return the tables `nodes` (a row a feature) and `edges` (two rows, its ends, a line).

    Columns of `nodes`: label, rank (row of the diagram), lane, level, odd (whether its band is
    shaded), sign, size, low, high, n_before, n_after, n_open and open (their names). Of `edges`:
    edge, label, lane.
    """
    frame = order.to_frame()
    where = [order.features.index(name) for name in frame["feature"]]
    names = np.array(order.features, dtype=object)
    if order.instance is not None:
        place = [plain(label) for label in explanation.instances].index(plain(order.instance))
        texts = feature_labels(explanation, place)
        names = np.array([texts[explanation.features.index(n)] for n in names], dtype=object)
    before = order.before[np.ix_(where, where)]
    covers = order.covers[np.ix_(where, where)]
    # Beyond the width of a page's column the lines only come further apart.
    px = float(width) if isinstance(width, int) else 260.0
    lanes = order_lanes(frame["level"].to_numpy(), covers, px, CLEAR)
    labels = names[where]
    open_to = ~(before | before.T | np.eye(len(before), dtype=bool))
    nodes = frame.drop(columns="feature").assign(
        label=labels,
        rank=np.arange(len(frame)),
        lane=lanes,
        odd=frame["level"] % 2 == 1,
        open=[_named(labels[row]) for row in open_to],
    )
    ends = [
        {"edge": i, "label": labels[j], "lane": lanes[j]}
        for i, pair in enumerate(np.argwhere(covers))
        for j in pair
    ]
    return {"nodes": nodes, "edges": pd.DataFrame(ends, columns=["edge", "label", "lane"])}


def feature_order_body(
    order: PartialOrder, tables: dict[str, pd.DataFrame], *, width: Width
) -> alt.LayerChart:
    """Return bands, lines and dots over the tables `nodes` and `edges`."""
    nodes = tables["nodes"]
    y = alt.Y(
        "label:N",
        sort=nodes["label"].tolist(),
        title=None,
        axis=feature_axis(label_letters(width)),
        scale=alt.Scale(paddingInner=0, paddingOuter=0),
    )
    reach = float(np.abs(nodes["lane"].to_numpy()).max(initial=0.0)) + 0.6
    x = alt.X("lane:Q", axis=None, scale=alt.Scale(domain=[-reach, reach], nice=False, zero=False))
    base = alt.Chart(alt.NamedData("nodes"))
    bands = base.transform_filter("datum.odd").mark_rect(color=FAINT, opacity=0.45).encode(y=y)
    lines = (
        alt.Chart(alt.NamedData("edges"))
        .mark_line(color=SEED, strokeWidth=1.4)
        .encode(x=x, y=y, detail="edge:N")
    )
    colour: Any = alt.value(INK)
    if order.signed:
        colour = alt.when("datum.sign < 0").then(alt.value(NEGATIVE)).otherwise(alt.value(POSITIVE))
    words = "Size" if order.instance is not None else "Mean size"
    dots = base.mark_point(filled=True, size=95, opacity=1, stroke="white", strokeWidth=1.5).encode(
        x=x,
        y=y,
        color=colour,
        tooltip=[
            alt.Tooltip("label:N", title="Feature"),
            alt.Tooltip("size:Q", title=f"{words}, mean of seeds", format=".3~g"),
            alt.Tooltip("low:Q", title="Smallest seed", format=".3~g"),
            alt.Tooltip("high:Q", title="Largest seed", format=".3~g"),
            alt.Tooltip("n_before:Q", title="Features above it"),
            alt.Tooltip("n_after:Q", title="Features below it"),
            alt.Tooltip("open:N", title="Open against"),
        ],
    )
    layers = [bands, lines, dots] if len(tables["edges"]) else [bands, dots]
    return layered(*layers).properties(width=width, height=ROW * max(len(nodes), 1))


def feature_order_finding(order: PartialOrder) -> str:
    """Return how many of the pairs of features the seeds order alike, without full stop."""
    n = len(order.values)
    who = "Both seeds" if n == 2 else f"All {n} seeds"
    if order.share < 1.0:
        who = f"At least {order.share:.0%} of {n} seeds"
    where = "" if order.instance is None else f"Row {plain(order.instance)}: "
    if where:
        who = who[0].lower() + who[1:]
    if order.n_pairs == 0:
        return f"{where}{'there' if where else 'There'} is one feature and no order to agree on"
    pairs = "the one pair" if order.n_pairs == 1 else f"{order.n_pairs} pairs"
    return f"{where}{who} agree on the order of {order.n_ordered} of {pairs} of features"


def feature_order_notes(
    explanation: Attributions, order: PartialOrder, shown: PartialOrder, output: str | None
) -> list[str]:
    """Return how the diagram is read and what it leaves out, in sentences."""
    words = attribution_words(explanation, 0)
    of = f" to “{output}”" if output is not None else ""
    what = f"{words.value.lower()}{of}"
    rows = len(explanation.instances)
    measured = f"Size of the {what}" if order.instance is not None else f"Mean size of the {what}"
    over = "" if order.instance is not None else f" over {rows} row{'' if rows == 1 else 's'}"
    by = f" by more than {order.tolerance:g} ({words.unit})" if order.tolerance else ""
    notes = [
        f"{measured}{over} ({words_for(explanation).title}).",
        f"A path downwards: the seeds agree that the upper feature counts for more{by}.",
        "No path between two features: they do not.",
    ]
    if order.signed:
        notes.append(
            "Orange adds, blue takes away, by all seeds."
            if order.share == 1.0
            else "Orange adds, blue takes away, by that share of the seeds."
        )
    unsigned = int((order.signs == 0).sum()) if order.signed else 0
    if unsigned:
        notes.append(f"{unsigned} without an agreed sign {_are(unsigned)} left out.")
    rest = len(order.features) - unsigned - len(shown.features)
    if rest > 0:
        notes.append(
            f"Largest {len(shown.features)} of {len(order.features)} features; {rest} "
            f"{_are(rest)} not shown."
        )
    if order.n_withdrawn:
        n = order.n_withdrawn
        notes.append(
            f"{n} more such statement{'' if n == 1 else 's'} {_are(n)} left out: with others "
            f"{'it' if n == 1 else 'they'} would imply what fewer seeds say."
        )
    return notes


def _are(n: int) -> str:
    return "is" if n == 1 else "are"


def _named(names: Any) -> str:
    listed = list(names)
    if not listed:
        return "none"
    rest = len(listed) - NAMED
    return ", ".join(listed[:NAMED]) + (f" and {rest} more" if rest > 0 else "")
