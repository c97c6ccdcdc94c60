"""How the variance of a score falls with the number of seeds, told from subsets of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.optimize import nnls


@dataclass(frozen=True, eq=False)
class SeedVariance:
    """The variance of a score over ensembles of n seeds, for any n.

    Attributes
    ----------
    parts : ndarray, shape (3,)
        What single seeds add to the variance, and what pairs of seeds add beyond that, in a mean
        over pairs of different seeds; and what single seeds add in a mean over all pairs, a seed
        with itself among them.

    Notes
    -----
    A score of n seeds drawn at random has, after Hoeffding (1948,
    doi:10.1214/aoms/1177730196) and Efron and Stein (1981, doi:10.1214/aos/1176345462), the
    variance V(n) = L(n) + P(n) + ...: what the seeds contribute one by one, and what pairs of
    them contribute beyond that. For a mean over pairs of different seeds (a U-statistic of order
    two) L(n) = σ₁²/n and P(n) = 2δ/(n(n − 1)) exactly, where σ₁² = 4ζ₁ and δ = ζ₂ − 2ζ₁ in
    Hoeffding's terms. For a mean over all n² pairs (a V-statistic, such as Kendall's W and the
    square of the resultant length) L(n) is ((n − 1)/n)² times as large. Other scores of all
    seeds are taken as a mixture of the three.

    Subsets of n out of K trained seeds overlap, so their spread is too small:
    E[spread] = L(n)(1 − n/K) + P(n)(1 − n(n − 1)/(K(K − 1))). The parts are fitted to
    the spreads of several n by least squares of relative deviations, none below zero. Scaling
    the jackknife's variance by K/n instead would count pairs twice at K, and let them fall too
    slowly beyond.
    """

    parts: np.ndarray

    @classmethod
    def fitted(cls, n_seeds: int, spreads: Mapping[int, float]) -> SeedVariance:
        """Return the variance whose subsets would spread as those that were drawn.

        Parameters
        ----------
        n_seeds : int
            K, the number of seeds from which subsets were drawn.
        spreads : mapping from int to float
            Variance of the score between subsets of each size. Sizes of which it is not known
            (NaN) are left out, and so are those of which it is 0.

        Examples
        --------
        >>> of_a_mean = {n: 0.1 / n * (1 - n / 10) for n in (2, 5, 9)}
        >>> SeedVariance.fitted(10, of_a_mean).at(np.array([10, 40])).round(4).tolist()
        [0.01, 0.0025]
        """
        known = {size: spread for size, spread in spreads.items() if spread > 0}
        if not known:
            alike = any(spread == 0 for spread in spreads.values())
            return cls(np.full(3, 0.0 if alike else np.nan))
        sizes = np.array(list(known), dtype=float)
        singles = 1 - sizes / n_seeds
        pairs = 1 - sizes * (sizes - 1) / (n_seeds * (n_seeds - 1))
        overlap = np.stack([singles, pairs, singles], axis=-1)
        rows = _shapes(sizes) * overlap / np.array(list(known.values()))[:, None]
        # The solver wants columns of like size.
        scale = rows.max(axis=0)
        return cls(nnls(rows / scale, np.ones(len(rows)))[0] / scale)

    def at(self, n_seeds: np.ndarray) -> np.ndarray:
        """Return the variance over ensembles of so many seeds (2 or more), of the same shape."""
        return np.asarray(_shapes(np.asarray(n_seeds, dtype=float)) @ self.parts)


def _shapes(n: np.ndarray) -> np.ndarray:
    """Return how each part falls with the number of seeds, shape (..., 3)."""
    return np.stack([1 / n, 2 / (n * (n - 1)), ((n - 1) / n) ** 2 / n], axis=-1)
