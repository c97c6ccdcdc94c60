"""How far a sample lies from a reference once a share of it may be left out; and that share, α̂."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from xaigeo.errors import InputError
from xaigeo.options import is_number

Reference = np.ndarray | Sequence[np.ndarray] | Callable[[np.ndarray], np.ndarray]
# Round-off of differences of curves that lie between 0 and 1.
ROUND_OFF = 1e-14
MAX_STEPS = 200


class Curves(NamedTuple):
    """A candidate's distribution function and the reference's, at the candidate's points.

    Attributes
    ----------
    own : ndarray, shape (..., n_points)
        Weight of the candidate's points up to each of them, in rising order; the last is 1.
        Tied points may stand one by one or as one.
    at, left : ndarray, shape (..., n_points)
        The reference F0(z) and its left limit F0(z−), the weight at or below and below.
    """

    own: np.ndarray
    at: np.ndarray
    left: np.ndarray


class AlphaHat(NamedTuple):
    """The least share to leave out for the test to accept, and what it was tested with.

    Attributes
    ----------
    alpha : float
        α̂, from 0 to 1 (not included); NaN where no α accepts.
    accepts : bool
        Whether any α does.
    distance : float
        d_0, the plain Kolmogorov-Smirnov distance.
    delta : float
        δ, the distance up to which the test accepts.
    """

    alpha: float
    accepts: bool
    distance: float
    delta: float


def acceptance_distance(n: int, epsilon: float = 0.01) -> float:
    """Return δ, the distance from the reference that a sample of n points may have.

    Parameters
    ----------
    n : int
    epsilon : float
        Level of the test.

    Notes
    -----
    δ = √(ln(2/ε)/n) + 1/n (Banerjee et al. 2024, arXiv:2406.08307). A difference that touches a
    share of at most δ of the points cannot show: α̂ is then 0 whatever it is.

    Examples
    --------
    >>> round(acceptance_distance(100), 3), round(acceptance_distance(8000), 3)
    (0.24, 0.026)
    """
    check_level(epsilon)
    return float(np.sqrt(np.log(2 / epsilon) / n) + 1 / n)


def check_level(epsilon: object) -> None:
    """Raise unless the level of a test lies between 0 and 1."""
    if not is_number(epsilon) or not 0 < epsilon < 1:
        raise InputError(
            expected="epsilon to be a number between 0 and 1",
            arrived=repr(epsilon),
            do="Pass the level of the test, such as epsilon=0.01.",
        )


def trimmed_distance(reference: Reference, candidate: np.ndarray, alpha: float) -> float:
    """Return d_α, the distance from the reference with a share α of the candidate left out.

    Parameters
    ----------
    reference : ndarray, sequence of ndarray or callable
        One sample, shape (n_points,), or several, shape (n_samples, n_points) or a list of
        samples, whose distribution functions are averaged; or a continuous distribution function.
    candidate : ndarray, shape (n_points,)
    alpha : float
        From 0 to 1, not included. 0 gives the Kolmogorov-Smirnov distance.

    Returns
    -------
    float
        From 0 to 1, non-increasing in α.

    Raises
    ------
    InputError
        For samples that are empty or not finite, or an α outside [0, 1).

    Notes
    -----
    The least sup|F0 − F̃| over trimmings F̃ of the candidate, those with dF̃/dF ≤ L = 1/(1 − α)
    (Álvarez-Esteban et al. 2011, doi:10.3150/10-BEJ351; del Barrio et al. 2020,
    doi:10.1016/j.jmva.2020.104606). With sorted points z_i and F0(z−) for left limits,

        u_i = F0(z_i−) − L·F(z_{i−1}),   l_i = F0(z_i) − L·F(z_i),
        d_α = max{ u_i ; L·(F(z_i) − α) − F0(z_i) ; ½·max_{j<i}(u_i − l_j) ; 0 }.

    They are the conditions under which values of F̃ at the points exist that rise by no more than
    L·dF from 0 to 1 and stay within d of F0 on every interval between points, on which F0 runs
    from F0(z_i) to F0(z_{i+1}−); the left limits make it exact where both samples have ties.
    """
    if not is_number(alpha) or not 0 <= alpha < 1:
        raise InputError(
            expected="alpha to be a number from 0 to 1, 1 not included",
            arrived=repr(alpha),
            do="Pass the share that may be left out, such as alpha=0.05.",
        )
    distance, _ = distance_and_slope(curves(reference, candidate), np.array(1 / (1 - alpha)))
    return float(distance)


def alpha_hat(
    reference: Reference,
    candidate: np.ndarray,
    *,
    epsilon: float = 0.01,
    delta: float | None = None,
) -> AlphaHat:
    """Return the least share α of a sample to leave out for it to be taken for the reference.

    Parameters
    ----------
    reference, candidate
        As in `trimmed_distance`.
    epsilon : float
        Level of the test, from which δ follows (`acceptance_distance`).
    delta : float, optional
        δ itself.

    Raises
    ------
    InputError
        For samples that are empty or not finite, or an epsilon or delta outside (0, 1).

    Notes
    -----
    α̂ = min{α : d_α ≤ δ} (Banerjee et al. 2024, arXiv:2406.08307). No α accepts where the
    candidate has no points in a region in which the reference has more than 2δ (δ at the ends):
    what is not there cannot be uncovered by leaving something out. That is an answer of its own,
    and a difference greater than any α̂.

    Examples
    --------
    >>> same = np.arange(1000.0)
    >>> alpha_hat(same, same).alpha, alpha_hat(same, same + 5000).accepts
    (0.0, False)
    """
    held = curves(reference, candidate)
    if delta is None:
        delta = acceptance_distance(held.own.shape[-1], epsilon)
    elif not is_number(delta) or not 0 < delta < 1:
        raise InputError(
            expected="delta to be a number between 0 and 1",
            arrived=repr(delta),
            do="Leave it out, or pass a distance such as delta=0.05.",
        )
    alpha, distance = least_alpha(Curves(*(one[None] for one in held)), delta)
    return AlphaHat(float(alpha[0]), bool(np.isfinite(alpha[0])), float(distance[0]), float(delta))


def least_alpha(held: Curves, delta: float) -> tuple[np.ndarray, np.ndarray]:
    """Return α̂ of every pair of curves, NaN where no α accepts, and d_0, each shape (n_pairs,).

    Parameters
    ----------
    held : Curves
        Arrays of shape (n_pairs, n_points).
    delta : float

    Notes
    -----
    As a function of L, d is a maximum of falling straight lines. The root of the line that is
    the highest at L is the next L: from L = 1 these steps rise to the least L with d ≤ δ and end
    there after finitely many, usually two to six (Dinkelbach 1967, doi:10.1287/mnsc.13.7.492).
    A level line above δ shows that no L will do.
    """
    stretch = np.ones(len(held.own))
    alpha = np.full(len(stretch), np.nan)
    waiting = np.arange(len(stretch))
    distance, slope = distance_and_slope(held, stretch)
    plain = distance
    for _ in range(MAX_STEPS):
        within = distance <= delta + ROUND_OFF * np.maximum(stretch[waiting], 1.0)
        alpha[waiting[within]] = 1 - 1 / stretch[waiting[within]]
        falling = ~within & (slope < 0)
        waiting, distance, slope = waiting[falling], distance[falling], slope[falling]
        if not len(waiting):
            break
        stretch[waiting] += (distance - delta) / -slope
        now = Curves(*(one[waiting] for one in held))
        distance, slope = distance_and_slope(now, stretch[waiting])
    else:
        alpha[waiting] = 1 - 1 / stretch[waiting]
    return alpha, plain


def distance_and_slope(held: Curves, stretch: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return d at L = `stretch`, shape (...), and the slope in L of the line that gives it."""
    own, at, left = held
    L = np.asarray(stretch)[..., None]
    before = np.concatenate([np.zeros_like(own[..., :1]), own[..., :-1]], axis=-1)
    upper, lower = left - L * before, at - L * own
    # The least of all lower ends so far; before the first point it is that of F = F0 = 0.
    ends = np.concatenate([np.zeros_like(lower[..., :1]), lower[..., :-1]], axis=-1)
    apart = upper - np.minimum.accumulate(ends, axis=-1)
    lines = (upper, 1 - at - L * (1 - own), 0.5 * apart)
    tops = [line.argmax(axis=-1) for line in lines]
    values = np.stack([_pick(line, top) for line, top in zip(lines, tops, strict=True)])
    places = np.arange(own.shape[-1])
    lowest = np.where(places <= tops[2][..., None], ends, np.inf).argmin(axis=-1)
    slopes = np.stack(
        [
            -_pick(before, tops[0]),
            -(1 - _pick(own, tops[1])),
            -0.5 * (_pick(before, tops[2]) - _pick(before, lowest)),
        ]
    )
    best = values.argmax(axis=0)[None]
    distance = np.take_along_axis(values, best, axis=0)[0]
    return np.maximum(distance, 0.0), np.take_along_axis(slopes, best, axis=0)[0]


