"""Agreement as the report tells it: one leading score a method, and rows to look at first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from xaigeo.agreement import SCORES, compare, per_instance, same_answer_different_reason, summary
from xaigeo.agreement.compared import ComparedAttributions
from xaigeo.agreement.unstable import POOR_STABILITY, ROUNDING
from xaigeo.explanations import Attributions, Explanation, TokenAttributions
from xaigeo.viz.method_words import TITLES
from xaigeo.viz.records import plain

LEADING = {
    "attributions": "feature_agreement",
    "anchors": "mass_iou",
    "counterfactuals": "cross_validity",
}
# Of texts anchors and counterfactuals are words.
OF_WORDS = "shared_words"
# Scores of the answers, which the explorer shows as votes.
OF_ANSWERS = ("flip_rate", "churn")
# The audit judges attributions by Kernel SHAP where it is there; the report leads with the same.
PREFERRED = "kernel_shap"


@dataclass(frozen=True, eq=False)
class Agreement:
    """All that the page says about agreement.

    Attributes
    ----------
    table : DataFrame
        `xaigeo.agreement.summary` of all methods.
    by_row : dict
        `per_instance` by method.
    k : dict
        Number of top features by attribution method.
    contrasts : DataFrame or None
        `same_answer_different_reason` of the leading attributions.
    leading : str or None
        Name of the leading attribution method.
    n_seeds : int
    things : {"features", "words"}
        What attributions are of.
    """

    table: pd.DataFrame
    by_row: dict[str, pd.DataFrame]
    k: dict[str, int]
    contrasts: pd.DataFrame | None
    leading: str | None
    n_seeds: int
    things: str = "features"

    @property
    def flagged(self) -> pd.DataFrame:
        """Rows with one answer for different reasons, least agreement first.

        Those on which all seeds rank one feature first come last: what differs there is the rest.
        """
        if self.contrasts is None:
            return pd.DataFrame({"instance": [], "leading_features": [], "leading_share": []})
        rows = self.contrasts[self.contrasts["flagged"]]
        return pd.concat([rows[~one_leads(rows)], rows[one_leads(rows)]])

    @property
    def led_by_one(self) -> list[Any]:
        """Labels of flagged rows on which all seeds rank one feature first."""
        rows = self.flagged
        return list(rows.loc[one_leads(rows), "instance"])

    def score(self, method: str, name: str) -> pd.Series | None:
        """Return one row of the table, or None where the score is missing or undefined."""
        rows = self.table[(self.table["method"] == method) & (self.table["score"] == name)]
        if not len(rows) or pd.isna(rows["value"].iloc[0]):
            return None
        return rows.iloc[0]

    def scores_at_rows(self, method: str) -> list[str]:
        """Return the scores of reasons that `by_row` holds for a method."""
        names = self.by_row[method].columns
        return [name for name in names if name in SCORES and name not in OF_ANSWERS]


def one_leads(rows: pd.DataFrame) -> pd.Series:
    """Return on which rows all seeds rank the same feature first, of the contrasts."""
    return rows["leading_share"] >= 1 - ROUNDING


def measure_agreement(
    explanations: Sequence[Explanation], *, random_state: int = 0
) -> Agreement | None:
    """Return the agreement of several methods; None for a single seed."""
    if len(explanations[0].seeds) < 2:
        return None
    attributed = attributions_among(explanations)
    leading = min(attributed, key=lambda e: e.method != PREFERRED, default=None)
    classified = leading is not None and leading.task == "classification"
    compared = {e.method: compare(e) for e in attributed}
    return Agreement(
        table=summary(explanations, random_state=random_state),
        by_row={e.method: per_instance(e) for e in explanations},
        k={name: one.k for name, one in compared.items() if isinstance(one, ComparedAttributions)},
        contrasts=same_answer_different_reason(leading) if classified and leading else None,
        leading=None if leading is None else leading.method,
        n_seeds=len(explanations[0].seeds),
        things="words" if isinstance(explanations[0], TokenAttributions) else "features",
    )


def attributions_among(explanations: Sequence[Explanation]) -> list[Attributions]:
    """Return those that give amounts, and not the words of an answer."""
    return [e for e in explanations if isinstance(e, Attributions) and e.role == "attributions"]


def leading_name(explanation: Explanation) -> str:
    """Return the score that the page tells of an explanation first."""
    if isinstance(explanation, TokenAttributions) and explanation.role != "attributions":
        return OF_WORDS
    return LEADING["attributions" if isinstance(explanation, Attributions) else explanation.kind]


def contrast_sentences(agreement: Agreement) -> dict[Any, str]:
    """Return, by flagged row, how its reasons differ.

    What is unstable is the set of the top k features; the first of them may be the same.
    """
    if not len(agreement.flagged):
        return {}
    assert agreement.leading is not None  # the rows were flagged by it
    k = agreement.k[agreement.leading]
    shared = f" ({agreement.n_seeds})"
    title = TITLES.get(agreement.leading, agreement.leading)
    rows = agreement.flagged
    sentences = {}
    for row, alone in zip(rows.itertuples(), one_leads(rows), strict=True):
        leading = str(row.leading_features)
        first = (
            f", though all rank {leading.removesuffix(shared)} first"
            if alone
            else f"; ranked first, by how many seeds: {leading}"
        )
        sentences[plain(row.instance)] = (
            f"Yet their top {k} {agreement.things} differ ({title}: stability "
            f"{stability_text(row.stability)}, mean cosine {row.mean_cosine:z.2f}){first}."
        )
    return sentences


def stability_text(value: Any) -> str:
    """Return a stability in two digits, or in three where two would hide that it is too low."""
    text = f"{value:.2f}"
    return f"{value:.3f}" if value < POOR_STABILITY <= float(text) else text


def leading_sentence(
    score: str, value: float, null: float, k: int | None, things: str = "features"
) -> str:
    """Return what one leading score says, in words with its chance level."""
    chance = "" if np.isnan(null) else f"; unrelated {{}} would reach {null:.0%}"
    if score == "feature_agreement":
        return f"Two seeds share {value:.0%} of their top {k} {things}" + chance.format("reasons")
    if score == OF_WORDS:
        return f"Two seeds share {value:.0%} of the words that either names" + chance.format(
            "words"
        )
    if score == "mass_iou":
        return f"The rules of two seeds cover the same rows to {value:.0%}" + chance.format("rules")
    if score == "cross_validity":
        return (
            f"The change that flips one seed also flips {value:.0%} of the others"
            + chance.format("changes")
        )
    label = SCORES.get(score).label
    return f"{label}: {value:z.2f}" + ("" if np.isnan(null) else f" (unrelated: {null:z.2f})")


def method_sentence(agreement: Agreement, explanation: Explanation) -> str:
    """Return the leading score of a method over all rows, as a sentence without full stop."""
    name = leading_name(explanation)
    row = agreement.score(explanation.method, name)
    if row is None:
        return "No two seeds could be compared"
    return leading_sentence(
        name,
        float(row["value"]),
        float(row["null"]),
        agreement.k.get(explanation.method),
        agreement.things,
    )


def row_sentences(
    agreement: Agreement | None, explanation: Explanation, nulls: pd.DataFrame | None = None
) -> list[str]:
    """Return the leading score of a method at every explained row, beside its chance level.

    `nulls` has chance levels of rows (`xaigeo.agreement.score_rows.null_rows`); where it has none
    of the score, that of all rows together is told.
    """
    if agreement is None:
        return [""] * len(explanation.instances)
    name = leading_name(explanation)
    overall = agreement.score(explanation.method, name)
    null = float("nan") if overall is None else float(overall["null"])
    chance = [null] * len(explanation.instances)
    if nulls is not None and name in nulls:
        chance = nulls[name].tolist()
    values: Any = agreement.by_row[explanation.method].get(name)
    if values is None:
        return [""] * len(explanation.instances)
    k = agreement.k.get(explanation.method)
    return [
        "Here no two seeds can be compared."
        if np.isnan(value)
        else leading_sentence(name, float(value), null, k, agreement.things) + "."
        for value, null in zip(values, chance, strict=True)
    ]
