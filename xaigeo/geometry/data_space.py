"""The space that views are planes of: the standardised background of some explanations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from xaigeo.errors import InputError
from xaigeo.explanations import Explanation
from xaigeo.geometry.scene_input import gather
from xaigeo.geometry.standard_frame import StandardFrame
from xaigeo.schema import FeatureSchema, Matrix


@dataclass(frozen=True, eq=False)
class DataSpace:
    """A background and the frame that standardises by it.

    Attributes
    ----------
    explanation : Explanation
        The one with the largest background.
    rows : ndarray, shape (n_background, n_features)
        Encoded.
    frame : StandardFrame
    """

    explanation: Explanation
    rows: Matrix
    frame: StandardFrame

    @classmethod
    def of(cls, given: Sequence[Explanation]) -> DataSpace:
        """Take the widest background of some explanations."""
        widest = max(given, key=lambda e: len(e.array("background")))
        rows = widest.array("background")
        return cls(widest, rows, StandardFrame.from_rows(widest.schema, rows))

    @classmethod
    def gathered(cls, explanations: Explanation | Sequence[Explanation]) -> DataSpace:
        """Check that explanations belong together and take their widest background."""
        return cls.of(gather(explanations))

    @property
    def schema(self) -> FeatureSchema:
        """Columns of the data."""
        return self.explanation.schema

    @property
    def z(self) -> np.ndarray:
        """Standardised background, shape (n_background, n_features); categories are 0."""
        return self.frame.points(self.rows)

    @property
    def numeric(self) -> np.ndarray:
        """Places of the numeric columns, shape (n_numeric,)."""
        return np.flatnonzero(~self.schema.discrete)

    def embed(self, columns: np.ndarray) -> np.ndarray:
        """Return columns over numeric features, with 0 for categories, (n_features, k)."""
        full = np.zeros((self.schema.n_features, columns.shape[1]))
        full[self.numeric] = columns
        return full

    def need(self, n_numeric: int, what: str) -> None:
        """Raise unless there are enough numeric columns.

        Raises
        ------
        InputError
            With the number that there is.
        """
        if len(self.numeric) < n_numeric:
            raise InputError(
                expected=f"at least {n_numeric} numeric columns for {what}",
                arrived=f"{len(self.numeric)}",
                do="Use a pair of columns where there are two; categories have no place on an axis."
                if len(self.numeric) == 2
                else "Draw data with more numeric columns; categories have no place on an axis.",
            )
