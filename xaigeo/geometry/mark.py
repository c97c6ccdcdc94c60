"""What every mark is: exact in all features, drawn only for a view."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, TypeVar

import numpy as np
import pandas as pd

from xaigeo.geometry.groups import Groups
from xaigeo.geometry.shadow import Shadow, Tables
from xaigeo.geometry.standard_frame import StandardFrame
from xaigeo.geometry.table import KEYS, Columns, Dtype, labels, table
from xaigeo.geometry.view import FeaturePair, Projection
from xaigeo.schema import FeatureSchema, Matrix

__all__ = ["Canvas", "Mark", "Tables"]

M = TypeVar("M", bound="Mark")
# How far the data's ranges are widened where an open side of a box must end somewhere.
PADDING: Final = 0.05


@dataclass(frozen=True, eq=False, kw_only=True)
class Canvas:
    """What marks are drawn on.

    Attributes
    ----------
    view : FeaturePair or Projection
    frame : StandardFrame
        The one that the view is a plane of.
    limits : ndarray, shape (2, 2)
        Smallest and largest value as rows, x and y as columns, in view units.
    background : ndarray, shape (n_background, n_features)
        Encoded rows of the data.
    arrow_scale : Mapping[str, float]
        Standard deviations drawn for one output unit, by method.
    staircase : bool
        Whether arrows are also drawn head to tail.
    """

    view: FeaturePair | Projection
    frame: StandardFrame
    limits: np.ndarray
    background: Matrix
    arrow_scale: Mapping[str, float]
    staircase: bool = False

    @property
    def room(self) -> float:
        """The smaller side of the picture in standard deviations."""
        return float(((self.limits[1] - self.limits[0]) / self.view.scale).min())

    @property
    def components(self) -> np.ndarray:
        """Places of the features whose arrows are drawn: those on the axes, or all numeric."""
        return np.array(self.view.shown or np.flatnonzero(~self.frame.discrete), dtype=np.intp)

    def range_with(self, rows: Matrix) -> tuple[np.ndarray, np.ndarray]:
        """Return the ends of the data's ranges, widened to hold some rows, (n_features,) each."""
        every = np.concatenate([self.background, rows])
        low, high = every.min(axis=0), every.max(axis=0)
        return low - PADDING * (high - low), high + PADDING * (high - low)


@dataclass(frozen=True, eq=False, kw_only=True)
class Mark(ABC):
    """One explanation as an exact object in the space of all features.

    Attributes
    ----------
    method : str
    schema : FeatureSchema
    outputs : tuple of str
    seeds : ndarray, shape (n_seeds,)
    instances : ndarray, shape (n_instances,)
        Labels.
    rows : ndarray, shape (n_instances, n_features)
        Encoded instances.
    predicted : ndarray of int, shape (n_seeds, n_instances)
        Place of the predicted class; 0 for a regression.
    frame : StandardFrame
    modes : ndarray of int, shape (n_seeds,), optional
        Explanatory mode of each seed; 0 is the largest.
    """

    method: str
    schema: FeatureSchema
    outputs: tuple[str, ...]
    seeds: np.ndarray
    instances: np.ndarray
    rows: Matrix
    predicted: np.ndarray
    frame: StandardFrame
    modes: np.ndarray | None = None

    columns: ClassVar[dict[str, Columns]] = {}

    @abstractmethod
    def shadows(self, canvas: Canvas) -> Sequence[Shadow]:
        """Return what the mark draws in any projection, made ready once."""

    def draw(self, canvas: Canvas) -> Tables:
        """Return the mark in view units: one table for each name in `columns`."""
        drawn: Tables = {}
        for shadow in self.shadows(canvas):
            drawn |= shadow.tables(canvas.view)
        return drawn

    @abstractmethod
    def to_frame(self) -> pd.DataFrame:
        """Return the exact mark, one row per seed, instance and feature."""

    @property
    def origin(self) -> np.ndarray:
        """Standardised instances, shape (n_instances, n_features)."""
        return self.frame.points(self.rows)

    def seed_keys(self, n: int = 1) -> dict[str, Any]:
        """Return the key columns of a seed layer with `n` rows a seed and instance."""
        shape = (len(self.seeds), len(self.instances), n)
        seed, instance, _ = np.indices(shape)
        return {
            "method": self.method,
            "layer": "seed",
            "seed": self.seeds[seed],
            "instance": self.instances[instance],
        }

    def group_keys(self, instance: np.ndarray, layer: str = "consensus") -> dict[str, Any]:
        """Return the key columns of a layer over seeds, for places of instances."""
        return {
            "method": self.method,
            "layer": layer,
            "seed": pd.NA,
            "instance": self.instances[instance],
        }

    @property
    def mode(self) -> np.ndarray:
        """Mode of each seed, shape (n_seeds, n_instances); 0 where none were given."""
        own = np.zeros(len(self.seeds), dtype=np.int64) if self.modes is None else self.modes
        return np.broadcast_to(own[:, None], self.predicted.shape)

    def groups(self, *keys: np.ndarray) -> Groups:
        """Return the seeds by answer, further keys and mode: what may be averaged."""
        return Groups.by(self.predicted, *keys, self.mode)

    def answers(self) -> dict[str, np.ndarray]:
        """Return `predicted`, `mode` and `group` of seeds, shape (n_seeds, n_instances) each."""
        predicted, mode = self.names(self.predicted), self.mode
        if self.modes is None or not self.modes.any():
            return {"predicted": predicted, "mode": mode, "group": predicted}
        group = np.empty(predicted.shape, dtype=object)
        for place in np.ndindex(group.shape):
            group[place] = f"{predicted[place]}, mode {mode[place] + 1}"
        return {"predicted": predicted, "mode": mode, "group": group}

    def group_answers(self, groups: Groups) -> dict[str, np.ndarray]:
        """Return the same of groups of seeds, shape (n_groups,) each."""
        return {name: groups.shared(values) for name, values in self.answers().items()}

    def names(self, places: np.ndarray) -> np.ndarray:
        """Return output names at places, an object array."""
        return labels(self.outputs, places)

    def feature_table(self, extra: Mapping[str, Dtype], values: Mapping[str, Any]) -> pd.DataFrame:
        """Return arrays of shape (n_seeds, n_instances, n_features) as a tidy table."""
        n = self.schema.n_features
        feature = np.broadcast_to(
            labels(self.schema.names, np.arange(n)), (len(self.seeds), len(self.instances), n)
        )
        keys = self.seed_keys(n) | {"feature": feature}
        del keys["layer"]
        columns: dict[str, Dtype] = {k: d for k, d in KEYS.items() if k != "layer"}
        return table(columns | {"feature": "text"} | dict(extra), keys | dict(values))
