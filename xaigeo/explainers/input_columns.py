"""From the inputs of networks back to columns in original units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from xaigeo.schema import FeatureSchema

if TYPE_CHECKING:
    from xaigeo.ensemble.torch_members import TorchMembers


@dataclass(frozen=True, eq=False)
class InputColumns:
    """Where each column is among the inputs, and how it was scaled.

    Arrays of inputs have shape (n_seeds, n_instances, n_inputs, n_outputs), arrays of columns
    (n_seeds, n_instances, n_features, n_outputs).

    Attributes
    ----------
    schema : FeatureSchema
    blocks : tuple of slice
        Inputs of each column.
    location, scale : ndarray, shape (n_features,)
        The input of a numeric column is (value - location) / scale.
    """

    schema: FeatureSchema
    blocks: tuple[slice, ...]
    location: np.ndarray
    scale: np.ndarray

    @classmethod
    def from_members(cls, members: TorchMembers, schema: FeatureSchema) -> InputColumns:
        """Read the places and scales off the members' preprocessor."""
        preprocessor = members.preprocessor
        return cls(
            schema,
            tuple(preprocessor.blocks),
            preprocessor.location.numpy().astype(np.float64),
            preprocessor.scale.numpy().astype(np.float64),
        )

    def sums(self, attribution: np.ndarray) -> np.ndarray:
        """Return the attributions of columns: the sum over a column's inputs."""
        parts = [attribution[:, :, block].sum(axis=2) for block in self.blocks]
        return np.asarray(np.stack(parts, axis=2))

    def slopes(self, gradient: np.ndarray) -> np.ndarray:
        """Return gradients per original unit of numeric columns, NaN for all others."""
        slope: np.ndarray = self.sums(gradient) / self.scale[:, None]
        slope[:, :, self.schema.discrete] = np.nan
        return slope

    def sensitivities(
        self, gradient: np.ndarray, inputs: np.ndarray, usual: np.ndarray, spread: np.ndarray
    ) -> np.ndarray:
        """Return gradients on a scale on which columns compare; see `SaliencyExplainer`.

        `inputs` are the instances', shape (n_instances, n_inputs), `usual` their mean over
        the background, `spread` the columns' standard deviations in it.
        """
        by_deviation: np.ndarray = self.sums(gradient) * (spread / self.scale)[:, None]
        by_category = self.sums(gradient * (inputs - usual)[None, :, :, None])
        return np.where(self.schema.discrete[:, None], by_category, by_deviation)
