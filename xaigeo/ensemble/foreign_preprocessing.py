"""A user's own preprocessing before wrapped modules, and what can be learned by trying it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from xaigeo.ensemble.preprocessing import rows_tensor
from xaigeo.errors import InputError
from xaigeo.schema import FeatureSchema, Matrix

# Values tried per numeric column, and how far from a straight line counts as bent.
N_TRIED = 5
BENT = 1e-5


class ForeignPreprocessor(nn.Module):
    """Rows through a fitted transformer, a callable or a module that is not ours.

    What gradient methods need is found by trying: changing one feature at a time shows which
    inputs it moves (`blocks`, None unless each feature moves a run of columns of its own), and
    a few values of a numeric feature show whether its input is ``(x - location) / scale``
    (None unless all numeric features are such).

    Parameters
    ----------
    transform : transformer, callable or nn.Module
        A module takes encoded rows as a float64 tensor; the others take what the schema was
        read from.
    schema : FeatureSchema
    dtype : torch.dtype
        Of the modules' weights.
    """

    def __init__(self, transform: Any, schema: FeatureSchema, dtype: torch.dtype) -> None:
        super().__init__()
        self.transform = transform
        self.schema = schema
        self.dtype = dtype
        base = _base_row(schema)
        self.n_inputs = int(self(rows_tensor(base)).shape[1])
        self.blocks: list[slice] | None = self._find_blocks(base)
        self.location, self.scale = self._find_scaling(base)

    def forward(self, rows: Tensor) -> Tensor:
        """Return the inputs, shape (n_rows, n_inputs), of encoded rows (n_rows, n_features)."""
        if isinstance(self.transform, nn.Module):
            answer = self.transform(rows)
        else:
            call: Callable[[Any], Any] = getattr(self.transform, "transform", self.transform)
            answer = call(self.schema.to_model_input(rows.detach().numpy()))
            if hasattr(answer, "toarray"):  # one-hot encoders give sparse matrices
                answer = answer.toarray()
            answer = rows_tensor(np.asarray(answer))
        if answer.ndim != 2 or len(answer) != len(rows):
            raise InputError(
                expected=f"preprocess to give shape ({len(rows)}, n_inputs)",
                arrived=f"shape {tuple(answer.shape)}",
                do="Return one row of numbers for each row.",
            )
        inputs: Tensor = answer.to(self.dtype)
        return inputs

    def _inputs(self, rows: Matrix) -> np.ndarray:
        with torch.no_grad():
            return np.asarray(self(rows_tensor(rows)).to(torch.float64).numpy())

    def _tried(self, base: Matrix, place: int) -> Matrix:
        feature = self.schema.features[place]
        values = (
            np.arange(len(feature.categories), dtype=np.float64)
            if feature.is_discrete
            else np.linspace(feature.lower, feature.upper, N_TRIED)
        )
        rows = np.repeat(base, len(values), axis=0)
        rows[:, place] = values
        return rows

    def _find_blocks(self, base: Matrix) -> list[slice] | None:
        blocks, taken = [], np.zeros(self.n_inputs, dtype=bool)
        for place in range(self.schema.n_features):
            moved = np.flatnonzero(np.ptp(self._inputs(self._tried(base, place)), axis=0) > 0)
            if not len(moved) or moved[-1] - moved[0] + 1 != len(moved) or taken[moved].any():
                return None
            taken[moved] = True
            blocks.append(slice(int(moved[0]), int(moved[-1]) + 1))
        return blocks

    def _find_scaling(self, base: Matrix) -> tuple[Tensor | None, Tensor | None]:
        location, scale = np.zeros(self.schema.n_features), np.ones(self.schema.n_features)
        for place, feature in enumerate(self.schema.features):
            if feature.is_discrete:
                continue
            if self.blocks is None or self.blocks[place].stop - self.blocks[place].start != 1:
                return None, None
            rows = self._tried(base, place)
            x, z = rows[:, place], self._inputs(rows)[:, self.blocks[place].start]
            slope = (z[-1] - z[0]) / (x[-1] - x[0])
            line = z[0] + slope * (x - x[0])
            if np.abs(z - line).max() > BENT * np.abs(z).max():
                return None, None
            scale[place], location[place] = 1.0 / slope, x[0] - z[0] / slope
        return torch.as_tensor(location), torch.as_tensor(scale)


def _base_row(schema: FeatureSchema) -> Matrix:
    middle = [0.0 if f.is_discrete else (f.lower + f.upper) / 2 for f in schema.features]
    return np.array([middle])
