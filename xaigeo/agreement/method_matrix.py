"""Every two methods at the same seed, beside every two seeds of the same method."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement

import numpy as np
import pandas as pd

from xaigeo.agreement.bootstrap import mean_interval
from xaigeo.agreement.compared import ComparedAttributions, compare, default_k_of
from xaigeo.agreement.methods import PAIRWISE, checked, methods_as_seeds, sizes
from xaigeo.agreement.null import null_value
from xaigeo.agreement.pairs import mean_defined
from xaigeo.agreement.score import SCORES, Score
from xaigeo.agreement.summary import method_names
from xaigeo.errors import InputError
from xaigeo.explanations import Explanation
from xaigeo.options import suggestion


@dataclass(frozen=True, eq=False, kw_only=True)
class MethodMatrix:
    """Agreement across methods and across seeds, by one score.

    Attributes
    ----------
    table : DataFrame
        One row per pair of methods, a method with itself among them: `method_a`, `method_b`,
        `across` ("methods": the two at the same seed; "seeds": two seeds of the one), `value`
        (mean over instances), its 95 % interval over instances `low`, `high`, `null` (what
        unrelated explanations would score) and `n_instances`.
    methods : list of str
    score : Score
    k : int
        Number of top features.
    across_methods, across_seeds : float
        Mean of the values of either sort.
    difference, low, high : float
        `across_methods` − `across_seeds`, with its 95 % interval over instances. Below 0
        methods differ more than seeds do.
    """

    table: pd.DataFrame
    methods: list[str]
    score: Score
    k: int
    across_methods: float
    across_seeds: float
    difference: float
    low: float
    high: float

    def to_frame(self) -> pd.DataFrame:
        """Return `table`."""
        return self.table


def method_matrix(
    explanations: Sequence[Explanation],
    score: str = "feature_agreement",
    k: int | None = None,
    *,
    output: str | int | None = None,
    random_state: int = 0,
    n_bootstrap: int = 1000,
) -> MethodMatrix:
    """Return how far methods agree at the same seed, and seeds by the same method.

    Parameters
    ----------
    explanations : sequence of Attributions
        Of the same ensemble and rows, by different methods.
    score : str
        One of `xaigeo.agreement.methods.PAIRWISE`.
    k : int, optional
        Number of top features; by default the smallest of the methods' own defaults.
    output, random_state, n_bootstrap
        As in `xaigeo.agreement.summary`.

    Raises
    ------
    InputError
        For fewer than two results, results that are no attributions or of other rows or seeds,
        or a score that does not compare two attributions.

    Notes
    -----
    Where one method's attributions have no sign, the sizes of all are compared, so that every
    cell means the same. Both sorts of agreement are means over the same instances, which is
    why the interval of their difference draws instances for both at once.
    """
    given = checked(explanations)
    signed = all(explanation.signed for explanation in given)
    chosen = _score(score, signed)
    k = min(map(default_k_of, given)) if k is None else k
    ready = [_ready(explanation, k, output, signed) for explanation in given]
    names = method_names(given)
    rows, by_instance = [], []
    for a, b in combinations_with_replacement(range(len(given)), 2):
        rng = np.random.default_rng(random_state)
        values, null = _agreement(chosen, ready[a], ready[b], rng, same=a == b)
        low, high = mean_interval(values, n_bootstrap=n_bootstrap, rng=rng)
        by_instance.append(values)
        rows.append(
            {
                "method_a": names[a],
                "method_b": names[b],
                "across": "seeds" if a == b else "methods",
                "value": float(mean_defined(values)),
                "low": low,
                "high": high,
                "null": null,
                "n_instances": int(np.isfinite(values).sum()),
            }
        )
    table = pd.DataFrame(rows)
    means = table.groupby("across")["value"].mean()
    # At every instance the mean over pairs of methods less the mean over methods.
    seeds = (table["across"] == "seeds").to_numpy()
    every = np.stack(by_instance)
    gap = mean_defined(every[~seeds]) - mean_defined(every[seeds])
    low, high = mean_interval(gap, n_bootstrap=n_bootstrap, rng=np.random.default_rng(random_state))
    return MethodMatrix(
        table=table,
        methods=names,
        score=chosen,
        k=k,
        across_methods=float(means["methods"]),
        across_seeds=float(means["seeds"]),
        difference=float(means["methods"] - means["seeds"]),
        low=low,
        high=high,
    )


def _agreement(
    score: Score,
    a: ComparedAttributions,
    b: ComparedAttributions,
    rng: np.random.Generator,
    *,
    same: bool,
) -> tuple[np.ndarray, float]:
    """Return the score at every instance, shape (n_instances,), and its null value."""
    if same:
        return score.compute(a), null_value(score, a, rng)
    both = methods_as_seeds(a, b)
    by_seed = score.compute(both).reshape(a.n_seeds, a.n_instances)
    return mean_defined(by_seed), null_value(score, both, rng)


def _ready(
    explanation: Explanation, k: int, output: str | int | None, signed: bool
) -> ComparedAttributions:
    compared = compare(explanation, k=k, output=output)
    assert isinstance(compared, ComparedAttributions)  # no other kind was let pass
    return compared if signed else sizes(compared)


def _score(name: str, signed: bool) -> Score:
    known = tuple(n for n in PAIRWISE if signed or not SCORES.get(n).needs_sign)
    if name not in known:
        raise InputError(
            expected=f"a score that compares two of these attributions ({', '.join(known)})",
            arrived=repr(name),
            do=suggestion(name, known) or "Name one of the listed scores.",
        )
    return SCORES.get(name)
