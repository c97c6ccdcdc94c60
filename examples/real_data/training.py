"""The two families of models: networks and boosted trees, a member for each seed."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
from cases import Prepared
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor
from sklearn.pipeline import make_pipeline
from torch import nn

import xaigeo as xg

Family = Literal["networks", "trees"]
FAMILIES: tuple[Family, ...] = ("networks", "trees")


def make_network(n_inputs: int, n_outputs: int) -> nn.Module:
    return nn.Sequential(
        nn.Linear(n_inputs, 32),
        nn.ReLU(),
        nn.Linear(32, 16),
        nn.ReLU(),
        nn.Linear(16, n_outputs),
    )


class CategoryCodes(TransformerMixin, BaseEstimator):
    """Numbers as they are, categories as their codes."""

    def fit(self, X: pd.DataFrame, y: Any = None) -> "CategoryCodes":
        self.feature_names_in_ = np.array(X.columns, dtype=object)
        self.n_features_in_ = X.shape[1]
        return self

    def transform(self, X: pd.DataFrame) -> np.ndarray:
        coded = [isinstance(dtype, pd.CategoricalDtype) for dtype in X.dtypes]
        columns = [
            X[name].cat.codes if is_coded else X[name]
            for name, is_coded in zip(X.columns, coded, strict=True)
        ]
        return np.column_stack([column.to_numpy(dtype=float) for column in columns])


def boosted_trees(is_regression: bool, n_trees: int) -> Any:
    """Return stochastic gradient boosting (Friedman 2002): each tree sees 70 % of the rows.

    Without `subsample` the seed would change nothing and all models would be the same.
    """
    kind = GradientBoostingRegressor if is_regression else GradientBoostingClassifier
    return make_pipeline(
        CategoryCodes(), kind(n_estimators=n_trees, max_depth=3, learning_rate=0.1, subsample=0.7)
    )


def train(
    ready: Prepared, family: Family, n_seeds: int, n_trees: int, y: Sequence[Any] | None = None
) -> xg.SeedEnsemble:
    """Train one model a seed; `y` in place of the labels is for models that may learn nothing."""
    known = ready.y_train
    labels = known if y is None else pd.Series(y, index=known.index, name=known.name)
    if family == "trees":
        return xg.SeedEnsemble.fit(
            boosted_trees(ready.is_regression, n_trees),
            ready.rows_train,
            labels,
            seeds=range(n_seeds),
            schema=ready.schema,
        )
    return xg.SeedEnsemble.train(
        make_network,
        ready.rows_train,
        labels,
        seeds=range(n_seeds),
        schema=ready.schema,
        epochs=200,
        patience=10,
        learning_rate=0.005,
    )
