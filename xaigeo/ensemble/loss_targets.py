"""From labels to what a loss takes: targets, their scale, and weights of rows by class."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from xaigeo.ensemble.losses import (
    BinaryCrossEntropy,
    CrossEntropy,
    Loss,
    SquaredError,
    SquaredErrors,
)
from xaigeo.ensemble.preprocessing import DTYPES
from xaigeo.ensemble.problem import Problem
from xaigeo.ensemble.settings import TrainingSettings
from xaigeo.ensemble.split import Split
from xaigeo.ensemble.trainer import LabelledInputs
from xaigeo.errors import InputError


class LossTargets:
    """Targets as the loss takes them, and row weights.

    Parameters
    ----------
    problem : Problem
    split : Split
    settings : TrainingSettings
    n_outputs : int
        Numbers that the network gives for a row: 1 is a single logit of two classes.

    Attributes
    ----------
    targets : Tensor, shape (n_rows,) or (n_rows, n_targets)
    weights : Tensor, shape (n_rows,), or None
        Weights of the rows' classes.
    loss : Loss
    location, scale : float or ndarray
        Shift and scale that turn the network's numbers into regression values.

    Raises
    ------
    InputError
        For class weights that do not fit the classes, or of a regression.
    """

    def __init__(
        self, problem: Problem, split: Split, settings: TrainingSettings, n_outputs: int
    ) -> None:
        labels, dtype = problem.labels, DTYPES[settings.dtype]
        self.location: float | np.ndarray = 0.0
        self.scale: float | np.ndarray = 1.0
        self.weights: Tensor | None = None
        self.loss: Loss
        if problem.task == "regression":
            if settings.class_weight is not None:
                raise InputError(
                    expected="class_weight=None for regression",
                    arrived=repr(settings.class_weight),
                    do="Leave class_weight out; it weighs classes.",
                )
            train = labels[split.train]
            if settings.standardise and labels.ndim == 1:
                self.location = float(train.mean())
                self.scale = float(train.std()) or 1.0
            elif settings.standardise:
                self.location, spread = train.mean(axis=0), train.std(axis=0)
                self.scale = np.where(spread > 0, spread, 1.0)
            labels = (labels - self.location) / self.scale
            self.loss = SquaredError() if labels.ndim == 1 else SquaredErrors()
        else:
            self.loss = BinaryCrossEntropy() if n_outputs == 1 else CrossEntropy()
            by_class = _class_weights(problem, split, settings.class_weight)
            if by_class is not None:
                self.weights = torch.as_tensor(by_class[labels], dtype=dtype)
        whole = isinstance(self.loss, CrossEntropy)
        self.targets = torch.as_tensor(labels, dtype=torch.int64 if whole else dtype)

    def select(self, inputs: Tensor, places: np.ndarray) -> LabelledInputs:
        """Return the rows at these places, with their targets and weights."""
        index = torch.as_tensor(places)
        weights = None if self.weights is None else self.weights[index]
        return LabelledInputs(inputs[index], self.targets[index], weights)


def _class_weights(
    problem: Problem, split: Split, given: Mapping[Any, float] | str | None
) -> np.ndarray | None:
    if given is None:
        return None
    if isinstance(given, str):
        counts = np.bincount(problem.labels[split.train], minlength=len(problem.classes))
        return np.asarray(len(split.train) / (len(counts) * np.maximum(counts, 1)))
    if set(given) != set(problem.classes) or not all(weight > 0 for weight in given.values()):
        raise InputError(
            expected=f"class_weight with a positive number for each of "
            f"{', '.join(map(str, problem.classes))}",
            arrived=repr(dict(given)),
            do="Name every class once, or pass class_weight='balanced'.",
        )
    return np.array([float(given[label]) for label in problem.classes])
