"""Bootstrap intervals of statistics that resampling inflates."""

from __future__ import annotations

import numpy as np
from scipy.stats import norm


def corrected_interval(
    value: np.ndarray, draws: np.ndarray, level: float = 0.95
) -> tuple[np.ndarray, np.ndarray]:
    """Return bootstrap intervals of values that draws on average miss.

    Parameters
    ----------
    value : ndarray, shape (n,)
    draws : ndarray, shape (n_draws, n)
    level : float

    Notes
    -----
    Efron's bias-corrected percentile interval (1981, doi:10.2307/3314608): what is made of a
    maximum or of absolute values, such as α̂ and the calibration error, is larger on rows drawn
    again. With z₀ the normal quantile of the share of draws below the value (draws that equal it
    count half), the ends are the quantiles Φ(2z₀ ± z). How often
    they hold the truth is measured by ``scripts/alpha_hat_checks.py``.
    """
    equal = np.isclose(draws, value, rtol=1e-10, atol=1e-12)  # but for the last bits of a sum
    below = ((draws < value) & ~equal).mean(axis=0) + equal.mean(axis=0) / 2
    n_draws = len(draws)
    shift = 2 * norm.ppf(np.clip(below, 0.5 / n_draws, 1 - 0.5 / n_draws))
    half = norm.ppf((1 + level) / 2)
    ends = [
        [np.quantile(own, share) for own, share in zip(draws.T, norm.cdf(shift + z), strict=True)]
        for z in (-half, half)
    ]
    return np.array(ends[0]), np.array(ends[1])
