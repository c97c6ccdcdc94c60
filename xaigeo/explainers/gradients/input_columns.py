"""From points, as networks see rows, back to columns in original units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from xaigeo.schema import FeatureSchema

if TYPE_CHECKING:
    from xaigeo.explainers.gradients.input_space import InputSpace


@dataclass(frozen=True, eq=False)
class InputColumns:
    """Which numbers of a point are a column's, and how it was scaled.

    Arrays of points have shape (n_seeds, ..., d, n_outputs), arrays of columns
    (n_seeds, ..., n_features, n_outputs); the axes between are instances, and draws.

    Attributes
    ----------
    schema : FeatureSchema
    blocks : tuple of slice
        Numbers of each column, side by side and in the order of the columns.
    location, scale : ndarray, shape (n_features,)
        The input of a numeric column is (value - location) / scale.
    sloped : ndarray of bool, shape (n_features,)
        Columns with a slope in original units: numeric ones with an input of their own.
    """

    schema: FeatureSchema
    blocks: tuple[slice, ...]
    location: np.ndarray
    scale: np.ndarray
    sloped: np.ndarray

    @classmethod
    def from_space(cls, space: InputSpace, schema: FeatureSchema) -> InputColumns:
        """Read places and scales off a space and its members' preprocessor."""
        preprocessor = space.members.preprocessor
        return cls(
            schema,
            space.blocks,
            preprocessor.location.numpy().astype(np.float64),
            preprocessor.scale.numpy().astype(np.float64),
            space.numeric & ~schema.discrete,
        )

    def sums(self, attribution: np.ndarray) -> np.ndarray:
        """Return the attributions of columns: the sum over a column's numbers."""
        if all(block.stop - block.start == 1 for block in self.blocks):
            starts = [block.start for block in self.blocks]
            # Mostly the columns stand in their order already, and nothing needs to be copied.
            whole = starts == list(range(attribution.shape[-2]))
            return attribution if whole else np.asarray(attribution[..., starts, :])
        parts = [attribution[..., block, :].sum(axis=-2) for block in self.blocks]
        return np.asarray(np.stack(parts, axis=-2))

    def slopes(self, gradient: np.ndarray) -> np.ndarray:
        """Return gradients per original unit of numeric columns, NaN for all others."""
        slope: np.ndarray = self.sums(gradient) / self.scale[:, None]
        slope[..., ~self.sloped, :] = np.nan
        return slope

    def sensitivities(self, gradient: np.ndarray, factors: np.ndarray) -> np.ndarray:
        """Return gradients on a scale on which columns compare, by `factors`."""
        return self.sums(gradient * factors[..., None])

    def factors(self, points: np.ndarray, usual: np.ndarray, spread: np.ndarray) -> np.ndarray:
        """Return what gradients are multiplied with to compare; see `SaliencyExplainer`.

        `points` are the instances', shape (n_instances, d) or (n_seeds, n_instances, d),
        `usual` their mean over the background, of one row, `spread` the columns' standard
        deviations in it, 0 for a constant one. The answer has the shape of `points`.
        """
        factors: np.ndarray = points - usual
        for block, sloped, deviations in zip(
            self.blocks, self.sloped, spread / self.scale, strict=True
        ):
            if sloped:
                factors[..., block] = deviations
        return factors
