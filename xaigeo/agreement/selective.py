"""Attributions shown only where the seeds agree, at a stated level; elsewhere none is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from xaigeo import dims
from xaigeo.agreement.binomial_share import fewest_seeds, share_interval, share_p_value
from xaigeo.agreement.compared import ComparedAttributions
from xaigeo.agreement.compared_output import outputs_compared
from xaigeo.agreement.gathered import compare_in_turn
from xaigeo.agreement.multiple_tests import Correction, adjusted, strictest_level
from xaigeo.agreement.places import membership
from xaigeo.agreement.result_html import result_html
from xaigeo.errors import InputError
from xaigeo.explanations import Attributions
from xaigeo.options import check_option, is_number

By = Literal["sign", "top_k", "both"]
Over = Literal["instance", "all"]
CORRECTIONS: dict[str, str] = {
    "none": "",
    "holm": ", after Holm's correction",
    "benjamini_hochberg": ", after Benjamini and Hochberg's correction",
}


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Selective:
    """An explanation that abstains: each cell is shown or not, and why.

    Attributes
    ----------
    shown : ndarray of bool, shape (n_instances, n_features)
    median : ndarray, shape (n_instances, n_features)
        Over all seeds, whether shown or not; see `consensus`.
    sign : ndarray of int, shape (n_instances, n_features)
        The direction that was counted, 1 or -1; 0 where neither has more seeds, and where
        directions are not counted (``by="top_k"``).
    count : ndarray of int, shape (n_instances, n_features)
        Seeds that agree.
    low, high : ndarray, shape (n_instances, n_features)
        Interval of the share of all seeds that would, at confidence 1 − level.
    p_value, p_adjusted : ndarray, shape (n_instances, n_features)
    instances : ndarray, shape (n_instances,)
    outputs : list of str
        The output that is explained at each instance.
    features : list of str
    n_seeds : int
    k : int or None
        Number of top features, where they are counted.
    level, share : float
    by, correction, over : str
    fewest : int or None
        Least number of seeds with which anything can be shown at this level; None where nothing
        ever can.
    method : str
    """

    shown: np.ndarray
    median: np.ndarray
    sign: np.ndarray
    count: np.ndarray
    low: np.ndarray
    high: np.ndarray
    p_value: np.ndarray
    p_adjusted: np.ndarray
    instances: np.ndarray
    outputs: list[str]
    features: list[str]
    n_seeds: int
    k: int | None
    level: float
    share: float
    by: By
    correction: Correction
    over: Over
    fewest: int | None
    method: str

    def __repr__(self) -> str:
        told = f"{int(self.shown.sum())} of {self.shown.size} attributions shown"
        return f"Selective({self.method} by {self.by}: {told}, {self.n_seeds} seeds)"

    def _repr_html_(self) -> str:
        facts: dict[str, object] = {
            "level": f"{self.level:g}{CORRECTIONS[self.correction]}",
            "more than": f"{self.share:.0%} of all seeds",
        }
        if self.reason is not None:
            facts["nothing is shown"] = self.reason
        return result_html(repr(self), facts, self.by_feature())

    @property
    def reason(self) -> str | None:
        """Why nothing at all can be shown, a sentence; None if something can."""
        if self.fewest is not None and self.n_seeds >= self.fewest:
            return None
        if self.fewest is None:
            return f"No number of seeds shows that more than {self.share:.0%} of them agree."
        less = " correction='benjamini_hochberg' promises less and needs fewer."
        return (
            f"At level {self.level:g}{CORRECTIONS[self.correction]}, nothing can be shown with "
            f"{self.n_seeds} seeds, even where all agree; {self.fewest} are the fewest."
            f"{less if self.correction == 'holm' else ''}"
        )

    @property
    def share_abstained(self) -> float:
        """Share of all cells that are not shown."""
        return float((~self.shown).mean())

    @property
    def nothing_shown(self) -> np.ndarray:
        """Labels of the instances at which no feature is shown."""
        return np.asarray(self.instances[~self.shown.any(axis=1)])

    def consensus(self) -> pd.DataFrame:
        """Return the median over seeds where shown, NaN elsewhere: a row an instance."""
        return pd.DataFrame(
            np.where(self.shown, self.median, np.nan),
            index=pd.Index(self.instances, name=dims.INSTANCE, tupleize_cols=False),
            columns=self.features,
        )

    def by_instance(self) -> pd.DataFrame:
        """Return `instance`, `output`, `n_shown` and `share_abstained`, a row an instance."""
        return pd.DataFrame(
            {
                dims.INSTANCE: self.instances,
                dims.OUTPUT: self.outputs,
                "n_shown": self.shown.sum(axis=1),
                "share_abstained": (~self.shown).mean(axis=1),
            }
        )

    def by_feature(self) -> pd.DataFrame:
        """Return on how many instances each feature is shown, a row a feature.

        `feature`, `n_shown`, of these `n_positive` and `n_negative` (shown with a direction), and
        `share_abstained`.
        """
        return pd.DataFrame(
            {
                dims.FEATURE: self.features,
                "n_shown": self.shown.sum(axis=0),
                "n_positive": (self.shown & (self.sign > 0)).sum(axis=0),
                "n_negative": (self.shown & (self.sign < 0)).sum(axis=0),
                "share_abstained": (~self.shown).mean(axis=0),
            }
        )

    def to_frame(self) -> pd.DataFrame:
        """Return one row per instance and feature.

        Columns: `instance`, `output`, `feature`, `attribution` (the median where shown, else NaN),
        `median`, `sign`, `shown`, `count`, `n_seeds`, `share` (count over seeds), `low`, `high`,
        `p_value`, `p_adjusted`.
        """
        n_instances, n_features = self.shown.shape
        cells: dict[str, Any] = {
            dims.INSTANCE: np.repeat(self.instances, n_features),
            dims.OUTPUT: np.repeat(np.array(self.outputs, dtype=object), n_features),
            dims.FEATURE: np.tile(np.array(self.features, dtype=object), n_instances),
            "attribution": np.where(self.shown, self.median, np.nan).ravel(),
        }
        for name in ("median", "sign", "shown", "count"):
            cells[name] = getattr(self, name).ravel()
        cells["n_seeds"] = self.n_seeds
        cells["share"] = self.count.ravel() / self.n_seeds
        for name in ("low", "high", "p_value", "p_adjusted"):
            cells[name] = getattr(self, name).ravel()
        return pd.DataFrame(cells)


def selective(
    explanation: Attributions,
    *,
    level: float = 0.05,
    share: float | Literal["chance"] = 0.5,
    k: int | None = None,
    output: str | int | None = None,
    by: By = "sign",
    correction: Correction = "holm",
    over: Over = "instance",
) -> Selective:
    """Show an attribution only where the seeds agree on it, and abstain elsewhere.

    At each instance and for each feature an exact binomial test asks whether more than a share of
    all seeds there could be agree; the trained ones are a random sample of them.

    Parameters
    ----------
    explanation : Attributions
        Of at least two seeds. How many are needed to show anything is `Selective.fewest`.
    level : float
        Of the tests: how often a feature is shown on which the seeds do not agree, at most.
    share : float or "chance"
        Share of all seeds that must be exceeded; from 1/2 for directions, so that at most one
        is shown. ``"chance"`` is what unrelated attributions would have: 1/2 of a sign, k/m of
        a place among the k largest of m, k/2m of both.
    k : int, optional
        Number of top features, as in `xaigeo.agreement.summary`; only where they are counted.
    output : str or int, optional
        By default, at each instance, the class that most seeds predict.
    by : {"sign", "top_k", "both"}
        What the seeds are to agree on: the direction, a place among the k largest, or both at
        once (the same direction *and* a place there).
    correction : {"holm", "benjamini_hochberg", "none"}
        For the many tests; see `xaigeo.agreement.multiple_tests.adjusted`.
    over : {"instance", "all"}
        Which tests are corrected together.

    Returns
    -------
    Selective
        With fewer seeds than are needed it shows nothing, and `Selective.reason` says why.

    Raises
    ------
    InputError
        For a single seed, attributions without a sign whose direction is asked for, or an option
        that is out of range.

    Notes
    -----
    After the selective ensembles of Black, Leino and Fredrikson (2022, arXiv:2111.08230), which
    abstain from a prediction where a binomial test over models of random initialisation does not
    tell its mode; here features of an explanation take the place of predictions. They report
    averaged attributions; here a feature whose attributions average out is left open.

    A sign is counted for whichever direction more seeds have, which the p-value takes into account
    (two directions in `xaigeo.agreement.binomial_share.share_p_value`). An attribution of zero,
    or one that is rounding beside the largest at its instance, has no sign and counts
    against both. A seed that ties features for the last of the k places has not chosen between
    them: the tied ones count as outside.

    The default corrects the features of one instance together, by Holm: the chance that an
    explanation shows any feature that it should not is at most the level, however the
    features depend on each other, and what is shown at one instance does not depend on which
    others were explained beside it. ``over="all"`` makes the same statement of the whole table,
    and needs more seeds. Seeds need not be independent of the data, but must be drawn at random:
    the statement is about other seeds with the same data.
    """
    _check(explanation, level, by, correction, over)
    compared = [
        one
        for one in compare_in_turn(explanation, k=k, output=output)
        if isinstance(one, ComparedAttributions)
    ]
    n_seeds, n_features = len(explanation.seeds), len(explanation.features)
    places = None if by == "sign" else _top_places(compared[0].k, n_features, by)
    limit = _limit(share, by, places, n_features)
    parts = [_counted(one, by) for one in compared]
    median, sign, count = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    directions: Literal[1, 2] = 1 if by == "top_k" else 2
    p_value = share_p_value(count, n_seeds, limit, directions=directions)
    together = p_value if over == "instance" else p_value.reshape(1, -1)
    p_adjusted = adjusted(together, correction).reshape(p_value.shape)
    low, high = share_interval(count, n_seeds, 1 - level)
    n_tests = together.shape[-1]
    strictest = strictest_level(
        level, correction, n_tests, n_tests * (places or n_features) // n_features
    )
    shown = p_adjusted <= level
    if by != "top_k":
        # Below a share of 1/2 fewer seeds may be counted than say the opposite.
        shown &= np.sign(median) == sign
    return Selective(
        shown=shown,
        median=median,
        sign=sign,
        count=count,
        low=low,
        high=high,
        p_value=p_value,
        p_adjusted=p_adjusted,
        instances=explanation.instances,
        outputs=[explanation.outputs[o] for o in outputs_compared(explanation, output)],
        features=explanation.features,
        n_seeds=n_seeds,
        k=places,
        level=float(level),
        share=limit,
        by=by,
        correction=correction,
        over=over,
        fewest=fewest_seeds(strictest, limit, directions=directions),
        method=explanation.method,
    )


def _counted(compared: ComparedAttributions, by: By) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return median, counted direction and count, each of shape (n_instances, n_features)."""
    values = compared.values
    median = np.median(values, axis=0)
    inside = np.ones(values.shape, dtype=bool)
    if by != "sign":
        inside = membership(values, compared.k) == 1.0
    if by == "top_k":
        return median, np.zeros(median.shape, dtype=np.int64), inside.sum(axis=0)
    above, below = (inside & (values > 0)).sum(axis=0), (inside & (values < 0)).sum(axis=0)
    return median, np.sign(above - below), np.maximum(above, below)


