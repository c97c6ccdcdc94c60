"""Which of several values stand out above the rest."""

from __future__ import annotations

import numpy as np
from scipy.stats import t as t_distribution


def outlying(values: np.ndarray, *, level: float = 0.05, n_most: int | None = None) -> np.ndarray:
    """Return which values lie above the others, shape (n,) of bool.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Finite. Of fewer than three none can be told to be the odd one.
    level : float
        Chance, at most, that any of n normal values is named.
    n_most : int, optional
        How many may be named: a quarter of the values, and at least one, unless told.

    Notes
    -----
    The generalised extreme studentised deviate test (Rosner 1983, doi:10.2307/1268549), one-sided:
    with R_i = (max − mean)/sd of what is left after i − 1 values were taken away, those up to the
    last i with R_i > λ_i are named, so that two outliers do not hide each other. With one value
    that may be named it is Grubbs' test. As several R_i can exceed their λ_i by chance, each is
    tested at level/n_most; the published test, whose level is kept from about 25 values on, takes
    the whole level for each.

    The level is that of normal values. Logarithms of median distances between models are none: at
    a level of 5 % some seed of one kind was named in 2 % to 22 % of ensembles of 5 to 20 networks
    (``docs/alpha_hat_checks.md``).
    """
    named = np.zeros(len(values), dtype=bool)
    if len(values) < 3:
        return named
    n_most = max(1, len(values) // 4) if n_most is None else n_most
    order = np.argsort(-values, kind="stable")
    n_named = 0
    for i in range(n_most):
        left = values[order[i:]]
        sd = left.std(ddof=1)
        if sd > 0 and (left[0] - left.mean()) / sd > _critical(len(left), level / n_most):
            n_named = i + 1
    named[order[:n_named]] = True
    return named


def beyond(values: np.ndarray, others: np.ndarray, *, level: float = 0.05) -> np.ndarray:
    """Return which values lie above what others of one kind lead to expect, shape (n,) of bool.

    Parameters
    ----------
    values : ndarray, shape (n,)
    others : ndarray, shape (n_others,)
        At least two.
    level : float
        Chance that any of n further normal values of that kind is named.

    Notes
    -----
    The one-sided prediction bound mean + t·sd·√(1 + 1/n_others), at level/n for each.
    """
    n = len(others)
    t = t_distribution.ppf(1 - level / len(values), n - 1)
    bound = others.mean() + t * others.std(ddof=1) * np.sqrt(1 + 1 / n)
    return np.asarray(values > bound)


def _critical(n: int, level: float) -> float:
    """Return what the largest of n studentised deviations exceeds with chance `level`."""
    t = t_distribution.ppf(1 - level / n, n - 2)
    return float(t * (n - 1) / np.sqrt((n - 2 + t**2) * n))
