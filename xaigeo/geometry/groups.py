"""Seeds that answer alike at an instance, kept apart before anything is averaged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, eq=False)
class Groups:
    """Sets of seeds by instance.

    Attributes
    ----------
    instance : ndarray of int, shape (n_groups,)
        Place of the instance.
    members : ndarray of bool, shape (n_groups, n_seeds)
    """

    instance: np.ndarray
    members: np.ndarray

    @classmethod
    def by(cls, *keys: np.ndarray) -> Groups:
        """Group seeds by integer keys, each of shape (n_seeds, n_instances).

        Examples
        --------
        >>> groups = Groups.by(np.array([[0, 1], [0, 0], [0, 1]]))
        >>> groups.instance.tolist(), groups.sizes.tolist()
        ([0, 1, 1], [3, 1, 2])
        """
        n_seeds, n_instances = keys[0].shape
        seed, instance = np.indices((n_seeds, n_instances)).reshape(2, -1)
        rows = np.column_stack([instance, *(key.reshape(-1) for key in keys)])
        unique, inverse = np.unique(rows, axis=0, return_inverse=True)
        members = np.zeros((len(unique), n_seeds), dtype=bool)
        members[inverse.reshape(-1), seed] = True
        return cls(unique[:, 0], members)

    @property
    def sizes(self) -> np.ndarray:
        """Number of seeds in each group, shape (n_groups,)."""
        return np.asarray(self.members.sum(axis=1))

    @property
    def shares(self) -> np.ndarray:
        """Share of all seeds in each group, shape (n_groups,)."""
        return np.asarray(self.members.mean(axis=1))

    def restrict(self, mask: np.ndarray) -> Groups:
        """Return the same groups with only the seeds kept by `mask`, (n_seeds, n_instances)."""
        return Groups(self.instance, self.members & mask[:, self.instance].T)

    def where(self, mask: np.ndarray) -> Groups:
        """Return some of the groups."""
        return Groups(self.instance[mask], self.members[mask])

    def shared(self, values: np.ndarray) -> np.ndarray:
        """Return what the seeds of each group have in common, shape (n_groups, ...)."""
        return np.asarray(values[self.members.argmax(axis=1), self.instance])

    def reduce(self, values: np.ndarray, function: Callable[[np.ndarray], Any]) -> np.ndarray:
        """Return ``function(values of the group's seeds)`` for each group, stacked.

        `values` has shape (n_seeds, n_instances, ...); the function sees (n_members, ...).
        """
        if not len(self):
            # The shape of a result without groups is that of a result with one.
            like = np.asarray(function(values[:1, 0] if values.shape[1] else values.mean(axis=1)))
            return np.empty((0, *like.shape))
        return np.array([function(values[seeds, place]) for place, seeds in self])

    def __len__(self) -> int:
        return len(self.instance)

    def __iter__(self) -> Iterator[tuple[int, np.ndarray]]:
        """Yield the place of the instance and the places of the seeds, group by group."""
        for place, members in zip(self.instance.tolist(), self.members, strict=True):
            yield place, np.flatnonzero(members)
