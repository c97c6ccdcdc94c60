"""Which features rules restrict and counterfactuals change, seed by seed over all rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xaigeo.agreement.connectors import comparable_pairs, mean_shared_changes
from xaigeo.agreement.made_for_all import made_for_all
from xaigeo.agreement.pairs import mean_defined
from xaigeo.explanations import Anchors, Counterfactuals
from xaigeo.explanations.of_table import check_of_table

CHANGES = ("up", "down", "other category")
LIMITS = ("at least", "at most", "between", "categories")


@dataclass(frozen=True, eq=False, kw_only=True)
class FeatureUse:
    """How often each seed's rules or counterfactuals use each feature, and in which way.

    Attributes
    ----------
    features : tuple of str
    seeds : ndarray, shape (n_seeds,)
        One only where one answer was made for all of them.
    ways : tuple of str
        What a use can be, such as "up" and "down".
    counts : ndarray of int, shape (n_ways, n_seeds, n_features)
    totals : ndarray of int, shape (n_seeds,)
        Rules or counterfactuals counted.
    left_out : int
        Those not counted: counterfactuals that miss the wanted answer, repeat another one or
        change nothing.
    overlap : float
        Features used by both of two seeds over features used by either (Jaccard), mean over
        the pairs of seeds that answer alike at a row and over rows; NaN where there is none.
    made_for_all : bool
        Whether one answer was made for all seeds.
    """

    features: tuple[str, ...]
    seeds: np.ndarray
    ways: tuple[str, ...]
    counts: np.ndarray
    totals: np.ndarray
    left_out: int
    overlap: float
    made_for_all: bool

    @property
    def by_seed(self) -> np.ndarray:
        """Share of a seed's rules or counterfactuals that use a feature, (n_seeds, n_features).

        NaN for a seed of which nothing is counted.
        """
        return _share(self.counts.sum(axis=0), self.totals[:, None])

    @property
    def by_way(self) -> np.ndarray:
        """Share over all seeds, shape (n_ways, n_features)."""
        return _share(self.counts.sum(axis=1), self.totals.sum())

    @property
    def overall(self) -> np.ndarray:
        """Share of all that use a feature, shape (n_features,)."""
        return _share(self.counts.sum(axis=(0, 1)), self.totals.sum())


def rule_use(anchors: Anchors) -> FeatureUse:
    """Count the features that rules restrict, by the kind of limit.

    Limits are a lower bound alone, an upper bound alone, both, or a set of categories.

    Raises
    ------
    InputError
        For anchors of texts.
    """
    check_of_table(anchors, "the use of features")
    used = anchors.restricted
    low, high = np.isfinite(anchors.array("lower")), np.isfinite(anchors.array("upper"))
    discrete = anchors.schema.discrete
    ways = np.stack(
        [low & ~high & ~discrete, high & ~low & ~discrete, low & high & ~discrete, used & discrete]
    )
    one_for_all = made_for_all(anchors)
    usable = comparable_pairs(np.ones(anchors.predicted.shape, dtype=bool), anchors.predicted)
    kept = slice(1) if one_for_all else slice(None)
    return FeatureUse(
        features=tuple(anchors.features),
        seeds=anchors.seeds[kept],
        ways=LIMITS,
        counts=ways[:, kept].sum(axis=2),
        totals=np.full(len(anchors.seeds[kept]), used.shape[1]),
        left_out=0,
        overlap=_overlap(used, usable, one_for_all),
        made_for_all=one_for_all,
    )


def change_use(counterfactuals: Counterfactuals) -> FeatureUse:
    """Count the features that counterfactuals change, by direction.

    Counted are points at which the seed's own model gives the wanted answer, once each; a
    point made for all seeds where it holds for the share of seeds that was asked for. The
    `overlap` is that of the nearest points of seeds that wanted the same answer.

    Raises
    ------
    InputError
        For counterfactuals of texts.
    """
    check_of_table(counterfactuals, "the use of features")
    one_for_all = made_for_all(counterfactuals)
    point, changed = counterfactuals.array("point"), counterfactuals.array("changed").astype(bool)
    step = np.sign(point - counterfactuals.array("input")[:, None])
    nominal = np.array([f.kind == "categorical" for f in counterfactuals.schema.features])
    ways = np.stack([(step > 0) & ~nominal, (step < 0) & ~nominal, (step != 0) & nominal])
    counted = _counted(counterfactuals, one_for_all)
    kept = slice(1) if one_for_all else slice(None)
    distance = np.where(counted, counterfactuals.array("distance"), np.inf)
    nearest = distance.argmin(axis=-1)[..., None, None]
    target = counterfactuals.array("target").astype(np.intp)
    return FeatureUse(
        features=tuple(counterfactuals.features),
        seeds=counterfactuals.seeds[kept],
        ways=CHANGES,
        counts=(ways & changed & counted[..., None])[:, kept].sum(axis=(2, 3)),
        totals=counted[kept].sum(axis=(1, 2)),
        left_out=int((~counted[kept]).sum()),
        overlap=_overlap(
            np.take_along_axis(changed, nearest, axis=2)[:, :, 0],
            comparable_pairs(np.asarray(counted.any(axis=-1)), target),
            one_for_all,
        ),
        made_for_all=one_for_all,
    )


def _counted(counterfactuals: Counterfactuals, one_for_all: bool) -> np.ndarray:
    """Return which points are counted, shape (n_seeds, n_instances, n_candidates)."""
    valid = counterfactuals.array("valid").astype(bool)
    if one_for_all:
        wanted = float(counterfactuals.provenance["parameters"].get("valid_share", 1.0))
        valid = np.broadcast_to(valid.mean(axis=0) >= wanted - 1e-9, valid.shape)
    counted = valid & counterfactuals.array("changed").astype(bool).any(axis=-1)
    if "distinct" in counterfactuals.data:
        counted = counted & counterfactuals.array("distinct").astype(bool)
    return np.asarray(counted)


def _overlap(used: np.ndarray, usable: np.ndarray, one_for_all: bool) -> float:
    if one_for_all or len(used) < 2:
        return float("nan")
    return float(mean_defined(mean_shared_changes(used, usable)))


def _share(counts: np.ndarray, totals: np.ndarray) -> np.ndarray:
    return np.asarray(np.where(totals > 0, counts / np.maximum(totals, 1), np.nan))
