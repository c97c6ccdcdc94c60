"""Whether the order of an explanation does better than random orders."""

from __future__ import annotations

from typing import Final

import numpy as np

from xaigeo.checks.check import Check
from xaigeo.errors import InputError

# Areas that differ by no more than this share of the largest are equal but for rounding.
ROUNDING = 1e-6
# How often an order that was drawn at random beats the mean of random orders.
CHANCE: Final = 0.5


def beats_random(check: Check) -> np.ndarray:
    """Return whether the explained order does better than random orders at each instance.

    The area, averaged over seeds, must be smaller (deletion) or larger (insertion) than the
    random orders' area, averaged over the same seeds and over all orders.

    Parameters
    ----------
    check : Check
        Of the kind "deletion" or "insertion".

    Returns
    -------
    ndarray, shape (n_instances,)
        1 where it does, 0 where it does not, and NaN where orders cannot do better or worse: no
        seed's output moves, or all orders have one area, as with a single feature.

    Notes
    -----
    A random attribution beats random orders at a share `CHANCE` = .5 of the instances: for a
    model that adds up its features the areas of an order and of its reverse have the mean of all
    orders between them. The comparison is with the mean, and not with the best of the orders,
    since a few features have few orders, among which the best is drawn by chance again and again.
    `random_order_p_values` is the stricter look at one seed.
    """
    gain = _gain(check)
    comparable = _comparable(check)
    counted = comparable.sum(axis=0)
    mean = np.where(comparable, gain.mean(axis=-1), 0.0).sum(axis=0) / np.maximum(counted, 1)
    margin = np.where(comparable, _margin(check), 0.0).max(axis=0)
    return np.where(counted > 0, (mean > margin).astype(np.float64), np.nan)


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
        is as good or better. NaN where `beats_random` cannot say, by seed.
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
