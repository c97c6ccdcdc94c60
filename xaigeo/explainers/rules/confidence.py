"""How sure a share of hits among samples is: exact binomial bounds."""

from __future__ import annotations

import numpy as np


def share_lower_bound(hits: np.ndarray, n_samples: np.ndarray | int, delta: float) -> np.ndarray:
    """Return the one-sided lower confidence bound of a share, after Clopper and Pearson.

    Parameters
    ----------
    hits : ndarray of int
        Samples that hit.
    n_samples : ndarray of int or int
        Samples drawn.
    delta : float
        The bound exceeds the true share with a probability of at most `delta`.

    Returns
    -------
    ndarray, the shape of `hits`
        0 where nothing hit or nothing was drawn.

    Notes
    -----
    The bound is the `delta` quantile of Beta(hits, n_samples - hits + 1); it is exact, so it
    holds for every sample size (doi:10.1093/biomet/26.4.404).

    Examples
    --------
    >>> float(share_lower_bound(np.array(100), 100, 0.05).round(4))  # 0.05 ** (1 / 100)
    0.9705
    """
    from scipy.stats import beta

    hits, n_samples = np.broadcast_arrays(np.asarray(hits), np.asarray(n_samples))
    some = hits > 0
    bound = beta.ppf(delta, np.where(some, hits, 1), np.where(some, n_samples - hits + 1, 1))
    return np.asarray(np.where(some, bound, 0.0))


def allowed_misses(n_max: int, threshold: float, delta: float) -> np.ndarray:
    """Return the most misses among n samples that leave the lower bound at the threshold.

    Parameters
    ----------
    n_max : int
    threshold : float
        The share that `share_lower_bound` should reach.
    delta : float

    Returns
    -------
    ndarray of int, shape (n_max + 1,)
        Entry n is for n samples; -1 where even no miss at all leaves the bound too low.

    Notes
    -----
    The bound reaches the threshold exactly when P(misses <= m) <= delta for a binomial count
    of misses at the rate 1 - threshold, so one table answers for every rule of a search.
    """
    from scipy.stats import binom

    n = np.arange(n_max + 1)
    most = binom.ppf(delta, n, 1.0 - threshold)
    too_many = binom.cdf(most, n, 1.0 - threshold) > delta
    return np.asarray(np.where(too_many, most - 1, most), dtype=np.int64)


def passing_share(n_samples: int, threshold: float, delta: float) -> float:
    """Return the precision with which a rule passes its measurement four times in five.

    Parameters
    ----------
    n_samples : int
        Of the measurement.
    threshold, delta : float
        As `allowed_misses` takes them.
    """
    from scipy.stats import beta

    most = int(allowed_misses(n_samples, threshold, delta)[n_samples])
    return float(1.0 - beta.ppf(0.2, most + 1, n_samples - most))
