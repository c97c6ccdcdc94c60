"""Where integrated gradients start from: a row that stands for nothing in particular."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import pandas as pd

from xaigeo.errors import InputError
from xaigeo.explainers.background import Background
from xaigeo.options import check_option

if TYPE_CHECKING:
    from torch import Tensor

    from xaigeo.ensemble.torch_members import TorchMembers

BaselineName = Literal["mean", "median", "zero"]
Baseline = BaselineName | Mapping[str, Any]


def check_baseline(baseline: object) -> None:
    """Raise unless this is a baseline's name or a mapping from columns to values."""
    if isinstance(baseline, Mapping):
        return
    if not isinstance(baseline, str):
        raise InputError(
            expected=f"baseline to be one of {', '.join(map(repr, get_args(BaselineName)))} or a "
            "mapping from each column to its value",
            arrived=type(baseline).__name__,
            do="Pass a row as dict(X.iloc[0]).",
        )
    check_option("baseline", baseline, BaselineName)


def baseline_inputs(baseline: Baseline, members: TorchMembers, background: Background) -> Tensor:
    """Return a baseline as inputs of the networks, shape (1, n_inputs)."""
    import torch

    if baseline == "zero":
        return torch.zeros((1, members.preprocessor.n_inputs), dtype=members.dtype)
    if baseline == "mean":
        # Inputs are affine in numbers and indicators of categories, so their mean is the
        # input of the mean number and holds each category's share.
        inputs = members.inputs(background.rows)
        return inputs.to(torch.float64).mean(dim=0, keepdim=True).to(members.dtype)
    return members.inputs(baseline_row(baseline, background))


def baseline_row(baseline: Baseline, background: Background) -> np.ndarray:
    """Return the encoded row of a median or given baseline, shape (1, n_features)."""
    schema = background.schema
    if isinstance(baseline, Mapping):
        frame = pd.DataFrame([dict(baseline)])
        return schema.encode(frame, what="baseline")
    middle = np.median(background.rows, axis=0)
    lower = np.quantile(background.rows, 0.5, axis=0, method="inverted_cdf")
    row: np.ndarray = np.where(schema.discrete, lower, middle)
    for j, feature in enumerate(schema.features):
        if feature.kind == "categorical":
            row[j] = background.frequencies[j].argmax()
    return row[None]


def describe_baseline(
    baseline: Baseline, members: TorchMembers, background: Background
) -> dict[str, Any]:
    """Return what a baseline is, by column and in original units, JSON-able.

    A categorical column of the mean is a mapping from category to share; of "zero", which is
    zero in every input of the networks, it is None.
    """
    schema = background.schema
    if baseline in ("mean", "zero"):
        center = background.location if baseline == "mean" else members.preprocessor.location
        return {
            feature.name: _shares(feature.categories, background.frequencies[j], str(baseline))
            if feature.kind == "categorical"
            else float(center[j])
            for j, feature in enumerate(schema.features)
        }
    row = schema.decode(baseline_row(baseline, background)).iloc[0]
    return {
        str(name): value.item() if isinstance(value, np.generic) else value
        for name, value in row.items()
    }


def _shares(
    categories: tuple[Any, ...], shares: np.ndarray, baseline: str
) -> dict[str, float] | None:
    if baseline == "zero":
        return None
    return {str(c): float(share) for c, share in zip(categories, shares, strict=True)}
