"""How far a mean over rows changes from one ensemble to another, with an interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xaigeo.agreement.bootstrap import resampling_weights
from xaigeo.errors import InputError
from xaigeo.options import check_count, check_flag


@dataclass(frozen=True)
class MeanChange:
    """A mean before and after, and the interval of the difference.

    Attributes
    ----------
    before, after : float
    low, high : float
        95 % interval of ``after - before``, over rows; NaN for fewer than two rows.
    """

    before: float
    after: float
    low: float
    high: float

    @property
    def change(self) -> float:
        """``after - before``."""
        return self.after - self.before

    @property
    def share(self) -> float:
        """The change as a share of `before`; NaN where that is 0."""
        return self.change / self.before if self.before else float("nan")

    @property
    def clear(self) -> bool:
        """Whether the interval leaves out 0."""
        return bool(self.low > 0 or self.high < 0)


def mean_change(
    before: np.ndarray,
    after: np.ndarray,
    *,
    paired: bool,
    n_bootstrap: int = 2000,
    random_state: int = 0,
) -> MeanChange:
    """Return the change of a mean over rows, with its bootstrap interval.

    Parameters
    ----------
    before, after : ndarray, shape (n_rows,)
        A number of every row. Rows without one (NaN) are left out, of paired ones in both.
    paired : bool
        Whether both are of the same rows, in one order; rows are then drawn together.
    n_bootstrap : int
        Draws of rows.
    random_state : int

    Raises
    ------
    InputError
        For paired numbers of different length, or none at all.

    Notes
    -----
    The percentile bootstrap over rows, the models taken as they are: what other seeds would change
    it does not tell.
    """
    check_flag("paired", paired)
    check_count("n_bootstrap", n_bootstrap)
    check_count("random_state", random_state, at_least=0)
    before, after = np.asarray(before, dtype=float), np.asarray(after, dtype=float)
    if paired and len(before) != len(after):
        raise InputError(
            expected="as many rows before as after",
            arrived=f"{len(before)} and {len(after)}",
            do="Pass the same rows, or paired=False.",
        )
    known = [np.isfinite(values) for values in (before, after)]
    if paired:
        known = [known[0] & known[1]] * 2
    before, after = before[known[0]], after[known[1]]
    if not len(before) or not len(after):
        raise InputError(
            expected="at least one row with a number before and after",
            arrived="none",
            do="Compare ensembles on rows on which the numbers are defined.",
        )
    low = high = float("nan")
    if min(len(before), len(after)) > 1:
        rng = np.random.default_rng(random_state)
        first = resampling_weights(len(before), n_bootstrap, rng)
        second = first if paired else resampling_weights(len(after), n_bootstrap, rng)
        drawn = second @ after / len(after) - first @ before / len(before)
        low, high = (float(end) for end in np.quantile(drawn, [0.025, 0.975]))
    return MeanChange(float(before.mean()), float(after.mean()), low, high)
