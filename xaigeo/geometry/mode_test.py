"""One group of seeds or several: a test of the widest gap between them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

# A group is three seeds at least: two may lie together by chance, however far from the others.
SMALLEST: Final = 3
FEWEST: Final = 2 * SMALLEST
# Which part of the level each axis gets. The directions in which the seeds differ most, which are
# those that are drawn, are looked at; the first one above all.
PARTS: Final = (0.8, 0.2)
N_AXES: Final = len(PARTS)
N_DRAWS: Final = 4000
# A spread below this share of the vectors' length is round-off.
_EQUAL: Final = 1e-9

Law = Callable[[np.random.Generator, tuple[int, int]], np.ndarray]
# Laws with one mode: flat, light-tailed, heavy-tailed and skewed, against all of which a gap must
# be too wide. A uniform law leaves the widest gaps inside, an exponential one in its tail.
ONE_MODE: Final[dict[str, Law]] = {
    "normal": lambda rng, shape: rng.normal(size=shape),
    "uniform": lambda rng, shape: rng.random(shape),
    "exponential": lambda rng, shape: rng.exponential(size=shape),
    "Laplace": lambda rng, shape: rng.laplace(size=shape),
    "t3": lambda rng, shape: rng.standard_t(3, shape),
    "half-normal": lambda rng, shape: np.abs(rng.normal(size=shape)),
    "ramp": lambda rng, shape: rng.triangular(0.0, 1.0, 1.0, shape),
}


@dataclass(frozen=True, eq=False)
class ModeTest:
    """Whether seeds fall into two groups, and into which.

    Attributes
    ----------
    p_value : float
        Chance of a gap as wide among seeds of one mode; 1 where nothing was tested.
    tested : bool
        False for fewer than `FEWEST` seeds, which decide nothing.
    above : ndarray of bool, shape (n_seeds,)
        Which seeds lie beyond the widest gap.
    """

    p_value: float
    tested: bool
    above: np.ndarray


def mode_test(vectors: np.ndarray, *, random_state: int = 0) -> ModeTest:
    """Test one mode of seeds against several.

    Parameters
    ----------
    vectors : ndarray, shape (n_seeds, n_coordinates)
        Equal to the bit for any order of seeds only if they come in one order.
    random_state : int
        Of the draws from laws with one mode.

    Notes
    -----
    The statistic of a principal axis of the seeds is their widest gap along it,

        ``max over splits of gap·√(q(1-q)) / (s_below + s_above)``,

    where q is the share of seeds below the gap, s the standard deviations on its two sides, and
    each side keeps an eighth of the seeds and at least three: six are the fewest to decide. Of
    n seeds the gap lies between the r-th seeds on its two sides, r = max(1, n//20).

    Its null law is simulated. For Gaussian vectors of *any* covariance and dimension the scores
    on principal axes are orthonormal vectors drawn uniformly from all such (the singular
    vectors of an invariant matrix; Langsrud 2005, doi:10.1007/s11222-005-4789-5), so nothing
    needs to be estimated and many dimensions mean no overfitting. Where one coordinate
    dominates, the scores are draws of its own law. The p-value of an axis is therefore the
    largest over draws of a normal, uniform, exponential, Laplace, t3, half-normal and rising
    triangular law. Of the first two axes the smaller of ``p₁/0.8`` and ``p₂/0.2`` counts.

    Others were tried. SigClust (Liu et al. 2008, doi:10.1198/016214508000000454) compares a
    cluster index with one Gaussian: heavy tails and skew count as clusters. A likelihood ratio
    of two Gaussians against these laws rejects other skewed laws (gamma: 20 % at 50 seeds). The
    dip (Hartigan and Hartigan 1985, doi:10.1214/aos/1176346577) of the first axis is calibrated,
    and with it dip-means (Kalogeratos and Likas 2012), but can never see a group of a fifth of
    20 seeds: it is at most half the smaller group's share, 0.1, and 0.105 is needed.
    """
    n = len(vectors)
    nowhere = np.zeros(n, dtype=bool)
    scores, lengths = principal_scores(vectors)
    if not lengths.size or lengths[0] == 0.0:
        return ModeTest(1.0, n >= FEWEST, nowhere)
    if n < FEWEST:
        return ModeTest(1.0, False, nowhere)
    axes = scores[:, lengths > 0.0].T
    found, place = widest_gaps(axes)
    p = gap_p_values(found, n, random_state) / PARTS[: len(axes)]
    best = int(p.argmin())
    order = np.argsort(axes[best], kind="stable")
    above = nowhere.copy()
    above[order[place[best] :]] = True
    return ModeTest(min(float(p[best]), 1.0), True, above)


def principal_scores(vectors: np.ndarray, n_axes: int = N_AXES) -> tuple[np.ndarray, np.ndarray]:
    """Return scores of rows on their first principal axes, and the root of each axis' variance.

    Returns
    -------
    scores : ndarray, shape (n_rows, n_axes)
        The row that lies farthest out on an axis is positive; 0 where there is no such axis.
    lengths : ndarray, shape (n_axes,)
        Singular values; 0 for what is round-off.
    """
    centred = vectors - vectors.mean(axis=0)
    scores, lengths = np.zeros((len(vectors), n_axes)), np.zeros(n_axes)
    left, sizes, _ = np.linalg.svd(centred, full_matrices=False)
    floor = _EQUAL * np.linalg.norm(vectors)
    k = min(n_axes, int((sizes > floor).sum()))
    farthest = left[np.abs(left[:, :k]).argmax(axis=0), np.arange(k)]
    scores[:, :k] = left[:, :k] * sizes[:k] * np.where(farthest < 0, -1.0, 1.0)
    lengths[:k] = sizes[:k]
    return scores, lengths


def widest_gaps(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the statistic of `mode_test` of each row, and how many values lie below the gap.

    Parameters
    ----------
    rows : ndarray, shape (n_rows, n_seeds)
    """
    n = rows.shape[1]
    fewest, reach = max(SMALLEST, -(-n // 8)), max(1, n // 20)
    x = np.sort(rows, axis=1)
    x = x - x.mean(axis=1, keepdims=True)
    below = np.arange(fewest, n - fewest + 1)
    above = n - below
    sums, squares = np.cumsum(x, axis=1), np.cumsum(x**2, axis=1)
    low, low_squares = sums[:, below - 1], squares[:, below - 1]
    high, high_squares = sums[:, -1:] - low, squares[:, -1:] - low_squares
    spread = np.sqrt(_positive(low_squares - low**2 / below) / (below - 1))
    spread += np.sqrt(_positive(high_squares - high**2 / above) / (above - 1))
    gap = (x[:, below + reach - 1] - x[:, below - reach]) * np.sqrt(below * above) / n
    # Two groups of equal seeds are as far apart as can be; round-off must not tell them so.
    floor = 1e-12 * np.sqrt(squares[:, -1:])
    found = np.where(gap > floor, gap, 0.0) / np.maximum(spread, np.where(floor > 0, floor, 1.0))
    best = found.argmax(axis=1)
    return np.take_along_axis(found, best[:, None], axis=1)[:, 0], below[best]


def gap_p_values(found: np.ndarray, n_seeds: int, random_state: int = 0) -> np.ndarray:
    """Return how often one axis of seeds with one mode has a gap as wide, under the worst law."""
    null = null_gaps(n_seeds, random_state)
    # The seeds themselves count among the draws, so that it is never 0.
    as_wide = (null[:, None, :] >= found[None, :, None]).sum(axis=-1).max(axis=0)
    return np.asarray((1.0 + as_wide) / (1.0 + null.shape[1]))


@lru_cache(maxsize=64)
def null_gaps(n_seeds: int, random_state: int) -> np.ndarray:
    """Return the statistic of an axis of seeds with one mode, shape (n_laws, n_draws)."""
    rng = np.random.default_rng(random_state)
    laws = ONE_MODE.values()
    return np.array([widest_gaps(law(rng, (N_DRAWS, n_seeds)))[0] for law in laws])


def _positive(values: np.ndarray) -> np.ndarray:
    return np.asarray(np.maximum(values, 0.0))
