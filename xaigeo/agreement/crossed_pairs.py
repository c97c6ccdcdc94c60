"""Agreement of two explanations that differ in the levels of chosen factors, and in no other."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from xaigeo.agreement.places import membership
from xaigeo.agreement.top_k import check_k


def crossed_feature_agreement(
    values: np.ndarray, n_factors: int, differing: Sequence[int], k: int
) -> np.ndarray:
    """Return the mean share of common top features, by instance.

    Parameters
    ----------
    values : ndarray, shape (*levels, n_instances, n_features)
    n_factors : int
    differing : sequence of int
        Axes of the factors in which the two of a pair differ, all of them; they have the same
        level of every other.
    k : int

    Returns
    -------
    ndarray, shape (n_instances,)
        Mean of `xaigeo.agreement.top_k.feature_agreement` over all such pairs.
    """
    check_k(k, values.shape[-1])
    return TopFeatures(values, n_factors, k).agreement(differing)


class TopFeatures:
    """How far each feature belongs to the top k in every run of a crossed design.

    Parameters
    ----------
    values : ndarray, shape (*levels, n_instances, n_features)
    n_factors, k : int
    """

    def __init__(self, values: np.ndarray, n_factors: int, k: int) -> None:
        self.places = membership(values, k)
        self.n_factors = n_factors
        self.k = k
        # Without ties a feature is in or out, and then the smaller of two is their product.
        self.plain = bool(np.isin(self.places, (0.0, 1.0)).all())
        self._totals: dict[tuple[int, ...], np.ndarray] = {}

    def agreement(self, differing: Sequence[int]) -> np.ndarray:
        """Return the mean feature agreement, as `crossed_feature_agreement` does.

        Pairs that differ in all of D are those that agree outside D, less those that agree in
        one more factor, and so on (inclusion and exclusion), which asks for sums over groups of
        runs only and for no list of pairs.
        """
        levels = self.places.shape[: self.n_factors]
        outside = [f for f in range(self.n_factors) if f not in differing]
        total = np.zeros(self.places.shape[self.n_factors])
        for size in range(len(differing) + 1):
            for more in combinations(differing, size):
                total += (-1) ** size * self._same(tuple(sorted([*outside, *more])))
        n_pairs = np.prod(levels) * np.prod([levels[f] - 1 for f in differing])
        return np.asarray(total / (n_pairs * self.k))

    def _same(self, shared: tuple[int, ...]) -> np.ndarray:
        """Sum the overlap of all ordered pairs with equal levels there, a run with itself too."""
        if shared not in self._totals:
            self._totals[shared] = self._summed(shared)
        return self._totals[shared]

    def _summed(self, shared: tuple[int, ...]) -> np.ndarray:
        rest = [f for f in range(self.n_factors) if f not in shared]
        over = (*range(len(shared)), -1)
        if self.plain:
            inside = self.places.sum(axis=tuple(rest))
            return np.asarray(np.square(inside).sum(axis=over))
        moved = np.moveaxis(self.places, rest, range(len(rest)))
        runs = moved.reshape(-1, *moved.shape[len(rest) :])
        # Of sorted values the i-th smallest is the smaller one in 2 (n − i) + 1 ordered pairs.
        weight = 2.0 * np.arange(len(runs) - 1, -1, -1) + 1.0
        return np.asarray(np.tensordot(weight, np.sort(runs, axis=0), axes=(0, 0)).sum(axis=over))
