"""What the seeds say at each instance, and their attributions there, as plain arrays."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeVar

import numpy as np

from xaigeo.agreement.places import Spans, rank_span

Self = TypeVar("Self", bound="Compared")


@dataclass(frozen=True, eq=False, kw_only=True)
class Compared:
    """What the seeds say at each instance.

    Attributes
    ----------
    labels : ndarray of int, shape (n_seeds, n_instances)
        Predicted class places; all 0 for regression.
    reference : ndarray of int, shape (n_instances,)
        The class that most seeds predict; 0 for regression.
    """

    labels: np.ndarray
    reference: np.ndarray

    @property
    def n_seeds(self) -> int:
        """Number of seeds."""
        return len(self.labels)

    @property
    def n_instances(self) -> int:
        """Number of instances."""
        return int(self.labels.shape[1])

    def shuffled(self: Self, rng: np.random.Generator) -> Self:
        """Return unrelated explanations made of the same parts, for null values."""
        return self

    def at(self: Self, places: np.ndarray) -> Self:
        """Return the comparison of some instances."""
        return replace(self, labels=self.labels[:, places], reference=self.reference[places])


@dataclass(frozen=True, eq=False, kw_only=True)
class ComparedAttributions(Compared):
    """Attributions of one output an instance.

    Attributes
    ----------
    values : ndarray, shape (n_seeds, n_instances, n_features)
    k : int
        Number of top features.
    signed : bool
        Whether the values have a sign, and are not sizes alone.
    """

    values: np.ndarray
    k: int
    signed: bool = True

    @cached_property
    def has_ties(self) -> bool:
        """Whether any seed ties two features, so that textbook null values do not hold."""
        first, last = self.spans
        return bool((first != last).any())

    @cached_property
    def spans(self) -> Spans:
        """First and last rank that each feature may hold, shapes as `values`."""
        return rank_span(self.values)

    @property
    def cells(self) -> np.ndarray:
        """The attributions of all instances and features, shape (n_seeds, n_cells)."""
        return self.values.reshape(self.n_seeds, -1)

    def shuffled(self, rng: np.random.Generator) -> ComparedAttributions:
        """Deal every seed's attributions to the features at random."""
        return replace(self, values=rng.permuted(self.values, axis=-1))

    def at(self, places: np.ndarray) -> ComparedAttributions:
        """Return the comparison of some instances."""
        return replace(
            self,
            values=self.values[:, places],
            labels=self.labels[:, places],
            reference=self.reference[places],
        )
