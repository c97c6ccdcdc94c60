"""From encoded rows to the numbers a network reads: standardise, one-hot, cast."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from xaigeo.schema import FeatureSchema, Matrix

DTYPES = {"float32": torch.float32, "float64": torch.float64}


def rows_tensor(rows: Matrix) -> Tensor:
    """Return encoded rows as a float64 tensor; read-only arrays (joblib's) are copied."""
    return torch.from_numpy(np.require(rows, np.float64, ["C", "W"]))


class Preprocessor(nn.Module):
    """Standardise numeric and ordinal columns, one-hot encode categorical ones.

    The inputs of feature j are the columns ``blocks[j]``: one column
    ``(x - location[j]) / scale[j]`` for a numeric or ordinal feature (an ordinal one by its
    code), one column a category for a categorical feature, whose location is 0 and scale 1.

    Attributes
    ----------
    blocks : list of slice
        Columns of each feature in the inputs, in the order of the schema.
    owners : ndarray, shape (n_inputs,)
        Place of the feature that each input comes from.
    location, scale : Tensor, shape (n_features,)
        Original units, float64; buffers.
    n_inputs : int
    dtype : torch.dtype
        Of the inputs.
    """

    location: Tensor
    scale: Tensor

    def __init__(
        self,
        schema: FeatureSchema,
        location: np.ndarray,
        scale: np.ndarray,
        *,
        dtype: str = "float32",
    ) -> None:
        super().__init__()
        self.widths = [len(f.categories) if f.kind == "categorical" else 1 for f in schema.features]
        ends = np.cumsum(self.widths)
        self.blocks: list[slice] | None = [
            slice(int(end) - width, int(end)) for end, width in zip(ends, self.widths, strict=True)
        ]
        self.owners = np.repeat(np.arange(len(self.widths)), self.widths)
        self.categorical = [f.kind == "categorical" for f in schema.features]
        self.n_inputs = int(ends[-1])
        self.dtype = DTYPES[dtype]
        self.register_buffer("location", torch.as_tensor(location, dtype=torch.float64))
        self.register_buffer("scale", torch.as_tensor(scale, dtype=torch.float64))

    @classmethod
    def from_rows(
        cls,
        schema: FeatureSchema,
        rows: Matrix,
        *,
        standardise: bool = True,
        dtype: str = "float32",
    ) -> Preprocessor:
        """Fit means and population standard deviations on encoded training rows."""
        location, scale = np.zeros(schema.n_features), np.ones(schema.n_features)
        if standardise:
            plain = np.array([f.kind != "categorical" for f in schema.features])
            spread = rows.std(axis=0)
            location = np.where(plain, rows.mean(axis=0), 0.0)
            scale = np.where(plain & (spread > 0), spread, 1.0)
        return cls(schema, location, scale, dtype=dtype)

    def forward(self, rows: Tensor) -> Tensor:
        """Return the inputs, shape (n_rows, n_inputs), of encoded rows (n_rows, n_features)."""
        plain = (rows.to(torch.float64) - self.location) / self.scale
        if not any(self.categorical):
            return plain.to(self.dtype)
        pieces = [
            nn.functional.one_hot(rows[:, j].round().long(), width).to(self.dtype)
            if categorical
            else plain[:, j : j + 1].to(self.dtype)
            for j, (categorical, width) in enumerate(
                zip(self.categorical, self.widths, strict=True)
            )
        ]
        return torch.cat(pieces, dim=1)

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-able description."""
        return {
            "location": self.location.tolist(),
            "scale": self.scale.tolist(),
            "dtype": str(self.dtype).removeprefix("torch."),
        }

    @classmethod
    def from_dict(cls, schema: FeatureSchema, description: Mapping[str, Any]) -> Preprocessor:
        """Build the preprocessor that `to_dict` described."""
        return cls(
            schema,
            np.array(description["location"]),
            np.array(description["scale"]),
            dtype=description["dtype"],
        )
