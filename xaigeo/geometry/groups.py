"""Seeds that answer alike at an instance, kept apart before anything is averaged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Groups:
    """Sets of seeds by instance.

    Attributes
    ----------
    instance : ndarray of int, shape (n_groups,)
        Place of the instance.
    keys : ndarray of int, shape (n_groups, n_keys)
        What the seeds of a group share: first of all the predicted class.
    members : ndarray of bool, shape (n_groups, n_seeds)
    """

    instance: np.ndarray
    keys: np.ndarray
    members: np.ndarray

    @classmethod
    def by(cls, *keys: np.ndarray) -> Groups:
        """Group seeds by integer keys, each of shape (n_seeds, n_instances)."""
        n_seeds, n_instances = keys[0].shape
        seed, instance = np.indices((n_seeds, n_instances)).reshape(2, -1)
        rows = np.column_stack([instance, *(key.reshape(-1) for key in keys)])
        unique, inverse = np.unique(rows, axis=0, return_inverse=True)
        members = np.zeros((len(unique), n_seeds), dtype=bool)
        members[inverse.reshape(-1), seed] = True
        return cls(unique[:, 0], unique[:, 1:], members)

    @property
    def sizes(self) -> np.ndarray:
        """Number of seeds in each group, shape (n_groups,)."""
        return np.asarray(self.members.sum(axis=1))

    @property
    def shares(self) -> np.ndarray:
        """Share of all seeds in each group, shape (n_groups,)."""
        return np.asarray(self.members.mean(axis=1))

    def __len__(self) -> int:
        return len(self.instance)

    def __iter__(self) -> Iterator[tuple[int, np.ndarray]]:
        """Yield the place of the instance and the places of the seeds, group by group."""
        for place, members in zip(self.instance.tolist(), self.members, strict=True):
            yield place, np.flatnonzero(members)
