"""Counterfactuals of one row, put together where seeds found the same change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from xaigeo.agreement.made_for_all import made_for_all
from xaigeo.explanations import Counterfactuals
from xaigeo.explanations.of_table import check_of_table

# Neither a direction (-1, 0, 1) nor the code of a category.
UNCHANGED = -2.0


@dataclass(frozen=True, eq=False, kw_only=True)
class ChangePattern:
    """Counterfactuals that change the same features in the same way.

    Attributes
    ----------
    target : int
        Place of the wanted output.
    reached : bool
        Whether the seeds' own models give the wanted answer; of a point made for all seeds,
        whether any does.
    changed : ndarray of bool, shape (n_features,)
    seeds : ndarray of int, shape (n_members,)
        Places of the seeds; one that found two such points comes twice.
    candidates : ndarray of int, shape (n_members,)
    points : ndarray, shape (n_members, n_features)
    distance : ndarray, shape (n_members,)
    valid : ndarray of bool, shape (n_members,)
    carries_over : float
        Share of the other seeds' models that give the wanted answer at a point, mean over the
        points; NaN where no other seed was asked.
    """

    target: int
    reached: bool
    changed: np.ndarray
    seeds: np.ndarray
    candidates: np.ndarray
    points: np.ndarray
    distance: np.ndarray
    valid: np.ndarray
    carries_over: float

    @property
    def n_seeds(self) -> int:
        """How many different seeds found it."""
        return len(np.unique(self.seeds))

    @property
    def n_changed(self) -> int:
        """How many features change."""
        return int(self.changed.sum())


def change_patterns(
    counterfactuals: Counterfactuals, place: int, seeds: Sequence[int] | None = None
) -> list[ChangePattern]:
    """Return the patterns of change at one row, those of most seeds first, then the nearest.

    Points are of one pattern when they aim at the same answer, reach it or do not, change the
    same features, numeric and ordinal ones in the same direction and categorical ones to the same
    category. Candidates that repeat another one for want of more are left out.

    Parameters
    ----------
    counterfactuals : Counterfactuals
    place : int
        Place of the instance.
    seeds : sequence of int, optional
        Places of the seeds whose points are taken; all if None. `carries_over` asks every seed.

    Raises
    ------
    InputError
        For counterfactuals of texts.
    """
    check_of_table(counterfactuals, "patterns of change")
    chosen = range(len(counterfactuals.seeds)) if seeds is None else seeds
    one_for_all = made_for_all(counterfactuals)
    found = _Row(counterfactuals, place)
    members: dict[tuple[int, bool, tuple[float, ...]], list[tuple[int, int]]] = {}
    for s in chosen:
        for c in np.flatnonzero(found.distinct[s]).tolist():
            reached = bool(found.valid[:, c].any() if one_for_all else found.valid[s, c])
            way = tuple(found.way(s, c).tolist())
            members.setdefault((int(found.target[s]), reached, way), []).append((s, c))
    patterns = [found.pattern(key[0], key[1], pairs) for key, pairs in members.items()]
    return sorted(patterns, key=lambda p: (not p.reached, -p.n_seeds, p.distance.mean()))


class _Row:
    """The counterfactuals of one instance as plain arrays, seeds first."""

    def __init__(self, counterfactuals: Counterfactuals, place: int) -> None:
        one = counterfactuals.at([place])
        self.start = one.array("input")[0]
        self.point = one.array("point")[:, 0]
        self.changed = one.array("changed")[:, 0].astype(bool)
        self.valid = one.array("valid")[:, 0].astype(bool)
        self.distance = one.array("distance")[:, 0]
        self.target = one.array("target")[:, 0]
        self.nominal = np.array([f.kind == "categorical" for f in one.schema.features])
        self.distinct = np.ones(self.valid.shape, dtype=bool)
        if "distinct" in one.data:
            self.distinct = one.array("distinct")[:, 0].astype(bool)
        has_cross = "cross_validity" in one.data
        self.cross = one.array("cross_validity")[:, :, 0].astype(float) if has_cross else None

    def way(self, seed: int, candidate: int) -> np.ndarray:
        """Return what tells changes apart, shape (n_features,): direction, or the new code."""
        end = self.point[seed, candidate]
        way = np.where(self.nominal, end, np.sign(end - self.start))
        return np.where(self.changed[seed, candidate], way, UNCHANGED)

    def pattern(self, target: int, reached: bool, pairs: list[tuple[int, int]]) -> ChangePattern:
        """Return what seeds and candidates have in common."""
        seeds, candidates = (np.array(column) for column in zip(*pairs, strict=True))
        return ChangePattern(
            target=target,
            reached=reached,
            changed=self.changed[seeds[0], candidates[0]],
            seeds=seeds,
            candidates=candidates,
            points=self.point[seeds, candidates],
            distance=self.distance[seeds, candidates],
            valid=self.valid[seeds, candidates],
            carries_over=self._carried(pairs),
        )

    def _carried(self, pairs: list[tuple[int, int]]) -> float:
        if self.cross is None or len(self.cross) < 2:
            return float("nan")
        return float(np.mean([np.delete(self.cross[s, :, c], s).mean() for s, c in pairs]))
