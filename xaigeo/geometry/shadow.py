"""What a mark draws: columns that stay as they are in every view, and columns that move."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import cached_property
from typing import ClassVar

import numpy as np
import pandas as pd

from xaigeo.geometry.table import Columns
from xaigeo.geometry.view import View

Tables = dict[str, pd.DataFrame]
Moving = dict[str, dict[str, np.ndarray]]


class Shadow(ABC):
    """One exact object and what it throws on any plane.

    A tour shows an object in many planes. What is said about it is written once; only the
    columns of `moving` are made again for each view.
    """

    columns: ClassVar[Mapping[str, Columns]] = {}

    @abstractmethod
    def facts(self) -> Tables:
        """Return the columns that no view changes, one table for each name in `columns`."""

    @abstractmethod
    def moving(self, view: View) -> Moving:
        """Return the other columns by table, each with one value for a row of the facts."""

    @cached_property
    def still(self) -> Tables:
        """The facts, made once, with the declared columns alone."""
        return {
            name: facts[[column for column in self.columns[name] if column in facts]]
            for name, facts in self.facts().items()
        }

    def tables(self, view: View) -> Tables:
        """Return whole tables for one view."""
        moving = self.moving(view)
        return {
            name: self.still[name].assign(**moving.get(name, {}))[list(wanted)]
            for name, wanted in self.columns.items()
        }


def part(columns: Columns, without: Mapping[str, object] | tuple[str, ...]) -> Columns:
    """Return the declared columns that are not among others."""
    return {name: dtype for name, dtype in columns.items() if name not in without}


def joined(*layers: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the columns of layers one under the other, flat."""
    return {
        name: np.concatenate([np.reshape(layer[name], -1) for layer in layers])
        for name in layers[0]
    }


def xy(points: np.ndarray, x: str = "x", y: str = "y") -> dict[str, np.ndarray]:
    """Return points (..., 2) as two named columns."""
    return {x: points[..., 0], y: points[..., 1]}
