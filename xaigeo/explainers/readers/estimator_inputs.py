"""What the last step of a pipeline reads, and which column each of its inputs comes from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from xaigeo.ensemble.estimator_members import EstimatorMembers, estimator_input
from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.errors import InputError
from xaigeo.schema import FeatureSchema, Frame, Matrix

# Values of a numeric column that are tried to see which inputs it moves.
N_TRIED = 9
# Columns that are tried in one call: a call costs far more than its rows do.
AT_ONCE = 50


@dataclass(frozen=True, eq=False)
class EstimatorInputs:
    """The inputs of one member's last step.

    Attributes
    ----------
    model : estimator
        The last step of the pipeline, or the estimator itself.
    owners : ndarray of int, shape (n_inputs,)
        Place of the column that each input comes from; a column may have several. An input
        that no column moves has the number of columns.
    matrix : callable
        From encoded rows (n_rows, n_features) to inputs (n_rows, n_inputs), float64.
    """

    model: Any
    owners: np.ndarray
    matrix: Callable[[Matrix], np.ndarray]

    @classmethod
    def of(cls, members: EstimatorMembers, place: int, rows: Matrix) -> EstimatorInputs:
        """Find the inputs of the member at a place by trying.

        One column is changed at a time, to see which inputs it moves; then all columns of
        `rows`, the background, are shuffled against each other, to see that no input depends on
        a second one.

        Raises
        ------
        InputError
            If an input mixes several columns.
        """
        estimator, schema = members.estimators[place], members.schema
        model, transform = _last_step(estimator)

        def matrix(encoded: Matrix) -> np.ndarray:
            return _numbers(model, transform(estimator_input(estimator, schema, encoded)))

        return cls(model, _owners(matrix, schema, rows), matrix)

    def sums(self, attribution: np.ndarray, n_features: int) -> np.ndarray:
        """Return attributions of columns, summed over their inputs.

        From shape (n_rows, n_inputs, n_outputs) to (n_rows, n_features, n_outputs).
        """
        total = np.zeros((len(attribution), n_features + 1, attribution.shape[2]))
        for place, owner in enumerate(self.owners):
            total[:, owner] += attribution[:, place]
        return total[:, :n_features]

    @property
    def one_each(self) -> bool:
        """Whether no column has several inputs."""
        return len(np.unique(self.owners)) == len(self.owners)


def estimator_members(ensemble: SeedEnsemble, method: str) -> EstimatorMembers:
    """Return the ensemble's scikit-learn members.

    Raises
    ------
    InputError
        If its models are of another kind.
    """
    members = ensemble.members
    if not isinstance(members, EstimatorMembers):
        raise InputError(
            expected=f"an ensemble of fitted estimators for {method}, which reads their parts",
            arrived=f"{members.kind} models",
            do="Choose a method that needs outputs only, such as 'kernel_shap' or 'lime'.",
        )
    return members


def _last_step(estimator: Any) -> tuple[Any, Callable[[Frame], Any]]:
    from sklearn.pipeline import Pipeline

    if not isinstance(estimator, Pipeline):
        return estimator, lambda data: data
    if len(estimator) == 1:
        return _last_step(estimator[-1])
    last, inner = _last_step(estimator[-1])
    before = estimator[:-1]
    return last, lambda data: inner(before.transform(data))


def _numbers(model: Any, data: Any) -> np.ndarray:
    """Return data as the numbers that a model's splits or coefficients read."""
    if getattr(model, "_preprocessor", None) is not None:
        # Histogram boosting encodes categories itself, and puts them first.
        return np.asarray(model._preprocess_X(data, reset=False), dtype=np.float64)
    if hasattr(data, "toarray"):
        data = data.toarray()
    if not isinstance(data, pd.DataFrame):
        return np.asarray(data, dtype=np.float64)
    categorical = [
        place
        for place, name in enumerate(data.columns)
        if isinstance(data[name].dtype, pd.CategoricalDtype)
    ]
    known = _known_categories(model, categorical)
    columns = [
        _codes(data.iloc[:, place], known.get(place))
        if place in categorical
        else data.iloc[:, place].to_numpy(dtype=np.float64)
        for place in range(data.shape[1])
    ]
    return np.column_stack(columns)


def _known_categories(model: Any, places: list[int]) -> dict[int, list[Any]]:
    """Return the categories, in the order of their codes, that a model was fitted with."""
    library = type(model).__module__.split(".")[0]
    if library == "lightgbm" and places:
        known = getattr(model.booster_, "pandas_categorical", None) or []
        return dict(zip(places, known, strict=False))
    if library == "xgboost" and places and hasattr(model.get_booster(), "get_categories"):
        # xgboost 3.1 keeps the categories and encodes by them.
        found = model.get_booster().get_categories(export_to_arrow=True).to_arrow()
        return {p: found[p][1].to_pylist() for p in places if found[p][1] is not None}
    return {}


def _codes(column: pd.Series, known: list[Any] | None) -> np.ndarray:
    categories = column.cat.categories if known is None else known
    return pd.Categorical(column, categories=categories).codes.astype(np.float64)


def _owners(
    matrix: Callable[[Matrix], np.ndarray], schema: FeatureSchema, rows: Matrix
) -> np.ndarray:
    base = rows[:1]
    plain = matrix(rows)
    owners = np.full(plain.shape[1], -1)
    for first in range(0, schema.n_features, AT_ONCE):
        places = range(first, min(first + AT_ONCE, schema.n_features))
        tried = [_tried(schema, place, base, rows) for place in places]
        ends = np.cumsum([len(values) for values in tried])
        inputs = np.split(matrix(np.concatenate(tried)), ends[:-1])
        for place, own in zip(places, inputs, strict=True):
            moved = np.ptp(own, axis=0) > 0
            if (owners[moved] >= 0).any():
                raise _mixed(schema, place)
            owners[moved] = place
    random = np.random.default_rng(0)
    orders = np.stack([random.permutation(len(rows)) for _ in range(schema.n_features)], axis=1)
    shuffled = matrix(np.take_along_axis(rows, orders, axis=0))
    for place in range(-1, schema.n_features):
        own = owners == place
        wanted = plain[:, own] if place < 0 else plain[orders[:, place]][:, own]
        if not np.allclose(shuffled[:, own], wanted, rtol=1e-9, atol=1e-12):
            raise _mixed(schema, place)
    return np.where(owners < 0, schema.n_features, owners)


def _tried(schema: FeatureSchema, place: int, base: Matrix, rows: Matrix) -> Matrix:
    feature = schema.features[place]
    if feature.is_discrete:
        values = np.arange(len(feature.categories), dtype=np.float64)
    else:
        seen = np.quantile(rows[:, place], np.linspace(0, 1, N_TRIED), method="nearest")
        values = np.unique([feature.lower, feature.upper, *seen])
    tried = np.repeat(base, len(values), axis=0)
    tried[:, place] = values
    return tried


def _mixed(schema: FeatureSchema, place: int) -> InputError:
    what = "" if place < 0 else f" ({schema.names[place]!r} is one)"
    return InputError(
        expected="preprocessing that makes each input of the model from one column",
        arrived=f"inputs that depend on several columns{what}",
        do="Leave out steps that mix columns, such as PCA, or choose a method that needs outputs "
        "only, such as 'kernel_shap'.",
    )
