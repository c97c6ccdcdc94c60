"""One score of agreement at every row, against what chance would give."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from xaigeo import dims
from xaigeo.agreement.compared import (
    Compared,
    ComparedAttributions,
    ComparedConnectors,
    ComparedRules,
    check_comparable,
    compare,
)
from xaigeo.agreement.compared_tokens import ComparedTokens
from xaigeo.agreement.compared_words import ComparedWords
from xaigeo.agreement.gathered import Gathered, batches_of, compare_in_turn, gather
from xaigeo.agreement.null import nulls_by_length
from xaigeo.agreement.per_instance import answers
from xaigeo.agreement.score import SCORES, Score, scores_for
from xaigeo.agreement.unstable import ROUNDING
from xaigeo.errors import InputError
from xaigeo.explanations import Explanation
from xaigeo.options import suggestion


@dataclass(frozen=True, eq=False, kw_only=True)
class ScoreRows:
    """A score by row, with its chance level.

    Attributes
    ----------
    frame : DataFrame
        One row per instance: `instance`, `value` (NaN where undefined), `null` (the chance
        level of that row), `worse` (whether it agrees less than chance would), and what the
        seeds predict there: `predicted` (of a classification), `share_agreeing`.
    score : Score
    null : float
        The chance level of all rows together.
    k : int or None
        Number of top features, of attributions.
    """

    frame: pd.DataFrame
    score: Score
    null: float
    k: int | None

    @property
    def n_defined(self) -> int:
        """Number of rows on which the score is defined."""
        return int(self.frame["value"].notna().sum())

    @property
    def n_worse(self) -> int:
        """Number of rows that agree less than chance would."""
        return int(self.frame["worse"].sum())

    def to_frame(self) -> pd.DataFrame:
        """Return `frame`."""
        return self.frame


# What is drawn unless a score is named, by what is compared.
DEFAULTS: dict[type[Compared], str] = {
    ComparedAttributions: "feature_agreement",
    ComparedTokens: "feature_agreement",
    ComparedRules: "mass_iou",
    ComparedConnectors: "cross_validity",
    ComparedWords: "shared_words",
}


def score_rows(
    explanation: Explanation,
    score: str | None = None,
    k: int | None = None,
    *,
    output: str | int | None = None,
    random_state: int = 0,
) -> ScoreRows:
    """Return one score at every row beside its chance level.

    Parameters
    ----------
    explanation : Attributions, Anchors or Counterfactuals
    score : str, optional
        A registered score of such explanations that has a chance level. By default
        `feature_agreement` of attributions, `mass_iou` of anchors (`cross_precision` where one
        rule serves all seeds), `cross_validity` of counterfactuals.
    k, output, random_state
        As in `xaigeo.agreement.summary`.

    Raises
    ------
    InputError
        For a single seed, or a score that such explanations do not have.

    Notes
    -----
    The chance level is one number for all rows, but for scores that know it row by row
    (``Score.null_per_instance``), and for texts, among which it differs by their number of tokens
    (the mean over dealt texts as long, where attributions tie or no closed form is known). A row
    at the chance level is not counted as worse.
    """
    check_comparable(explanation)
    compared = compare(explanation.at(slice(0, 1)), k=k, output=output)
    chosen = _chosen(compared, score)
    gathered = gather(explanation, k=k, output=output, scores=[chosen])
    values = gathered.values[chosen.name]
    null = gathered.nulls_of([chosen], np.random.default_rng(random_state))[chosen.name]
    by_row = _nulls_by_row(chosen, gathered, explanation, k, output, random_state)
    if by_row is None:
        by_row = np.full(len(values), null)
    behind = by_row - values if chosen.higher_is_better else values - by_row
    said = pd.concat([answers(batch) for batch in batches_of(explanation)])
    frame = pd.DataFrame({dims.INSTANCE: explanation.instances, "value": values, "null": by_row})
    frame["worse"] = np.nan_to_num(behind, nan=0.0) > ROUNDING
    for name in ("predicted", "share_agreeing"):
        if name in said:
            frame[name] = said[name].to_numpy()
    k_used = compared.k if isinstance(compared, ComparedAttributions) else None
    return ScoreRows(frame=frame, score=chosen, null=null, k=k_used)


def null_rows(
    explanation: Explanation,
    k: int | None = None,
    *,
    output: str | int | None = None,
    random_state: int = 0,
) -> pd.DataFrame:
    """Return the chance level of every row for the scores that have one of their own there.

    Parameters and errors as of `score_rows`.

    Returns
    -------
    DataFrame, indexed by instance
        One column a score: of texts those of attributions, whose chance level follows from the
        number of tokens, and of all explanations those with ``Score.null_per_instance``.
    """
    check_comparable(explanation)
    compared = compare(explanation.at(slice(0, 1)), k=k, output=output)
    scores = [score for score in scores_for(compared) if score.has_null]
    gathered = gather(explanation, k=k, output=output, scores=scores)
    columns = {
        score.name: _nulls_by_row(score, gathered, explanation, k, output, random_state)
        for score in scores
    }
    known = {name: nulls for name, nulls in columns.items() if nulls is not None}
    index = pd.Index(explanation.instances, name=dims.INSTANCE)
    return pd.DataFrame(known, index=index)


def _nulls_by_row(
    score: Score,
    gathered: Gathered,
    explanation: Explanation,
    k: int | None,
    output: str | int | None,
    random_state: int,
) -> np.ndarray | None:
    """Return the chance level of a score at every row; None where it is one for all."""
    if score.name in gathered.nulls:
        return gathered.nulls[score.name]
    if not isinstance(gathered.first, ComparedTokens):
        return None
    return nulls_by_length(score, compare_in_turn(explanation, k=k, output=output), random_state)


def _chosen(compared: Compared, name: str | None) -> Score:
    if name is None:
        shared = isinstance(compared, ComparedRules) and compared.shared
        return SCORES.get("cross_precision" if shared else DEFAULTS[type(compared)])
    known = [score.name for score in scores_for(compared) if score.has_null]
    if name not in known:
        raise InputError(
            expected=f"a score of these explanations with a chance level ({', '.join(known)})",
            arrived=repr(name),
            do=suggestion(name, known) or "Name one of the listed scores.",
        )
    return SCORES.get(name)
