"""Intervals for other texts and other seeds together, of what all seeds say of a text."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from intervals import Interval, drawn_again
from scipy.stats import t as student


@dataclass(frozen=True, kw_only=True)
class ByText:
    """A number a text, of all seeds, and of all but each one.

    Attributes
    ----------
    values : ndarray, shape (n_texts,)
    without : ndarray, shape (n_seeds, n_texts)
    """

    values: np.ndarray
    without: np.ndarray


def of_pairs(matrices: np.ndarray) -> ByText:
    """Return the mean over pairs of different seeds, given shape (n_texts, n_seeds, n_seeds)."""
    n_seeds = matrices.shape[1]
    total = matrices.sum(axis=(1, 2))
    own = np.diagonal(matrices, axis1=1, axis2=2)
    # Row and column of a seed; what stands on the diagonal is no pair.
    of_seed = matrices.sum(axis=1) + matrices.sum(axis=2) - own
    pairs = total - own.sum(axis=1)
    left = pairs[:, None] - (of_seed - own)
    return ByText(
        values=pairs / (n_seeds * (n_seeds - 1)),
        without=(left / ((n_seeds - 1) * max(n_seeds - 2, 1))).T,
    )


def of_seeds(values: np.ndarray) -> ByText:
    """Return the mean over seeds, given shape (n_seeds, n_texts)."""
    return ByText(values=values.mean(axis=0), without=_without(values, lambda v: v.mean(axis=0)))


def of_spread(values: np.ndarray) -> ByText:
    """Return the standard deviation over seeds (n − 1), given shape (n_seeds, n_texts)."""
    return ByText(
        values=values.std(axis=0, ddof=1), without=_without(values, lambda v: v.std(axis=0, ddof=1))
    )


def _without(values: np.ndarray, what: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    return np.array([what(np.delete(values, seed, axis=0)) for seed in range(len(values))])


Mean = Callable[[ByText], Any]
Reference = Sequence[tuple[ByText, float]]  # with weights that add up to 1


def ratio(found: ByText, reference: Reference, *, n_bootstrap: int = 2000) -> Interval:
    """Return the mean over texts as a ratio to that of the reference, same texts and seeds.

    A reference of several lies between their means, and how it bends there is not known: the
    weighted mean of the means and that of their logarithms are both taken. The value is half way
    between the two ratios (geometrically), and the interval holds those of both.

    Notes
    -----
    The variance of the logarithm is that over bootstrap draws of texts plus that of the jackknife
    over seeds, (K − 1)/K Σ(θ₍ₖ₎ − θ̄)²; the ends lie Student's t of K − 1 degrees of freedom away.
    What both have in common is counted twice, so that intervals are wide rather than narrow.
    """
    if not all(own.values.mean() > 0 for own in (found, *(one for one, _ in reference))):
        return Interval(value=np.nan, low=np.nan, high=np.nan)
    straight = _ends(found, lambda mean: np.log(_mixed(reference, mean)), np.log, n_bootstrap)
    bent = _ends(
        found, lambda mean: _mixed(reference, lambda own: np.log(mean(own))), np.log, n_bootstrap
    )
    return Interval(
        value=float(np.exp((straight[0] + bent[0]) / 2)),
        low=float(np.exp(min(value - half for value, half in (straight, bent)))),
        high=float(np.exp(max(value + half for value, half in (straight, bent)))),
    )


def difference(found: ByText, reference: Reference, *, n_bootstrap: int = 2000) -> Interval:
    """Return the mean over texts less that of the reference; as `ratio`, without logarithms."""
    value, half = _ends(found, lambda mean: _mixed(reference, mean), np.asarray, n_bootstrap)
    return Interval(value=value, low=value - half, high=value + half)


def _mixed(reference: Reference, mean: Mean) -> np.ndarray:
    return np.asarray(sum(share * mean(own) for own, share in reference))


def _ends(
    found: ByText,
    of_reference: Callable[[Mean], np.ndarray],
    scale: Callable[[Any], np.ndarray],
    n_bootstrap: int,
) -> tuple[float, float]:
    n_texts, n_seeds = len(found.values), len(found.without)

    def compare(mean: Mean) -> np.ndarray:
        return np.asarray(scale(mean(found)) - of_reference(mean))

    value = float(compare(lambda own: own.values.mean()))
    weights = drawn_again(n_texts, n_bootstrap) / n_texts
    drawn = compare(lambda own: weights @ own.values)
    left = compare(lambda own: own.without.mean(axis=1))
    variance = drawn.var() + (n_seeds - 1) / n_seeds * ((left - left.mean()) ** 2).sum()
    return value, float(student.ppf(0.975, n_seeds - 1) * np.sqrt(variance))
