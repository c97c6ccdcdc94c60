"""Shares of variance in a crossed design, with intervals over instances and over levels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

from xaigeo.agreement.bootstrap import resampling_weights
from xaigeo.agreement.variance_components import (
    Term,
    squared_expectation,
    terms,
    variance_components,
)

# A share this small is rounding of the mean squares that cancel in it.
SHARE_ZERO = 1e-12
# Variance this small beside the mean square of the attributions is rounding.
NUMERICAL_ZERO = 1e-18
LEVEL = 0.95
# From estimates, and whether what is below 0 is put to 0, to shares of shape (n_numbers, n_draws).
Share = Callable[[np.ndarray, bool], np.ndarray]


@dataclass(frozen=True, eq=False)
class Estimate:
    """Numbers with their intervals, each of shape (n_numbers,).

    Attributes
    ----------
    value : ndarray
    low, high : ndarray
        95 % bootstrap interval over instances, the runs held.
    level_low, level_high : ndarray
        95 % interval over levels of the factors and instances; NaN where a factor has two levels
        only, of which none can be left out.
    """

    value: np.ndarray
    low: np.ndarray
    high: np.ndarray
    level_low: np.ndarray
    level_high: np.ndarray


class CrossedShares:
    """The variance components of attributions, by instance, and shares made of them.

    Parameters
    ----------
    values : ndarray, shape (*levels, n_instances, n_features)
        As scaled.
    fixed : sequence of int
        Axes of factors whose levels are no sample, which no interval leaves out.
    n_bootstrap : int
    random_state : int

    Notes
    -----
    Components are estimated for each cell, an instance and a feature, and averaged over features.

    *Over levels*: the shares are recomputed without each level of each random factor in turn. The
    jackknife variance of a factor of n levels is (n − 1)/n times the sum of squared deviations of
    its n answers; those of all random factors and the bootstrap variance over instances are added,
    and a t interval is put about the share with the Satterthwaite degrees of freedom of that sum.
    An interval from a χ² distribution of the mean squares would take a single number to be
    decomposed; here many cells are, which share their levels, and the jackknife sees by itself how
    far their errors cancel. It errs on the safe side: a jackknife variance is biased upwards
    (Efron and Stein 1981, doi:10.1214/aos/1176345462), and what interactions make is counted for
    every factor in them. Simulated experiments of five levels a factor with known components
    (``tests/agreement/test_crossed_shares.py``) hold the true share in at least nine of ten.
    """

    def __init__(
        self,
        values: np.ndarray,
        *,
        fixed: Sequence[int] = (),
        n_bootstrap: int = 1000,
        random_state: int = 0,
    ) -> None:
        self._values = values
        self._n_factors = values.ndim - 2
        self._random = [f for f in range(self._n_factors) if f not in fixed]
        self._whole = _Instances(values)
        n_instances = values.shape[-2]
        self._once = np.full((1, n_instances), 1.0)
        rng = np.random.default_rng(random_state)
        self._weights = resampling_weights(n_instances, n_bootstrap if n_instances > 1 else 0, rng)
        self._drawn = self._whole.estimates(self._weights)
        self._left_out = {
            f: [
                _Instances(np.delete(values, place, axis=f)).estimates(self._once)
                for place in range(values.shape[f])
            ]
            for f in self._random
            if min(values.shape[g] for g in self._random) > 2
        }

    @property
    def terms(self) -> list[Term]:
        """The terms of the model by axes, in the order of `components`."""
        return self._whole.terms

    @property
    def components(self) -> np.ndarray:
        """Mean variance of a cell by term, shape (n_terms,); below 0 at times."""
        return self._whole.estimates(self._once)[:-1, 0]

    @property
    def signal(self) -> float:
        """Variance between cells of what is expected there; below 0 at times."""
        return float(self._whole.estimates(self._once)[-1, 0])

    @property
    def total(self) -> float:
        """Variance of one cell between runs that differ in everything."""
        return float(self.components.sum())

    def shares(self, groups: Sequence[Sequence[Term]], *, exclusive: bool = True) -> Estimate:
        """Return the share of the variance that groups of terms make.

        Parameters
        ----------
        groups : sequence of sequences of terms
        exclusive : bool
            Whether the groups divide the whole among them: their sums are then put to 0 where they
            are negative, and the shares add up to 1. Otherwise each is its sum over the whole.
        """
        matrix = np.array([[term in group for term in self.terms] for group in groups], dtype=float)
        matrix = matrix.reshape(len(groups), len(self.terms))

        def of(estimates: np.ndarray, cut: bool) -> np.ndarray:
            components = estimates[:-1]
            parts, total = matrix @ components, components.sum(axis=0)
            if cut:
                parts = np.maximum(parts, 0.0)
                total = parts.sum(axis=0)
            return _ratio(parts, total)

        return self._interval(of, cut=exclusive)

    def signal_share(self) -> Estimate:
        """Return the share of the signal in signal and disagreement, shape (1,)."""

        def of(estimates: np.ndarray, cut: bool) -> np.ndarray:
            signal, total = estimates[-1:], estimates[:-1].sum(axis=0)
            if cut:
                signal, total = np.maximum(signal, 0.0), np.maximum(total, 0.0)
            return _ratio(signal, signal[0] + total)

        return self._interval(of, cut=True)

    def _interval(self, of: Share, *, cut: bool) -> Estimate:
        whole = self._whole.estimates(self._once)
        value, centre = of(whole, cut)[:, 0], of(whole, False)[:, 0]
        nothing = np.full(len(value), np.nan)
        level_low = level_high = nothing
        low, high = _percentiles(of(self._drawn, cut))
        if self._left_out:
            variances = [
                _jackknife_variance(np.stack([of(one, False)[:, 0] for one in answers]))
                for answers in self._left_out.values()
            ]
            freedom = [len(answers) - 1.0 for answers in self._left_out.values()]
            if len(self._weights):
                variances.append(_variances(of(self._drawn, False)))
                freedom.append(self._values.shape[-2] - 1.0)
            reach = _reach(np.stack(variances), np.array(freedom))
            level_low = np.clip(centre - reach, 0.0, 1.0)
            level_high = np.clip(centre + reach, 0.0, 1.0)
        ends = (value, low, high, level_low, level_high)
        return Estimate(*(np.where(np.abs(end) < SHARE_ZERO, 0.0, end) for end in ends))


class _Instances:
    """What each instance adds to components and signal."""

    def __init__(self, values: np.ndarray) -> None:
        n = values.ndim - 2
        self.terms = terms(n)
        self._n_factors = n
        found = variance_components(values, n)
        # (n_terms, n_instances)
        self._components = np.stack([found[term].mean(axis=-1) for term in self.terms])
        self._squares = squared_expectation(values, found, n).mean(axis=-1)
        self._size = np.square(values).mean(axis=(*range(n), -1))
        self._run_means = values.mean(axis=-1)  # (*levels, n_instances)

    def estimates(self, weights: np.ndarray) -> np.ndarray:
        """Return components and, last, the signal under weights; shape (n_terms + 1, n_draws).

        `weights` says how often each instance counts, shape (n_draws, n_instances).
        """
        if not len(weights):
            return np.empty((len(self.terms) + 1, 0))
        share = weights / weights.sum(axis=1, keepdims=True)
        components = self._components @ share.T
        varies = components.sum(axis=0) > NUMERICAL_ZERO * (share @ self._size)
        components = np.where(varies, components, 0.0)
        means = self._run_means @ share.T
        centre = squared_expectation(
            means, variance_components(means, self._n_factors), self._n_factors
        )
        return np.vstack([components, share @ self._squares - centre])


def _ratio(parts: np.ndarray, total: np.ndarray) -> np.ndarray:
    """Return parts over a total, NaN where there is none."""
    return np.where(total > 0, parts / np.where(total > 0, total, 1.0), np.nan)


def _percentiles(draws: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the ends of the interval of each number, draws of shape (n_numbers, n_draws)."""
    defined = [row[np.isfinite(row)] for row in draws]
    ends = [(1 - LEVEL) / 2, (1 + LEVEL) / 2]
    nothing = np.full(2, np.nan)
    pairs = np.array([np.quantile(row, ends) if len(row) else nothing for row in defined])
    low, high = pairs.reshape(-1, 2).T
    return low, high


def _variances(draws: np.ndarray) -> np.ndarray:
    defined = [row[np.isfinite(row)] for row in draws]
    return np.array([row.var() if len(row) else np.nan for row in defined])


def _jackknife_variance(answers: np.ndarray) -> np.ndarray:
    """Return the jackknife variance of answers without each level, shape (n_levels, n_numbers)."""
    n = len(answers)
    return np.asarray((n - 1) / n * np.square(answers - answers.mean(axis=0)).sum(axis=0))


def _reach(variances: np.ndarray, freedom: np.ndarray) -> np.ndarray:
    """Return half the t interval of a sum of variances, shape (n_parts, n_numbers)."""
    total = variances.sum(axis=0)
    spread = (np.square(variances) / freedom[:, None]).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        df = np.where(spread > 0, np.square(total) / spread, 1.0)
    return np.asarray(student.ppf((1 + LEVEL) / 2, df) * np.sqrt(total))
