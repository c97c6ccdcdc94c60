"""P-values of many tests, adjusted so that one level holds for all of them together."""

from __future__ import annotations

from typing import Literal

import numpy as np

from xaigeo.options import check_option

Correction = Literal["none", "holm", "benjamini_hochberg"]


def adjusted(p_values: np.ndarray, correction: Correction) -> np.ndarray:
    """Return adjusted p-values: those at most at the level are rejected.

    Parameters
    ----------
    p_values : ndarray, shape (..., n_tests)
        The tests of the last axis are taken together.
    correction : {"none", "holm", "benjamini_hochberg"}
        ``"holm"`` (1979, jstor.org/stable/4615733): one false rejection or more among all tests
        has at most the probability of the level, whatever the tests have to do with each
        other. ``"benjamini_hochberg"`` (1995, doi:10.1111/j.2517-6161.1995.tb02031.x): of the
        rejections, on average at most the level's share are false, if the tests are independent
        or positively dependent.

    Examples
    --------
    >>> adjusted(np.array([0.01, 0.04, 0.03]), "holm").tolist()
    [0.03, 0.06, 0.06]
    """
    check_option("correction", correction, Correction)
    if correction == "none":
        return p_values
    n_tests = p_values.shape[-1]
    order = np.argsort(p_values, axis=-1)
    rising = np.take_along_axis(p_values, order, axis=-1)
    rank = np.arange(n_tests)
    if correction == "holm":
        made = np.maximum.accumulate(rising * (n_tests - rank), axis=-1)
    else:
        scaled = rising * n_tests / (rank + 1)
        made = np.minimum.accumulate(scaled[..., ::-1], axis=-1)[..., ::-1]
    answer = np.empty_like(rising)
    np.put_along_axis(answer, order, np.minimum(made, 1.0), axis=-1)
    return answer


def strictest_level(level: float, correction: Correction, n_tests: int, n_rejected: int) -> float:
    """Return the level that one test of the smallest p-value must reach to be rejected.

    Parameters
    ----------
    level : float
    correction : {"none", "holm", "benjamini_hochberg"}
    n_tests : int
    n_rejected : int
        How many tests at most have that p-value; Benjamini and Hochberg's level grows with it.
    """
    check_option("correction", correction, Correction)
    if correction == "none":
        return level
    return level / n_tests * (1 if correction == "holm" else n_rejected)