def _check(
    explanation: object, level: object, by: object, correction: object, over: object
) -> None:
    if not isinstance(explanation, Attributions):
        raise InputError(
            expected="Attributions",
            arrived=type(explanation).__name__,
            do="Explain with lime, kernel_shap or a gradient method.",
        )
    if not is_number(level) or not 0 < level < 1:
        raise InputError(
            expected="level between 0 and 1", arrived=repr(level), do="Pass for example 0.05."
        )
    check_option("by", by, By)
    check_option("correction", correction, Correction)
    check_option("over", over, Over)
    if by != "top_k" and not explanation.signed:
        raise InputError(
            expected="attributions with a sign, to see whether the seeds agree on it",
            arrived=f"{explanation.method} with sizes alone",
            do="Pass by='top_k', or explain with signs.",
        )


def _top_places(k: int, n_features: int, by: By) -> int:
    if k == n_features:
        raise InputError(
            expected=f"k below the number of features ({n_features}), so that seeds can disagree "
            "on which belong to it",
            arrived=f"k={k} with by={by!r}",
            do="Pass a smaller k, or by='sign'.",
        )
    return k


def _limit(share: object, by: By, places: int | None, n_features: int) -> float:
    """Return the share of all seeds that must be exceeded."""
    if isinstance(share, str) and share == "chance":
        return (places or n_features) / n_features / (1 if by == "top_k" else 2)
    least = 0.0 if by == "top_k" else 0.5
    if not is_number(share) or not least <= share < 1 or share == 0:
        ends = "above 0" if by == "top_k" else "from 0.5"
        raise InputError(
            expected=f"share to be 'chance' or a number {ends} and below 1 for by={by!r}",
            arrived=repr(share),
            do="Pass for example share=0.5: more than half of all seeds.",
        )
    return float(share)
