"""How far scores of agreement change from one ensemble to another, from their bins."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import norm

from xaigeo.errors import InputError

COLUMNS = ("score", "low", "high", "n_rows", "n_defined", "value", "value_low", "value_high")


def score_change(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Return the change of each score's mean over rows between two tables of bins.

    Parameters
    ----------
    before, after : DataFrame
        Of `xaigeo.agreement.score_bins`, for two ensembles.

    Returns
    -------
    DataFrame
        One row per score that both have: `score`; `before` and `after`, the means over all rows
        on which it is defined; `change`, their difference, with its 95 % interval `low`, `high`
        (NaN where no bin has an interval); `share`, the change as a share of `before`.

    Raises
    ------
    InputError
        For other tables, or two without a common score.

    Notes
    -----
    The mean over rows is that of the bins, weighted by their rows; its variance is the sum of the
    bins' variances by the squares of these weights. A bin's standard error is its interval's length
    over 2·1.96; a bin of one row has none, and takes the mean variance of a row in the others. The
    two ensembles are taken for independent. Of the same rows they seldom are: a row on which the
    seeds of one differ is hard for the other too, and the interval is then wider than it need be.
    """
    tables = {name: _checked(table, name) for name, table in (("before", before), ("after", after))}
    common = [s for s in dict.fromkeys(before["score"]) if s in set(after["score"])]
    if not common:
        raise InputError(
            expected="two tables of bins with a common score",
            arrived=f"{', '.join(map(str, before['score'].unique()))} and "
            f"{', '.join(map(str, after['score'].unique()))}",
            do="Make both with the same scores.",
        )
    rows = []
    for score in common:
        (mean, variance), (then, varied) = (
            _mean(table[table["score"] == score]) for table in tables.values()
        )
        half = float(norm.ppf(0.975)) * np.sqrt(variance + varied)
        change = then - mean
        rows.append(
            {
                "score": score,
                "before": mean,
                "after": then,
                "change": change,
                "low": change - half,
                "high": change + half,
                "share": change / mean if mean else np.nan,
            }
        )
    return pd.DataFrame(rows)


def check_score_bins(table: object, name: str = "bins") -> None:
    """Raise unless a table of `xaigeo.agreement.score_bins` is given.

    Raises
    ------
    InputError
        For anything else.
    """
    if not isinstance(table, pd.DataFrame) or not set(COLUMNS) <= set(table.columns):
        columns = (
            f" of the columns {', '.join(map(str, table.columns))}"
            if hasattr(table, "columns")
            else ""
        )
        raise InputError(
            expected=f"{name} as xaigeo.agreement.score_bins returns them",
            arrived=f"{type(table).__name__}{columns}",
            do="Pass xaigeo.agreement.score_bins(explanation).",
        )
    if not len(table):
        raise InputError(
            expected=f"{name} with at least one row",
            arrived="an empty table",
            do="Pass xaigeo.agreement.score_bins(explanation).",
        )


def _checked(table: pd.DataFrame, name: str) -> pd.DataFrame:
    check_score_bins(table, name)
    return table


def _mean(bins: pd.DataFrame) -> tuple[float, float]:
    """Return the mean over the rows of all bins, and its variance."""
    bins = bins[bins["n_defined"] > 0]
    n = bins["n_defined"].to_numpy(dtype=float)
    if not len(n):
        return np.nan, np.nan
    weights = n / n.sum()
    length = (bins["value_high"] - bins["value_low"]).to_numpy(dtype=float)
    of_row = n * (length / (2 * norm.ppf(0.975))) ** 2
    known = np.isfinite(of_row)
    pooled = np.average(of_row[known], weights=n[known]) if known.any() else np.nan
    variance = np.where(known, of_row, pooled) / n
    return float(weights @ bins["value"].to_numpy()), float(weights**2 @ variance)
