"""Attributions shown only where the seeds agree, at a stated level; elsewhere none is told."""

from __future__ import annotations

from typing import Literal

import numpy as np

from xaigeo.agreement.binomial_share import fewest_seeds, share_interval, share_p_value
from xaigeo.agreement.compared import ComparedAttributions
from xaigeo.agreement.compared_output import outputs_compared
from xaigeo.agreement.gathered import compare_in_turn
from xaigeo.agreement.multiple_tests import Correction, adjusted, strictest_level
from xaigeo.agreement.places import membership
from xaigeo.agreement.selective_result import By, Over, Selective
from xaigeo.agreement.selective_texts import TokenTests
from xaigeo.errors import InputError
from xaigeo.explanations import Attributions, TokenAttributions
from xaigeo.explanations.amounts import gives_amounts, kind_name
from xaigeo.options import check_option, is_number

__all__ = ["Selective", "selective"]


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
        a place among the k largest of m, k/2m of both; of texts of a sign alone, since a place is
        another share of each length.
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

    Of texts each token is tested, without those that the tokenizer added, and a text's own tokens
    are corrected together, so that a longer text needs more seeds; `Selective.fewest` is what the
    text that needs fewest takes. Of a text of no more than k tokens all but one are the top ones.
    """
    _check(explanation, level, by, correction, over)
    if isinstance(explanation, TokenAttributions):
        return _of_texts(
            explanation,
            level=level,
            share=share,
            k=k,
            output=output,
            by=by,
            correction=correction,
            over=over,
        )
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


def _of_texts(
    explanation: TokenAttributions,
    *,
    level: float,
    share: float | str,
    k: int | None,
    output: str | int | None,
    by: By,
    correction: Correction,
    over: Over,
) -> Selective:
    """Return `selective` of texts."""
    if share == "chance" and by != "sign":
        raise InputError(
            expected=f"a number as share for texts and by={by!r}",
            arrived="'chance', which is another share for each length of a text",
            do="Pass for example share=0.5: more than half of all seeds.",
        )
    compared = list(compare_in_turn(explanation, k=k, output=output))
    first = compared[0]
    assert isinstance(first, ComparedAttributions)  # of attributions
    limit = _limit(share, by, None, 1)
    tests = TokenTests(
        n_seeds=len(explanation.seeds),
        level=float(level),
        share=limit,
        correction=correction,
        over_all=over == "all",
        directions=1 if by == "top_k" else 2,
        places=by != "sign",
    )
    mask = explanation.word_mask
    arrays = tests.arrays(compared, mask, lambda part: _counted(part, by))
    tested = arrays.pop("mask")
    shown = tested & (np.nan_to_num(arrays["p_adjusted"], nan=1.0) <= level)
    if by != "top_k":
        shown &= np.sign(arrays["median"]) == arrays["sign"]
    return Selective(
        shown=shown,
        **arrays,
        instances=explanation.instances,
        outputs=[explanation.outputs[o] for o in outputs_compared(explanation, output)],
        features=explanation.features,
        n_seeds=tests.n_seeds,
        k=None if by == "sign" else first.k,
        level=float(level),
        share=limit,
        by=by,
        correction=correction,
        over=over,
        fewest=tests.fewest(compared, mask),
        method=explanation.method,
        tested=tested,
        words=explanation.tokens,
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
    if not gives_amounts(explanation):
        raise InputError(
            expected="Attributions",
            arrived=kind_name(explanation),
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
