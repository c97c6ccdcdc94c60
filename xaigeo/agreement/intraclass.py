"""Intraclass correlation: how much of the variance is not due to the seed.

Seeds are the raters and features the targets. Forms, names and intervals after Shrout and
Fleiss (1979, doi:10.1037/0033-2909.86.2.420) and McGraw and Wong (1996,
doi:10.1037/1082-989X.1.1.30).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.stats import f as f_distribution

from xaigeo.options import check_option

Form = Literal["agreement", "consistency"]


@dataclass(frozen=True, eq=False)
class MeanSquares:
    """Mean squares of a two-way table without replication, each of shape (...).

    Attributes
    ----------
    targets, raters, error : ndarray
        MSR, MSC and MSE.
    n_targets, n_raters : int
    """

    targets: np.ndarray
    raters: np.ndarray
    error: np.ndarray
    n_targets: int
    n_raters: int

    @classmethod
    def of(cls, values: np.ndarray) -> MeanSquares:
        """Return the mean squares of ratings, shape (n_raters, ..., n_targets)."""
        k, n = values.shape[0], values.shape[-1]
        grand = values.mean(axis=(0, -1), keepdims=True)
        by_target = values.mean(axis=0, keepdims=True)
        by_rater = values.mean(axis=-1, keepdims=True)
        rest = values - by_target - by_rater + grand
        with np.errstate(divide="ignore", invalid="ignore"):
            return cls(
                targets=k * ((by_target - grand) ** 2).sum(axis=(0, -1)) / np.float64(n - 1),
                raters=n * ((by_rater - grand) ** 2).sum(axis=(0, -1)) / np.float64(k - 1),
                error=(rest**2).sum(axis=(0, -1)) / np.float64((n - 1) * (k - 1)),
                n_targets=n,
                n_raters=k,
            )


def icc(values: np.ndarray, form: Form = "agreement") -> np.ndarray:
    """Intraclass correlation of single ratings.

    Parameters
    ----------
    values : ndarray, shape (n_seeds, ..., n_features)
    form : {"agreement", "consistency"}
        ICC(2,1), for which a seed that is larger throughout disagrees, or ICC(3,1), for
        which it does not.

    Returns
    -------
    ndarray, shape (...)
        1 for equal ratings, 0 (on average) for unrelated ones; NaN where nothing varies.

    Notes
    -----
    ICC(2,1) = (MSR − MSE) / (MSR + (k − 1) MSE + k (MSC − MSE)/n),
    ICC(3,1) = (MSR − MSE) / (MSR + (k − 1) MSE).
    ICC(3,1) lies from −1/(k − 1) to 1. ICC(2,1) may fall below −1 where there are few targets
    and raters, down to −1/((k − 1) − k/n): −3 for two seeds and three features.
    """
    check_option("form", form, Form)
    # A table that does not vary leaves rounding noise in its mean squares, not zeros.
    varies = values.max(axis=(0, -1)) > values.min(axis=(0, -1))
    return np.where(varies, icc_of(MeanSquares.of(values), form), np.nan)


def icc_of(ms: MeanSquares, form: Form) -> np.ndarray:
    """Return the intraclass correlation from mean squares."""
    k, n = ms.n_raters, ms.n_targets
    below = ms.targets + (k - 1) * ms.error
    if form == "agreement":
        below = below + k * (ms.raters - ms.error) / n
    above = ms.targets - ms.error
    defined = np.isfinite(below) & (np.abs(below) > 0)
    return np.where(defined, above / np.where(defined, below, 1.0), np.nan)


def icc_interval(
    values: np.ndarray, form: Form = "agreement", *, level: float = 0.95
) -> tuple[np.ndarray, np.ndarray]:
    """Return the confidence interval of `icc` from the F distribution, each shape (...).

    It takes the targets as independent; for attributions of several instances the bootstrap
    over instances (`xaigeo.agreement.summary`) is the one to report.
    """
    check_option("form", form, Form)
    ms = MeanSquares.of(values)
    k, n = ms.n_raters, ms.n_targets
    tail = 1 - (1 - level) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = ms.targets / ms.error
        if form == "consistency":
            df1, df2 = n - 1, (n - 1) * (k - 1)
            low = ratio / f_distribution.ppf(tail, df1, df2)
            high = ratio * f_distribution.ppf(tail, df2, df1)
            return (low - 1) / (low + k - 1), (high - 1) / (high + k - 1)
        rho = icc_of(ms, form)
        # Satterthwaite's degrees of freedom, McGraw and Wong (1996), table 7, case 2.
        a = k * rho / (n * (1 - rho))
        b = 1 + k * rho * (n - 1) / (n * (1 - rho))
        v = (a * ms.raters + b * ms.error) ** 2 / (
            (a * ms.raters) ** 2 / (k - 1) + (b * ms.error) ** 2 / ((n - 1) * (k - 1))
        )
        mix = k * ms.raters + (k * n - k - n) * ms.error
        lower_f = f_distribution.ppf(tail, n - 1, v)
        upper_f = f_distribution.ppf(tail, v, n - 1)
        low = n * (ms.targets - lower_f * ms.error) / (lower_f * mix + n * ms.targets)
        high = n * (upper_f * ms.targets - ms.error) / (mix + n * upper_f * ms.targets)
    return np.asarray(low), np.asarray(high)


def pooled_icc(values: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """Intraclass correlation of all (instance, feature) cells as targets, ICC(2,1).

    Parameters
    ----------
    values : ndarray, shape (n_seeds, n_instances, n_features)
    weights : ndarray, shape (n_draws, n_instances), optional
        How often each instance counts, one row a bootstrap draw; once by default.

    Returns
    -------
    ndarray, shape (n_draws,)
    """
    if weights is None:
        weights = np.ones((1, values.shape[1]))
    return pooled_icc_of(weights @ pooled_icc_terms(values, float(values.mean())))


def pooled_icc_terms(values: np.ndarray, centre: float) -> np.ndarray:
    """Return what each instance adds to the sums that `pooled_icc_of` needs.

    Parameters
    ----------
    values : ndarray, shape (n_seeds, n_instances, n_features)
    centre : float
        A number near the mean. Taking it off changes no mean square and keeps the sums of
        squares from cancelling.

    Returns
    -------
    ndarray, shape (n_instances, 3 + n_seeds)
        The number of cells, the sum of squares, the sum of the cells' squared sums, and the
        sum of each seed.
    """
    centred = values - centre
    cells = centred.sum(axis=0)
    return np.column_stack(
        [
            np.full(values.shape[1], float(values.shape[2])),
            (centred**2).sum(axis=(0, 2)),
            (cells**2).sum(axis=-1),
            centred.sum(axis=-1).T,
        ]
    )


def pooled_icc_of(sums: np.ndarray) -> np.ndarray:
    """Return the pooled correlation from weighted sums of terms, (n_draws, 3 + n_seeds)."""
    n_cells, squares, by_rater = sums[:, 0], sums[:, 1], sums[:, 3:]
    n_raters = by_rater.shape[1]
    between_cells = sums[:, 2] / n_raters
    correction = by_rater.sum(axis=1) ** 2 / (n_cells * n_raters)
    targets = between_cells - correction
    raters = (by_rater**2).sum(axis=1) / n_cells - correction
    error = np.maximum(squares - between_cells - raters, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        msr = targets / (n_cells - 1)
        msc = raters / (n_raters - 1)
        mse = error / ((n_cells - 1) * (n_raters - 1))
        below = msr + (n_raters - 1) * mse + n_raters * (msc - mse) / n_cells
        return np.where(below > 0, (msr - mse) / np.where(below > 0, below, 1.0), np.nan)
