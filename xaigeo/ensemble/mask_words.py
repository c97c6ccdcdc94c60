"""Masks of features as numbers that say which table row to read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

# Features a group, whose subsets have a row each in a table, and groups a word of 60 bits.
GROUP_BITS = 6
STAGE_GROUPS = 10


@dataclass(frozen=True, eq=False)
class FeatureGroups:
    """Features in groups of up to six, groups in stages of up to ten.

    Attributes
    ----------
    features : ndarray of int, shape (n_grouped,)
        Places of the features; the others change nothing.
    bits : ndarray of int, shape (n_grouped,)
        Place of each feature's bit in the word of its stage.
    stages : ndarray of int, shape (n_stages + 1,)
        Where each stage's features start, and the number of features.
    n_last : int
        Groups of the last stage.
    """

    features: np.ndarray
    bits: np.ndarray
    stages: np.ndarray
    n_last: int

    @classmethod
    def of(cls, features: np.ndarray) -> FeatureGroups:
        """Split features evenly, in their order."""
        n_groups = max(1, -(-len(features) // GROUP_BITS))
        groups = np.array_split(np.arange(len(features)), n_groups)
        bits = [
            place % STAGE_GROUPS * GROUP_BITS + np.arange(len(group))
            for place, group in enumerate(groups)
        ]
        starts = [group[0] for group in groups[::STAGE_GROUPS] if len(group)] or [0]
        return cls(
            features,
            np.concatenate(bits),
            np.array([*starts, len(features)]),
            n_groups - STAGE_GROUPS * (len(starts) - 1),
        )

    @property
    def table_rows(self) -> np.ndarray:
        """Row of a stage's table where the subsets with a feature but no later one start."""
        group, bit = np.divmod(self.bits, GROUP_BITS)
        return np.asarray((group << GROUP_BITS) + (1 << bit))

    def words(self, chosen: np.ndarray) -> np.ndarray:
        """Return words, shape (n_masks, n_stages), of masks over the grouped features."""
        values = np.int64(1) << self.bits
        stages = zip(self.stages[:-1], self.stages[1:], strict=True)
        return np.stack([chosen[:, a:b] @ values[a:b] for a, b in stages], axis=1)


@dataclass(frozen=True, eq=False)
class MaskWords:
    """Different masks, in pairs of a mask and its complement.

    Attributes
    ----------
    words : ndarray of int64, shape (n_pairs, n_stages)
        Of each pair's mask without the pivot feature.
    rows : ndarray of int64, shape (n_pairs, 2)
        Place of each pair's masks, without and with the pivot, among the different masks; -1
        for one that nobody asked for.
    row : ndarray of int, shape (n_masks,)
        Place of each mask asked for among the different masks.
    """

    words: np.ndarray
    rows: np.ndarray
    row: np.ndarray

    @classmethod
    def of(cls, masks: np.ndarray, groups: FeatureGroups, pivot: int) -> MaskWords:
        """Pair masks of shape (n_masks, n_features), by the pivot's place in the groups.

        Which of two masks a pair's sum is of depends on one bit alone, so that a mask is
        summed the same way whatever masks are asked beside it.
        """
        chosen = masks[:, groups.features]
        side = chosen[:, pivot] if len(groups.features) else np.zeros(len(masks), dtype=bool)
        words, pair = _unique(groups.words(chosen ^ side[:, None]))
        asked = np.zeros((len(words), 2), dtype=bool)
        asked[pair, side.astype(np.intp)] = True
        # Alike pairs together: the loops then always guess right what comes next.
        order = np.argsort(asked @ (1, 2), kind="stable")
        rows = np.full(asked.shape, -1, dtype=np.int64)
        rows[asked[order]] = np.arange(asked.sum())
        back = np.empty_like(order)
        back[order] = np.arange(len(order))
        return cls(words[order], rows, rows[back[pair], side.astype(np.intp)])

    @property
    def n_rows(self) -> int:
        """Number of different masks."""
        return int(self.rows.max()) + 1

    def parts(self, n_pairs: int) -> Iterator[tuple[np.ndarray, np.ndarray, slice]]:
        """Yield words, rows within the part, and its rows, of so many pairs at a time."""
        for start in range(0, len(self.words), n_pairs):
            rows = self.rows[start : start + n_pairs]
            first, last = int(rows[rows >= 0].min()), int(rows.max())
            own = np.where(rows < 0, -1, rows - first)
            yield self.words[start : start + n_pairs], own, slice(first, last + 1)


def _unique(words: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if words.shape[1] == 1:
        values, places = np.unique(words[:, 0], return_inverse=True)
        return values[:, None], places
    values, places = np.unique(words, axis=0, return_inverse=True)
    return values, places.reshape(-1)  # numpy 2.0 alone gives two axes
