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
        If the class cannot be imported or does not take the parameters.
    """
    from sklearn.compose import ColumnTransformer
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    module, _, name = path.rpartition(".")
    try:
        estimator = getattr(import_module(module), name)(**parameters)
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
