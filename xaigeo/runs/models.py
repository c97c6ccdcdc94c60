"""The models that a run configuration can name."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from xaigeo.errors import ConfigError
from xaigeo.schema import FeatureSchema

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import nn

ACTIVATIONS = {"relu": "ReLU", "tanh": "Tanh", "gelu": "GELU", "silu": "SiLU", "elu": "ELU"}


def network_factory(
    hidden: Sequence[int], activation: str = "relu", dropout: float = 0.0
) -> Callable[[int, int], nn.Module]:
    """Return a factory ``(n_inputs, n_outputs) -> nn.Module`` of dense layers."""

    def make_model(n_inputs: int, n_outputs: int) -> nn.Module:
        from torch import nn

        layers: list[nn.Module] = []
        for width in hidden:
            layers += [nn.Linear(n_inputs, width), getattr(nn, ACTIVATIONS[activation])()]
            if dropout:
                layers.append(nn.Dropout(dropout))
            n_inputs = width
        return nn.Sequential(*layers, nn.Linear(n_inputs, n_outputs))

    return make_model


def estimator_pipeline(path: str, parameters: dict[str, Any], schema: FeatureSchema) -> Any:
    """Return a scikit-learn pipeline: one-hot categories, scaled numbers, then the estimator.

    Parameters
    ----------
    path : str
        Import path of the class, for example ``sklearn.ensemble.RandomForestClassifier``.

    Raises
    ------
    ConfigError
        If the class cannot be imported, is none of an estimator that predicts, or does not take the
        parameters. Nothing but such a class is ever called.
    """
    from sklearn.compose import ColumnTransformer
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    module, _, name = path.rpartition(".")
    try:
        kind = getattr(import_module(module), name)
        _check_estimator(path, kind)
        estimator = kind(**parameters)
    except ConfigError:
        raise
    except (ImportError, AttributeError, TypeError, ValueError) as error:
        raise ConfigError(
            expected="model.estimator to be the import path of an estimator that takes "
            "model.parameters",
            arrived=f"{path} with {parameters} ({error})",
            do='Write it like estimator = "sklearn.ensemble.RandomForestClassifier".',
        ) from error
    discrete = [f.name for f in schema.features if f.is_discrete]
    numeric = [f.name for f in schema.features if not f.is_discrete]
    columns = ColumnTransformer(
        [
            ("numeric", StandardScaler(), numeric),
            ("categories", OneHotEncoder(handle_unknown="ignore", sparse_output=False), discrete),
        ]
    )
    return Pipeline([("columns", columns), ("model", estimator)])


def _check_estimator(path: str, kind: object) -> None:
    """Raise unless a name stands for a class of estimators that predict."""
    from sklearn.base import BaseEstimator

    if isinstance(kind, type) and issubclass(kind, BaseEstimator) and hasattr(kind, "predict"):
        return
    what = f"a {type(kind).__name__}"
    if isinstance(kind, type):
        what = "a class of scikit-learn that does not predict"
        if not issubclass(kind, BaseEstimator):
            what = "a class of another kind"
    raise ConfigError(
        expected="model.estimator to be a class of scikit-learn's kind (a BaseEstimator) that "
        "predicts",
        arrived=f"{path}, {what}",
        do='Write it like estimator = "sklearn.ensemble.RandomForestClassifier".',
    )
