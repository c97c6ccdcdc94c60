"""How often planted inputs are noticed, and how often rows of the data are by mistake."""

from __future__ import annotations

import numpy as np
import pandas as pd

from xaigeo.checks.check import WAY, Check
from xaigeo.errors import InputError

FALSE_ALARM = "false alarm"


def off_support_rates(check: Check, *, level: float = 0.95) -> pd.DataFrame:
    """Return the recall of every way of planting and the rate of false alarms.

    Parameters
    ----------
    check : Check
        Of the kind "off_support".
    level : float
        Of the intervals.

    Returns
    -------
    DataFrame
        Columns `way` (the last is "false alarm"), `n_flagged`, `n`, `rate`, and `low` and
        `high`, the exact interval of Clopper and Pearson (1934, doi:10.1093/biomet/26.4.404).
    """
    if check.kind != "off_support":
        raise InputError(
            expected="a check of off_support",
            arrived=f"a check of {check.kind}",
            do="Make one with xaigeo.faithfulness.off_support.",
        )
    if not 0 < level < 1:
        raise InputError(
            expected="level between 0 and 1", arrived=repr(level), do="Pass for example 0.95."
        )
    flags = [*check.array("flagged"), check.array("false_alarm")]
    hits = np.array([int(np.sum(flag)) for flag in flags])
    n = np.array([len(flag) for flag in flags])
    low, high = share_interval(hits, n, level)
    return pd.DataFrame(
        {
            "way": [*map(str, check.data[WAY].to_numpy()), FALSE_ALARM],
            "n_flagged": hits,
            "n": n,
            "rate": hits / n,
            "low": low,
            "high": high,
        }
    )


def share_interval(
    hits: np.ndarray, n: np.ndarray | int, level: float = 0.95
) -> tuple[np.ndarray, np.ndarray]:
    """Return the exact two-sided interval of shares, after Clopper and Pearson.

    Parameters
    ----------
    hits, n : ndarray, or int for `n`
        Hits among so many; a hit may count in part, which makes the interval wider than it need
        be.
    level : float

    Returns
    -------
    low, high : ndarray
        The (1 - level) / 2 quantile of Beta(hits, n - hits + 1) and the (1 + level) / 2 quantile
        of Beta(hits + 1, n - hits); 0 without a hit and 1 without a miss.

    Examples
    --------
    >>> low, high = share_interval(np.array([5]), np.array([10]))
    >>> float(low[0].round(3)), float(high[0].round(3))
    (0.187, 0.813)
    """
    from scipy.stats import beta

    hits, n = np.asarray(hits), np.asarray(n)
    tail = (1.0 - level) / 2.0
    # The quantiles of the ends are not defined: there the bounds are exact.
    low = beta.ppf(tail, np.where(hits > 0, hits, 1), n - hits + 1)
    high = beta.ppf(1.0 - tail, hits + 1, np.where(hits < n, n - hits, 1))
    return np.where(hits > 0, low, 0.0), np.where(hits < n, high, 1.0)
