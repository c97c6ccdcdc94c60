"""Trying a user's module on a few rows before anything is built on it."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from xaigeo.ensemble.module_output import ModuleOutput
from xaigeo.ensemble.preprocessing import rows_tensor
from xaigeo.errors import InputError
from xaigeo.schema import FeatureSchema, Matrix

N_ROWS = 16

# How far outputs may be from the range 0 to 1, and their sum from one, as probabilities.
NEARLY = 1e-4


def probe_rows(schema: FeatureSchema) -> Matrix:
    """Return encoded rows spread over what the columns hold, shape (N_ROWS, n_features)."""
    lower = np.array([feature.lower for feature in schema.features])
    upper = np.array([feature.upper for feature in schema.features])
    shares = np.random.default_rng(0).uniform(size=(N_ROWS, schema.n_features))
    rows: Matrix = lower + (upper - lower) * shares
    rows[:, schema.discrete] = rows[:, schema.discrete].round()
    return rows


def probe_inputs(schema: FeatureSchema, preprocessor: Any) -> Tensor:
    """Return the inputs that a preprocessor makes of `probe_rows`, (N_ROWS, n_inputs)."""
    with torch.no_grad():
        inputs: Tensor = preprocessor(rows_tensor(probe_rows(schema)))
    return inputs


def answer_of(module: nn.Module, inputs: Tensor, schema: FeatureSchema) -> Any:
    """Return what a module gives in evaluation mode, left as it was otherwise.

    Raises
    ------
    InputError
        If the module fails, whatever it raises.
    """
    n_inputs = inputs.shape[1]
    try:
        return _run(module, inputs)
    except InputError:
        raise
    except Exception as error:
        raise InputError(
            expected=f"a module that takes {n_inputs} inputs ({schema.n_features} columns, "
            f"{n_inputs} numbers after one-hot encoding)",
            arrived=f"one that fails on them: {type(error).__name__}: {error}",
            do="Let forward take one tensor of shape (n_rows, n_inputs); a factory "
            "make_model(n_inputs, n_outputs) is told both sizes.",
        ) from error


def check_module(
    module: nn.Module,
    inputs: Tensor,
    schema: FeatureSchema,
    *,
    n_classes: int | None,
    n_targets: int | None = None,
) -> int:
    """Return how many outputs a module gives for a row, after trying it on `probe_inputs`.

    `n_classes` is None for regression, and where any number will do; `n_targets` is None for
    classification.

    Raises
    ------
    InputError
        If the module fails on these inputs or on one row alone, gives another number of
        outputs, or gives probabilities for logits or the reverse.
    """
    _refuse_last_layer(module)
    probability = isinstance(module, ModuleOutput) and module.gives == "probability"
    if isinstance(module, ModuleOutput):
        module = ModuleOutput(module.module, module.output, "logit").eval()
    outputs = answer_of(module, inputs, schema)
    given = tuple(outputs.shape) if isinstance(outputs, Tensor) else None
    if (
        given is None
        or len(given) != 2
        or given[0] != len(inputs)
        or not _fits(given[1], n_classes, n_targets)
    ):
        width = n_targets or n_classes or "n_classes"
        what = "one logit a class"
        if n_targets is not None:
            what = "one value" if n_targets == 1 else "one value a target"
        also = " (or a single logit for two classes)" if n_classes == 2 else ""
        arrived = type(outputs).__name__ if given is None else f"shape {given}"
        raise InputError(
            expected=f"a module that gives shape (n_rows, {width}): {what}{also}",
            arrived=f"{arrived} for {len(inputs)} rows",
            do="Change the last layer, or name one of several outputs with output=... in "
            "SeedEnsemble.wrap.",
        )
    _check_one_row(module, inputs)
    if probability:
        check_probabilities(outputs)
    elif n_targets is None:
        refuse_probabilities(outputs)
    return int(given[1])


def _run(module: nn.Module, inputs: Tensor) -> Any:
    was_training = module.training
    try:
        with torch.no_grad(), torch.random.fork_rng(devices=[]):
            return module.eval()(inputs)
    finally:
        module.train(was_training)


def _fits(width: int, n_classes: int | None, n_targets: int | None) -> bool:
    if n_targets is not None:
        return width == n_targets
    if n_classes is None:
        return width > 0
    return width == n_classes or (n_classes == 2 and width == 1)


def _check_one_row(module: nn.Module, inputs: Tensor) -> None:
    try:
        _run(module, inputs[:1])
    except Exception as error:
        raise InputError(
            expected="a module that answers for one row as for many",
            arrived=f"one that fails on a single row: {type(error).__name__}: {error}",
            do="Let no row depend on the others when predicting; batch normalisation needs "
            "track_running_stats=True, its default.",
        ) from error


def _refuse_last_layer(module: nn.Module) -> None:
    last = module
    while isinstance(last, nn.Sequential) and len(last):
        last = last[-1]
    if last is not module and isinstance(last, nn.Softmax | nn.Sigmoid):
        raise InputError(
            expected="a module that ends in logits or values",
            arrived=f"one that ends in {type(last).__name__}",
            do="Drop the last layer; the loss and predict_proba apply it. Trained modules that "
            "give probabilities are wrapped with gives='probability'.",
        )


def refuse_probabilities(outputs: Tensor) -> None:
    """Raise if raw outputs of several rows, (n_rows, n_outputs), can only be probabilities."""
    # One output between 0 and 1 may well be a logit; several that sum to one on every row
    # are not logits.
    if outputs.shape[1] > 1 and _in_range(outputs) and _sum_to_one(outputs):
        raise InputError(
            expected="a module that gives logits",
            arrived=f"probabilities: on {len(outputs)} rows its {outputs.shape[1]} outputs lie "
            "between 0 and 1 and sum to one",
            do="To train, return logits and leave the softmax to the loss and predict_proba; "
            "to wrap, pass gives='probability'.",
        )


def check_probabilities(outputs: Tensor) -> None:
    """Raise unless outputs, (n_rows, n_outputs), lie between 0 and 1 and rows sum to one."""
    if not _in_range(outputs):
        arrived = f"outputs from {outputs.min().item():.4g} to {outputs.max().item():.4g}"
    elif outputs.shape[1] > 1 and not _sum_to_one(outputs):
        sums = outputs.sum(dim=1)
        arrived = f"rows that sum to {sums.min().item():.4g} up to {sums.max().item():.4g}"
    else:
        return
    raise InputError(
        expected="probabilities that lie between 0 and 1 and sum to one, as "
        "gives='probability' says",
        arrived=arrived,
        do="Leave gives='logit' where the module ends before the softmax, or return probabilities.",
    )


def _in_range(outputs: Tensor) -> bool:
    return bool(((outputs >= -NEARLY) & (outputs <= 1 + NEARLY)).all())


def _sum_to_one(outputs: Tensor) -> bool:
    return bool(((outputs.sum(dim=1) - 1).abs() <= NEARLY).all())
