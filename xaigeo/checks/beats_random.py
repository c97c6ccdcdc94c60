"""How often the order of an explanation does better than random orders."""

from __future__ import annotations

from typing import Final

import numpy as np

from xaigeo.checks.check import Check
from xaigeo.errors import InputError

# Areas that differ by no more than this share of the largest are equal but for rounding.
ROUNDING = 1e-6
# How often an order that was drawn at random does better than half of other random orders.
CHANCE: Final = 0.5


def beats_random(check: Check) -> np.ndarray:
    """Return for what share of seeds the explained order does better than random orders.

    A seed's order does where its area is smaller (deletion) or larger (insertion) than the median
    area of that seed's random orders. An area amid orders that do alike counts in part.

    Parameters
    ----------
    check : Check
        Of the kind "deletion" or "insertion".

    Returns
    -------
    ndarray, shape (n_instances,)
        From 0 to 1, a mean over the seeds whose orders can do better or worse; NaN where no
        seed's can: no output moves, or all orders have one area, as with a single feature.

    Notes
    -----
    Of a seed's own order and n random ones b are better than its own and t do as well. With ties
    broken at random the own order's rank among all is any of b + 1, ..., b + t + 1, and the value
    is the probability that the rank lies in the better half,

        ``min(max((n + 1) / 2 - b, 0), t + 1) / (t + 1)``.

    An order that was drawn at random has every rank with one probability, so its mean is
    `CHANCE` = .5 for every model: areas may be as skewed as they like and orders may tie. A
    comparison with the mean of the areas is not, where features act together; nor is one of areas
    that were averaged over seeds first, where the seeds' own orders differ and the random ones,
    which they share, do not. The comparison is with half of the orders, and not with the best of
    them, since a few features have few orders, among which the best is drawn by chance again and
    again. `random_order_p_values` is the stricter look.
    """
    gain, margin = _gain(check), _margin(check)[..., None]
    better = (gain < -margin).sum(axis=-1)
    ranks = (np.abs(gain) <= margin).sum(axis=-1) + 1
    half = (gain.shape[-1] + 1) / 2
    wins = np.clip(half - better, 0.0, ranks) / ranks
    comparable = _comparable(check)
    counted = comparable.sum(axis=0)
    share = np.where(comparable, wins, 0.0).sum(axis=0) / np.maximum(counted, 1)
    return np.asarray(np.where(counted > 0, share, np.nan))


def random_order_p_values(check: Check) -> np.ndarray:
    """Return how likely a random order does as well as the explained one.

    Parameters
    ----------
    check : Check
        Of the kind "deletion" or "insertion".

    Returns
    -------
    ndarray, shape (n_seeds, n_instances)
        ``(1 + n_as_good) / (1 + n_random)``, the p-value of a permutation test (Phipson and
        Smyth 2010, doi:10.2202/1544-6115.1585), `n_as_good` being the random orders whose area
        is as good or better. NaN where orders cannot do better or worse.
    """
    as_good = (_gain(check) <= _margin(check)[..., None]).sum(axis=-1)
    p = (1.0 + as_good) / (1.0 + check.data.sizes["draw"])
    return np.asarray(np.where(_comparable(check), p, np.nan))


def _gain(check: Check) -> np.ndarray:
    """Return by how much the explained order is better than each random one."""
    if check.kind not in ("deletion", "insertion"):
        raise InputError(
            expected="a check of deletion or insertion",
            arrived=f"a check of {check.kind}",
            do="Make one with xaigeo.faithfulness.deletion.",
        )
    gain = check.array("random_area") - check.array("area")[..., None]
    return np.asarray(gain if check.kind == "deletion" else -gain)


def _margin(check: Check) -> np.ndarray:
    areas = np.abs(check.array("random_area")).max(axis=-1)
    return np.asarray(ROUNDING * np.maximum(areas, np.abs(check.array("area"))))


def _comparable(check: Check) -> np.ndarray:
    """Return where areas are there and differ, shape (n_seeds, n_instances)."""
    # Comparisons with NaN are False.
    return np.asarray((np.abs(_gain(check)) > _margin(check)[..., None]).any(axis=-1))
