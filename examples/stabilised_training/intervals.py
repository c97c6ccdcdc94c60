"""Intervals that the three pages share: means, paired differences and ratios of spreads.

Rows and seeds are grouped by split of the data. Whatever is compared was measured on the same
rows, or trained from the same seeds, and is drawn again together.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.stats import t as student

from xaigeo.agreement.bootstrap import resampling_weights

BySplit = Sequence[np.ndarray]  # one array a split, a value a row or a seed


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A value with its 95 % interval; ends are NaN where they cannot be told."""

    value: float
    low: float
    high: float

    def excludes(self, number: float = 0.0) -> bool:
        return self.side(number) != 0

    def side(self, number: float = 0.0) -> int:
        """1 if the interval lies above the number, -1 if below, 0 if it holds it or has no ends."""
        return int(self.low > number) - int(self.high < number)

    @property
    def sign(self) -> int:
        """The side of 0 on which it lies."""
        return self.side()


@lru_cache(maxsize=2)
def drawn_again(n: int, n_bootstrap: int) -> np.ndarray:
    """Return how often each of n texts is drawn, (n_bootstrap, n): the same draws every time."""
    weights = resampling_weights(n, n_bootstrap, np.random.default_rng(0))
    weights.flags.writeable = False
    return weights


def mean(values: BySplit, *, n_bootstrap: int = 1000, random_state: int = 0) -> Interval:
    """Return the mean of the splits' means; rows are drawn again within each split.

    Undefined (NaN) rows are left out, and so are splits that have no others. The interval says
    how far other rows would move the mean, not other seeds or splits.
    """
    rng = np.random.default_rng(random_state)
    known = [v[np.isfinite(v)] for v in map(np.asarray, values)]
    known = [v for v in known if len(v)]
    if not known:
        return Interval(value=np.nan, low=np.nan, high=np.nan)
    value = float(np.mean([v.mean() for v in known]))
    if min(len(v) for v in known) < 2:
        return Interval(value=value, low=np.nan, high=np.nan)
    drawn = [resampling_weights(len(v), n_bootstrap, rng) @ v / len(v) for v in known]
    low, high = np.quantile(np.mean(drawn, axis=0), [0.025, 0.975])
    return Interval(value=value, low=float(low), high=float(high))


def paired_difference(
    values: BySplit, reference: BySplit, *, n_bootstrap: int = 1000, random_state: int = 0
) -> Interval:
    """Return the mean of `values` less that of `reference`, row by row.

    Rows on which either is undefined are left out.
    """
    return mean(differences(values, reference), n_bootstrap=n_bootstrap, random_state=random_state)


def differences(values: BySplit, reference: BySplit) -> list[np.ndarray]:
    return [np.asarray(a) - np.asarray(b) for a, b in zip(values, reference, strict=True)]


def over_splits(by_split: BySplit, *, test_share: float) -> Interval:
    """Return the mean of the splits' means with an interval from the spread between splits.

    Splits of one data set share rows, so their means vary less than those of new data would.
    Nadeau and Bengio (2003, doi:10.1023/A:1024068626366) enlarge the variance for it: with J
    splits, s² the variance of their means and q the share of rows tested,
    (1/J + q/(1 − q))·s², and Student's t with J − 1 degrees of freedom.
    """
    known = [v[np.isfinite(v)] for v in map(np.asarray, by_split)]
    means = np.array([v.mean() for v in known if len(v)])
    if len(means) == 0:
        return Interval(value=np.nan, low=np.nan, high=np.nan)
    value, n = float(means.mean()), len(means)
    if n < 2:
        return Interval(value=value, low=np.nan, high=np.nan)
    variance = (1 / n + test_share / (1 - test_share)) * means.var(ddof=1)
    half = float(student.ppf(0.975, n - 1) * np.sqrt(variance))
    return Interval(value=value, low=value - half, high=value + half)


def sd_ratio(
    values: BySplit, reference: BySplit, *, n_bootstrap: int = 2000, random_state: int = 0
) -> Interval:
    """Return the standard deviation over seeds as a ratio to that of the reference.

    Parameters
    ----------
    values, reference : sequence of ndarray, shape (n_seeds,)
        One score a seed, an array a split; the same seeds in both.

    Returns
    -------
    Interval
        The ratio of the roots of the mean variances within splits. NaN where the reference does
        not vary.

    Notes
    -----
    Seeds are drawn again within splits, in both together. The spread of the ratio's logarithm
    over draws, enlarged by √(K/(K − 1)), is its standard error; the ends lie Student's t of all
    seeds less one a split away. From ten normal seeds, percentiles of the draws hold the truth
    nine times in ten, these ends 19 times in 20.
    """
    a, b = [np.asarray(v, dtype=float) for v in values], [np.asarray(v) for v in reference]
    ratio = np.exp(_log_ratio([v.var(ddof=1) for v in a], [v.var(ddof=1) for v in b]))
    if not np.isfinite(ratio) or ratio == 0:
        return Interval(value=float(ratio), low=np.nan, high=np.nan)
    rng = np.random.default_rng(random_state)
    weights = [resampling_weights(len(v), n_bootstrap, rng) for v in a]
    drawn = _log_ratio(
        [_variance(v, w) for v, w in zip(a, weights, strict=True)],
        [_variance(v, w) for v, w in zip(b, weights, strict=True)],
    )
    # A draw of equal seeds has no spread, and no logarithm of it.
    error = drawn[np.isfinite(drawn)].std(ddof=1)
    n_seeds = min(len(v) for v in a)
    degrees = sum(len(v) - 1 for v in a)
    half = student.ppf(0.975, degrees) * error * np.sqrt(n_seeds / (n_seeds - 1))
    return Interval(
        value=float(ratio), low=float(ratio * np.exp(-half)), high=float(ratio * np.exp(half))
    )


def _variance(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    n = len(values)
    centred = values - values.mean()
    squares = weights @ centred**2 / n - (weights @ centred / n) ** 2
    return np.where(squares > 1e-12 * centred.var(), squares, 0.0) * n / (n - 1)


def _log_ratio(values: Sequence[np.ndarray], reference: Sequence[np.ndarray]) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(0.5 * np.log(np.mean(values, axis=0) / np.mean(reference, axis=0)))


@dataclass(frozen=True, kw_only=True)
class Counts:
    """How many of `n` intervals lie above 0 and below it."""

    n: int
    above: int
    below: int

    @property
    def by_chance(self) -> float:
        """How many 95 % intervals would miss 0 if nothing differed."""
        return 0.05 * self.n


def count(intervals: Iterable[Interval]) -> Counts:
    """Count the intervals that have ends."""
    signs = [i.sign for i in intervals if np.isfinite(i.low) and np.isfinite(i.high)]
    return Counts(n=len(signs), above=signs.count(1), below=signs.count(-1))
