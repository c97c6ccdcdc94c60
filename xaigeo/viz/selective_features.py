"""On how many rows the seeds agree on a feature, and in which direction."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from xaigeo.agreement.selective import Selective
from xaigeo.errors import InputError
from xaigeo.options import check_count
from xaigeo.viz.chart_size import check_width
from xaigeo.viz.number_text import counted, share_text
from xaigeo.viz.selective_words import agreed_on, rule_of, too_few
from xaigeo.viz.table_data import with_tables
from xaigeo.viz.text_fit import Width, feature_rows, label_letters, titled, total_px
from xaigeo.viz.theme import FAINT, NEGATIVE, POSITIVE, RAMP, SEED
from xaigeo.viz.themed import themed

ROW = 24  # height of a feature's row, in pixels
ABOVE, BELOW, SHOWN, ABSTAINED = "Above zero", "Below zero", "Agreed", "Not agreed"
FEW, ALL, SOME = "Too few seeds to tell", "All seeds agree", "Most, not all, agree"
NONE = "No more than half agree"
COLOURS = {
    ABOVE: POSITIVE,
    BELOW: NEGATIVE,
    SHOWN: SEED,
    ABSTAINED: FAINT,
    ALL: RAMP[4],
    SOME: RAMP[2],
    NONE: FAINT,
}


def selective_features(
    selection: Selective, max_features: int = 15, *, width: int = 380
) -> alt.Chart:
    """Draw on what share of the rows the seeds agree on each feature.

    With too few seeds to show anything the bars tell instead how many of them agree, which is
    what was seen and says nothing of other seeds.

    Parameters
    ----------
    selection : Selective
        From `xaigeo.agreement.selective`.
    max_features : int
        How many features are drawn, those agreed on most often; of equal ones those of more
        agreeing seeds, and then of the larger median size.
    width : int
        Of the bars, in pixels, without the labels of the features.

    Raises
    ------
    InputError
        For anything else.
    """
    check_width(width)
    check_count("max_features", max_features)
    if not isinstance(selection, Selective):
        raise InputError(
            expected="what the seeds agree on, a Selective",
            arrived=type(selection).__name__,
            do="Pass the answer of xaigeo.agreement.selective(explanation).",
        )
    tables = selective_features_tables(selection, max_features)
    finding = selective_features_finding(selection)
    labels = list(tables["parts"]["label"].unique())
    few = "" if selection.reason is None else f"{FEW}: drawn is how many of these agree. "
    notes = [
        f"Share of {counted(len(selection.instances), 'row')}. {few}{rule_of(selection)}",
        *_left_out(len(labels), len(selection.features)),
    ]
    chart = selective_features_body(tables, width=width).properties(
        title=titled(finding, [" ".join(notes)], total_px(labels, width)),
        description=f"Stacked bars of the share of rows, by feature. {finding}.",
    )
    return themed(with_tables(chart, tables))


def selective_features_tables(
    selection: Selective, max_features: int = 15
) -> dict[str, pd.DataFrame]:
    """Return the table `parts`, a row a feature and part of its bar.

    Columns: label (the feature), rank, part, n (rows), share, start and end (of the bar's part).
    """
    table = selection.by_feature()
    most = -np.abs(selection.median).mean(axis=0)
    every = (selection.count == selection.n_seeds).sum(axis=0)
    agreeing = -selection.count.mean(axis=0) if selection.reason is None else -every
    order = np.lexsort((most, agreeing, -table["n_shown"].to_numpy()))[:max_features]
    table = table.iloc[order].reset_index(drop=True)
    n_rows = len(selection.instances)
    counts = {ABOVE: table["n_positive"], BELOW: table["n_negative"]}
    if selection.by == "top_k":
        counts = {SHOWN: table["n_shown"]}
    counts[ABSTAINED] = n_rows - table["n_shown"]
    if selection.reason is not None:
        counts = _seen(selection, order)
    parts, start = [], np.zeros(len(table))
    for part, n in counts.items():
        share = n.to_numpy() / n_rows
        parts.append(
            pd.DataFrame(
                {
                    "label": table["feature"],
                    "rank": np.arange(len(table)),
                    "part": part,
                    "n": n,
                    "share": share,
                    "start": start,
                    "end": start + share,
                }
            )
        )
        start = start + share
    whole = pd.concat(parts, ignore_index=True)
    return {"parts": whole.sort_values("rank", kind="stable").reset_index(drop=True)}


def _seen(selection: Selective, order: np.ndarray) -> dict[str, pd.Series]:
    """Return on how many rows all, most or fewer of the seeds agree, by feature."""
    count = selection.count[:, order]
    every = (count == selection.n_seeds).sum(axis=0)
    most = (2 * count > selection.n_seeds).sum(axis=0) - every
    parts = {ALL: every, SOME: most, NONE: len(count) - every - most}
    return {name: pd.Series(n) for name, n in parts.items()}


def selective_features_body(tables: dict[str, pd.DataFrame], *, width: Width = 380) -> alt.Chart:
    """Return the bars over the table `parts`."""
    names = list(dict.fromkeys(tables["parts"]["part"]))
    bars: alt.Chart = (
        alt.Chart(alt.NamedData("parts"))
        .transform_filter("datum.n > 0")
        .mark_bar(height=ROW - 8, stroke="white", strokeWidth=0.6)
        .encode(
            x=alt.X(
                "start:Q",
                title="Share of the rows",
                scale=alt.Scale(domain=[0, 1]),
                axis=alt.Axis(format=".0%", tickCount=_ticks(width), labelFlush=True),
            ),
            x2="end:Q",
            y=feature_rows(label_letters(width)),
            color=alt.Color(
                "part:N",
                title=None,
                scale=alt.Scale(domain=names, range=[COLOURS[name] for name in names]),
                legend=alt.Legend(orient="bottom", symbolType="square", columns=_columns(width)),
            ),
            tooltip=[
                alt.Tooltip("label:N", title="Feature"),
                alt.Tooltip("part:N", title="The seeds"),
                alt.Tooltip("n:Q", title="Rows"),
                alt.Tooltip("share:Q", title="Share of the rows", format=".0%"),
            ],
        )
        .properties(width=width, height=alt.Step(ROW))
    )
    return bars


def selective_features_finding(selection: Selective) -> str:
    """Return on what share of the attributions the seeds agree, without full stop."""
    if (few := too_few(selection)) is not None:
        return few
    share = share_text(1 - selection.share_abstained)
    n_rows, none = len(selection.instances), len(selection.nothing_shown)
    said = f"The seeds agree on {agreed_on(selection)} of {share} of the attributions"
    if selection.by == "top_k":
        said = f"The seeds agree on {agreed_on(selection)} for {share} of the attributions"
    if not none:
        return f"{said}, and on at least one in every row" if n_rows > 1 else said
    return f"{said}; on {none} of {counted(n_rows, 'row')} they agree on none"


def _left_out(n_drawn: int, n_features: int) -> list[str]:
    rest = n_features - n_drawn
    if not rest:
        return []
    are = "is" if rest == 1 else "are"
    return [f"Most often agreed on: {n_drawn} of {n_features} features; {rest} {are} not shown."]


def _ticks(width: Width) -> int:
    return 2 if isinstance(width, int) and width < 260 else 5


def _columns(width: Width) -> int:
    return 1 if isinstance(width, int) and width < 260 else 3