def _pick(values: np.ndarray, place: np.ndarray) -> np.ndarray:
    return np.take_along_axis(values, place[..., None], axis=-1)[..., 0]


def curves(reference: Reference, candidate: np.ndarray) -> Curves:
    """Return the candidate's and the reference's distribution functions at its sorted points."""
    points = np.sort(_sample("candidate", candidate))
    own = np.arange(1, len(points) + 1) / len(points)
    if callable(reference):
        at = np.asarray(reference(points), dtype=np.float64)
        return Curves(own, at, at)
    is_one = isinstance(reference, np.ndarray) and reference.ndim == 1
    samples = [np.sort(_sample("reference", one)) for one in ([reference] if is_one else reference)]
    if not samples:
        _sample("reference", np.array([]))
    at, left = (
        np.mean([np.searchsorted(s, points, side) / len(s) for s in samples], axis=0)
        for side in ("right", "left")
    )
    return Curves(own, at, left)


def _sample(name: str, values: object) -> np.ndarray:
    sample = np.asarray(values, dtype=np.float64)
    if sample.ndim != 1 or not len(sample) or not np.isfinite(sample).all():
        n_bad = int((~np.isfinite(sample)).sum())
        raise InputError(
            expected=f"samples of finite numbers in one dimension as {name}",
            arrived=f"shape {sample.shape}" + (f" with {n_bad} not finite" if n_bad else ""),
            do="Pass one score a row, such as the logit gaps on a test set.",
        )
    return sample
