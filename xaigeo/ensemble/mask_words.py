"""Masks of features as numbers that say which table row to read."""

from __future__ import annotations

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
    """Different pairs of a mask and its complement, and where each mask asked for is among them.

    Attributes
    ----------
    words : ndarray of int64, shape (n_pairs, n_stages)
        Of the mask without the pivot feature.
    pair, side : ndarray of int, shape (n_masks,)
        Side 1 is the complement. It is chosen by one bit of the mask, so that a mask is summed
        the same way whatever masks are asked beside it.
    """

    words: np.ndarray
    pair: np.ndarray
    side: np.ndarray

    @classmethod
    def of(cls, masks: np.ndarray, groups: FeatureGroups, pivot: int) -> MaskWords:
        """Pair masks of shape (n_masks, n_features), by the pivot's place in the groups."""
        chosen = masks[:, groups.features]
        side = chosen[:, pivot] if len(groups.features) else np.zeros(len(masks), dtype=bool)
        words = groups.words(chosen ^ side[:, None])
        if words.shape[1] == 1:
            unique, pair = np.unique(words[:, 0], return_inverse=True)
            return cls(unique[:, None], pair, side.astype(np.intp))
        unique, pair = np.unique(words, axis=0, return_inverse=True)
        return cls(unique, pair.reshape(-1), side.astype(np.intp))
