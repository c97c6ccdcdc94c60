"""How far the seeds agree: each score with its interval and what chance would give."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from xaigeo.errors import InputError
from xaigeo.text.nouns import of_texts
from xaigeo.viz.channels import at, layered
from xaigeo.viz.table_data import with_tables
from xaigeo.viz.theme import FAINT, INK, SOFT_INK
from xaigeo.viz.themed import themed

NEEDED = ("method", "score", "value", "low", "high", "null", "higher_is_better", "meaning")
ROW = 24


def agreement_scores(summary: pd.DataFrame, method: str | None = None) -> Any:
    """Draw the scores of one method: dot and interval, and a tick where chance would be.

    Scores for which higher is better and scores for which lower is better stand apart. Scores
    without a bounded range, which share no axis with others, are named below the title.

    Parameters
    ----------
    summary : DataFrame
        From `xaigeo.agreement.summary`.
    method : str, optional
        The first method of the table if None.

    Raises
    ------
    InputError
        For a table of another kind, or a method that is not in it.
    """
    check_summary(summary)
    known = list(dict.fromkeys(summary["method"]))
    method = known[0] if method is None else method
    if method not in known:
        raise InputError(
            expected=f"a method of the table ({', '.join(known)})",
            arrived=repr(method),
            do="Pass one of the listed methods.",
        )
    table = score_table(summary[summary["method"] == method])
    drawn = table[table["bounded"]]
    unbounded = table.loc[~table["bounded"], "label"].tolist()
    parts = [
        layered(*score_layers(part, f"scores_{name}")).properties(
            width=330,
            height=alt.Step(ROW),
            title=alt.Title(_DIRECTION[better], fontSize=11, fontWeight="normal", color=SOFT_INK),
        )
        for better, name, part in by_direction(drawn)
    ]
    return themed(
        with_tables(
            alt.vconcat(*parts, spacing=18),
            {f"scores_{name}": part for _, name, part in by_direction(drawn)},
        ).properties(
            title=alt.Title(
                _title(method, drawn),
                subtitle=[
                    "Dot and bar: mean and 95% interval. Light tick: unrelated explanations.",
                    *(
                        [f"Not drawn, for want of a bounded range: {', '.join(unbounded)}."]
                        if unbounded
                        else []
                    ),
                ],
            ),
            description=f"Agreement of the seeds' {method} explanations: "
            + "; ".join(f"{row.label} {row.value:.2f}" for row in drawn.itertuples()),
        )
    )


_DIRECTION = {True: "Higher means more agreement →", False: "← Lower means more agreement"}


def check_summary(summary: pd.DataFrame) -> None:
    """Raise unless the table is one of `xaigeo.agreement.summary`."""
    if not isinstance(summary, pd.DataFrame):
        raise InputError(
            expected="a table of scores",
            arrived=type(summary).__name__,
            do="Pass the answer of xaigeo.agreement.summary(explanations).",
        )
    missing = [name for name in NEEDED if name not in summary]
    if missing or not len(summary):
        raise InputError(
            expected="a table of scores with at least one row",
            arrived=f"one without {', '.join(missing)}" if missing else "an empty table",
            do="Pass the answer of xaigeo.agreement.summary(explanations).",
        )


def score_table(summary: pd.DataFrame) -> pd.DataFrame:
    """Return the scores that are defined, with label, range and whether it is bounded."""
    from xaigeo.agreement.score import SCORES

    table = summary[summary["value"].notna()].copy()
    known = [SCORES.get(name) for name in table["score"]]
    # A summary of texts tells what scores mean in words of its own.
    table["label"] = [
        score.label if meaning == score.meaning else of_texts(score.label)
        for score, meaning in zip(known, table["meaning"], strict=True)
    ]
    table["range_low"] = [score.low for score in known]
    table["range_high"] = [score.high for score in known]
    table["bounded"] = [score.low >= -1.0 and score.high <= 1.0 for score in known]
    return table


def score_layers(table: pd.DataFrame, name: str) -> list[alt.Chart]:
    """Return the layers over one table of scores of like direction, best agreement first."""
    low = min(0.0, *(float(table[c].min()) for c in ("value", "low", "null")), 0.0)
    domain = [-1.0 if low < 0 else 0.0, 1.0]
    order = table.sort_values("value", ascending=not bool(table["higher_is_better"].iloc[0]))
    y = alt.Y(
        "label:N",
        sort=order["label"].tolist(),
        title=None,
        axis=alt.Axis(labelLimit=260, domain=False, ticks=False, labelPadding=8, labelColor=INK),
    )
    x = alt.X(
        "value:Q",
        title=None,
        scale=alt.Scale(domain=domain, nice=False),
        axis=alt.Axis(tickCount=5, format="~g"),
    )
    tooltip = [
        alt.Tooltip("label:N", title="Score"),
        alt.Tooltip("value:Q", title="Mean", format=".3~f"),
        alt.Tooltip("low:Q", title="95% interval from", format=".3~f"),
        alt.Tooltip("high:Q", title="to", format=".3~f"),
        alt.Tooltip("null:Q", title="Unrelated explanations", format=".3~f"),
        alt.Tooltip("meaning:N", title="Meaning"),
    ]
    base = alt.Chart(alt.NamedData(name))
    rail = base.mark_rule(color=FAINT, strokeWidth=1).encode(
        x=alt.datum(domain[0], type="quantitative"), x2=alt.datum(domain[1]), y=y
    )
    interval = base.mark_rule(color=INK, strokeWidth=2.2).encode(x=at(x, "low"), x2="high:Q", y=y)
    null = base.mark_tick(color=SOFT_INK, thickness=1.4, size=15).encode(
        x=at(x, "null"), y=y, tooltip=tooltip
    )
    dot = base.mark_point(filled=True, size=75, color=INK, strokeWidth=0, opacity=1).encode(
        x=x, y=y, tooltip=tooltip
    )
    return [rail, null, interval, dot]


def by_direction(table: pd.DataFrame) -> list[tuple[bool, str, pd.DataFrame]]:
    """Return the scores for which higher, then lower is better: flag, table name, rows."""
    parts = [
        (better, name, table[table["higher_is_better"] == better])
        for better, name in ((True, "higher"), (False, "lower"))
    ]
    return [part for part in parts if len(part[2])]


def _title(method: str, table: pd.DataFrame) -> str:
    comparable = table[table["null"].notna() & table["low"].notna()]
    beyond = np.where(
        comparable["higher_is_better"],
        comparable["low"] > comparable["null"],
        comparable["high"] < comparable["null"],
    )
    return f"{method}: {beyond.sum()} of {len(beyond)} scores lie beyond what chance would give"
