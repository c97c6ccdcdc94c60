"""Where attributions start from: a row that stands for nothing in particular."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import pandas as pd

from xaigeo.errors import InputError
from xaigeo.explainers.background import Background
from xaigeo.options import check_option
from xaigeo.schema import FeatureSchema

if TYPE_CHECKING:
    from torch import Tensor

    from xaigeo.explainers.gradients.input_space import InputSpace

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


def baseline_point(baseline: Baseline, space: InputSpace, background: Background) -> Tensor:
    """Return a baseline as a point, shape (1, d) or (n_seeds, 1, d)."""
    import torch

    if baseline == "mean":
        # Points are affine in numbers and indicators of categories, so their mean is the point
        # of the mean number and holds each category's share.
        return space.mean_point(background.rows).to(space.members.dtype)
    if baseline == "zero":
        return torch.zeros_like(space.points(background.rows[:1]))
    return space.points(baseline_row(baseline, background))


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


def check_baseline_row(baseline: Baseline, schema: FeatureSchema) -> None:
    """Raise when a baseline given as a mapping is no row of the schema."""
    if isinstance(baseline, Mapping):
        schema.encode(pd.DataFrame([dict(baseline)]), what="baseline")


def plain_baseline(baseline: Baseline) -> str | dict[str, Any]:
    """Return a baseline as a JSON-able parameter."""
    if isinstance(baseline, Mapping):
        return _plain(baseline)
    return baseline


def describe_baseline(
    baseline: Baseline, background: Background, space: InputSpace | None
) -> dict[str, Any]:
    """Return what a baseline is, by column and in original units, JSON-able.

    A categorical column of the mean is a mapping from category to share; of "zero", which is
    zero in every number of a point, it is None, as is every column of a layer.
    """
    schema = background.schema
    if baseline == "mean":
        return {
            feature.name: {
                str(c): float(share)
                for c, share in zip(feature.categories, background.frequencies[j], strict=True)
            }
            if feature.kind == "categorical"
            else float(background.location[j])
            for j, feature in enumerate(schema.features)
        }
    if baseline == "zero":
        assert space is not None  # only networks have a zero
        location = space.members.preprocessor.location
        return {
            feature.name: float(location[j])
            if space.numeric[j] and feature.kind != "categorical"
            else None
            for j, feature in enumerate(schema.features)
        }
    row = schema.decode(baseline_row(baseline, background)).iloc[0]
    return _plain({str(name): value for name, value in row.items()})


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        str(name): value.item() if isinstance(value, np.generic) else value
        for name, value in row.items()
    }
