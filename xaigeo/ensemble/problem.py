"""What an ensemble is to learn: rows and labels, read and checked."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from xaigeo.ensemble.members import Task
from xaigeo.ensemble.targets import (
    check_length,
    check_order,
    encode_labels,
    infer_task,
    read_classes,
    target_names,
)
from xaigeo.errors import ConstantFeatureWarning, InputError
from xaigeo.options import check_option
from xaigeo.schema import FeatureSchema, Frame, Matrix


@dataclass(frozen=True, eq=False, kw_only=True)
class Problem:
    """Encoded rows and labels, and what they mean.

    Attributes
    ----------
    rows : ndarray, shape (n_rows, n_features)
        Encoded by `schema`.
    labels : ndarray, shape (n_rows,)
        Class places, or target values for regression, (n_rows, n_targets) with several.
    schema : FeatureSchema
    classes : tuple
        Class labels; for regression the names of the targets.
    task : {"classification", "regression"}
    """

    rows: Matrix
    labels: np.ndarray
    schema: FeatureSchema
    classes: tuple[Any, ...]
    task: Task


def read_problem(X: Frame, y: Any, *, task: Task | None, schema: FeatureSchema | None) -> Problem:
    """Check and encode training data; warn of constant columns.

    Raises
    ------
    InputError
        For one row only, rows that do not fit the schema, labels of another length or order, a
        single class, or missing values.
    """
    if task is not None:
        check_option("task", task, Task)
    columns = schema if schema is not None else FeatureSchema.from_data(X)
    rows = columns.encode(X)
    if len(rows) < 2:
        raise InputError(
            expected="X with at least two rows to train on",
            arrived="1",
            do="Pass the whole training data; one row is enough for predict only.",
        )
    check_order(X, y)
    check_length(y, len(rows))
    task = task or infer_task(y)
    classes = target_names(y) if task == "regression" else read_classes(y)
    labels = encode_labels(y, classes, task, n_rows=len(rows))
    _warn_of_constant_columns(columns, rows)
    return Problem(rows=rows, labels=labels, schema=columns, classes=classes, task=task)


def _warn_of_constant_columns(schema: FeatureSchema, rows: Matrix) -> None:
    spread = np.ptp(rows, axis=0)
    constant = [f.name for f, width in zip(schema.features, spread, strict=True) if width == 0]
    if constant:
        warnings.warn(
            f"Constant in all training rows: {', '.join(constant)}. No model can learn from "
            "such a column and no explanation should credit it; consider dropping it.",
            ConstantFeatureWarning,
            stacklevel=5,  # _warn, read_problem, the delegate, SeedEnsemble's method, the user
        )
