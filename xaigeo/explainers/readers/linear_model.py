"""Fitted linear models of any library in one form: coefficients of inputs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from xaigeo.ensemble.estimator_members import EstimatorMembers, last_step
from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.errors import InputError
from xaigeo.explainers.readers.estimator_inputs import EstimatorInputs
from xaigeo.schema import FeatureSchema, Matrix

# How far a linear model's own answer may be from the one its coefficients give, relative to its
# largest answer: torch networks answer in float32.
NEARLY = 1e-4

# Layers that leave a row as it is when a network predicts.
IDLE = ("Identity", "Flatten", "Dropout")


@dataclass(frozen=True, eq=False)
class LinearModel:
    """One member: an output is ``intercept + inputs @ coefficients.T``.

    Attributes
    ----------
    coefficients : ndarray, shape (n_outputs, n_inputs)
    intercept : ndarray, shape (n_outputs,)
    owners : ndarray of int, shape (n_inputs,)
        Place of the column that each input comes from, the number of columns for a constant.
    matrix : callable
        From encoded rows (n_rows, n_features) to inputs (n_rows, n_inputs), float64.
    """

    coefficients: np.ndarray
    intercept: np.ndarray
    owners: np.ndarray
    matrix: Callable[[Matrix], np.ndarray]

    def outputs(self, rows: Matrix) -> np.ndarray:
        """Return margins or values of encoded rows, shape (n_rows, n_outputs)."""
        return np.asarray(self.matrix(rows) @ self.coefficients.T + self.intercept)

    def sums(self, attribution: np.ndarray, schema: FeatureSchema) -> np.ndarray:
        """Return attributions of columns, (n_rows, n_features, n_outputs), from inputs'."""
        total = np.zeros((len(attribution), schema.n_features + 1, attribution.shape[2]))
        for place, owner in enumerate(self.owners):
            total[:, owner] += attribution[:, place]
        return total[:, : schema.n_features]


def linear_models(ensemble: SeedEnsemble, background: Matrix, method: str) -> list[LinearModel]:
    """Return the members of an ensemble as linear models, in the order of its outputs.

    A margin m of a classifier of two classes becomes (-m, m).

    Raises
    ------
    InputError
        If a member is not linear in its inputs, or an input mixes columns.
    """
    members: Any = ensemble.members
    if isinstance(members, EstimatorMembers):
        models = [_of_estimator(members, place, background) for place in range(ensemble.n_seeds)]
    elif members.kind == "torch":
        models = [_of_network(members, place, method) for place in range(ensemble.n_seeds)]
    else:
        raise _not_linear(method, f"{members.kind} models")
    for place, model in enumerate(models):
        _check_answers(ensemble, place, model, background, method)
    return models


def is_linear(ensemble: SeedEnsemble) -> bool:
    """Return whether members have coefficients, before these are compared with answers."""
    members: Any = ensemble.members
    if isinstance(members, EstimatorMembers):
        return all(_coefficients(last_step(each)) is not None for each in members.estimators)
    return members.kind == "torch" and _layers(members.modules[0]) is not None


def _of_estimator(members: EstimatorMembers, place: int, background: Matrix) -> LinearModel:
    inputs = EstimatorInputs.of(members, place, background)
    found = _coefficients(inputs.model)
    if found is None:
        raise _not_linear("linear_shap", type(inputs.model).__name__)
    coefficients, intercept = found
    if members.task == "classification":
        if len(coefficients) == 1:
            coefficients = np.concatenate([-coefficients, coefficients])
            intercept = np.concatenate([-intercept, intercept])
        order = members.orders[place]
        coefficients, intercept = coefficients[order], intercept[order]
    return LinearModel(coefficients, intercept, inputs.owners, inputs.matrix)


def _coefficients(model: Any) -> tuple[np.ndarray, np.ndarray] | None:
    """Return coefficients (n_outputs, n_inputs) and intercepts, or None where there are none."""
    if type(model).__name__ == "MultiOutputRegressor":
        parts = [_coefficients(each) for each in model.estimators_]
        known = [part for part in parts if part is not None]
        if len(known) < len(parts):
            return None
        return np.concatenate([c for c, _ in known]), np.concatenate([b for _, b in known])
    if isinstance(getattr(model, "coef_", None), np.ndarray) and hasattr(model, "intercept_"):
        coefficients = np.atleast_2d(np.asarray(model.coef_, dtype=np.float64))
        intercept = np.asarray(model.intercept_, dtype=np.float64)
        return coefficients, np.broadcast_to(intercept.reshape(-1), (len(coefficients),))
    return None


def _of_network(members: Any, place: int, method: str) -> LinearModel:
    module, preprocessor = members.modules[place], members.preprocessor
    layer = _layers(module)
    if layer is None:
        raise _not_linear(method, f"networks of other layers than one Linear ({module})")
    if preprocessor.blocks is None:
        raise InputError(
            expected=f"preprocessing for {method} that gives each column inputs of its own",
            arrived=f"{type(preprocessor).__name__}, which does not say so",
            do="Choose a method that needs outputs only, such as 'kernel_shap' or 'lime'.",
        )
    weight = layer.weight.detach().numpy().astype(np.float64)
    bias = np.zeros(len(weight)) if layer.bias is None else layer.bias.detach().numpy()
    bias = bias.astype(np.float64)
    if members.task == "regression":
        weight = weight * np.reshape(members.target_scale, (-1, 1))
        bias = bias * members.target_scale + members.target_location
    elif len(weight) == 1:
        weight, bias = np.concatenate([-weight, weight]), np.concatenate([-bias, bias])
    owners = np.full(weight.shape[1], len(preprocessor.blocks))
    for column, block in enumerate(preprocessor.blocks):
        owners[block] = column

    def matrix(rows: Matrix) -> np.ndarray:
        return np.asarray(members.inputs(rows).numpy(), dtype=np.float64)

    return LinearModel(weight, bias, owners, matrix)


def _layers(module: Any) -> Any:
    """Return the only layer that computes something where that is an ``nn.Linear``."""
    from xaigeo.ensemble.architecture import describe

    described = describe(module)
    leaves = [part for part in module.modules() if not list(part.children())]
    busy = [part for part in leaves if type(part).__name__ not in IDLE]
    if described is None or len(busy) != 1 or type(busy[0]).__name__ != "Linear":
        return None
    return busy[0]


def _check_answers(
    ensemble: SeedEnsemble, place: int, model: LinearModel, rows: Matrix, method: str
) -> None:
    raw = model.outputs(rows)
    own = raw if ensemble.task == "regression" else _probabilities(raw)
    theirs = ensemble.member_outputs_encoded(place, rows)
    gap = np.inf if own.shape != theirs.shape else float(np.abs(own - theirs).max())
    if gap > NEARLY * max(1.0, float(np.abs(theirs).max())):
        what = "value" if ensemble.task == "regression" else "softmax of the margins"
        raise _not_linear(
            method, f"answers that are up to {gap:.3g} away from the {what} of their coefficients"
        )


def _probabilities(margins: np.ndarray) -> np.ndarray:
    # Margins (-m, m) are each class's log-odds, whose softmax would be sigmoid(2 m).
    halved = margins.shape[1] == 2 and np.array_equal(margins[:, 0], -margins[:, 1])
    scaled = margins / 2 if halved else margins
    odds = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=1, keepdims=True))


def _not_linear(method: str, arrived: str) -> InputError:
    return InputError(
        expected=f"linear models for {method}: scikit-learn models with coef_ and intercept_, or "
        "networks of one nn.Linear",
        arrived=arrived,
        do="Explain other models with method='kernel_shap'.",
    )
