"""A run of a table: rows, columns, and networks or estimators that read them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import pandas as pd

from xaigeo.datasets.dataset import Dataset
from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.errors import ConfigError
from xaigeo.explainers.base import Explainer
from xaigeo.explainers.named_method import Explained
from xaigeo.options import check_keywords
from xaigeo.runs.config import TableConfig
from xaigeo.runs.models import estimator_pipeline, network_factory
from xaigeo.runs.study import Parts, Study


@dataclass(frozen=True, eq=False)
class TableStudy(Study):
    """A table, and the networks or estimators that are trained on it; see `Study`."""

    config: TableConfig
    data: Dataset

    explained: ClassVar[Explained] = "tables"
    noun: ClassVar[str] = "rows"
    default_methods: ClassVar[tuple[str, ...]] = (
        "lime",
        "kernel_shap",
        "integrated_gradients",
        "anchors",
        "counterfactuals",
    )

    @cached_property
    def parts(self) -> Parts:
        """The data, split."""
        told = self.config.data
        split = self.data.split(told.test_share, random_state=told.split_random_state)
        return Parts(
            train=split.X_train, train_y=split.y_train, test=split.X_test, test_y=split.y_test
        )

    @property
    def n_features(self) -> int:
        """Number of columns."""
        return len(self.data.schema.features)

    @property
    def digest(self) -> str:
        """Hash of schema, rows and labels."""
        data = self.data
        total = hashlib.sha256(data.schema.digest.encode())
        total.update(data.schema.encode(data.X).tobytes())
        total.update(repr([data.X.index.tolist(), data.y.tolist()]).encode())
        return total.hexdigest()

    def check(self) -> None:
        """Raise for an estimator that is none, and for views and groups that are no columns."""
        model, names = self.config.model, self.data.schema.names
        if model.estimator is not None:
            estimator_pipeline(model.estimator, model.parameters, self.data.schema)
        for pair in self.config.report.views or ():
            check_keywords("the data (report.views)", pair, names)
            discrete = [name for name in pair if self.data.schema[name].is_discrete]
            if discrete:
                raise ConfigError(
                    expected="report.views to be pairs of numeric columns",
                    arrived=", ".join(discrete),
                    do="Choose numeric columns; categories are written out beside the map.",
                )
        for name in self.config.audit.groups or ():
            check_keywords("the data (audit.groups)", [name], names)

    def check_parameters(self, method: str, parameters: Mapping[str, Any]) -> None:
        """Raise for columns that are not there."""
        owner = f"the data (explain.parameters.{method}.immutable)"
        for column in parameters.get("immutable", ()):
            check_keywords(owner, [column], self.data.X.columns)

    def misfit(self, explainer: Explainer) -> str:
        """Return what a method cannot explain, or an empty string when it fits."""
        networks = self.config.model.kind == "network"
        if explainer.needs_gradients and not networks:
            return "models that are not torch networks"
        if explainer.models == "tree ensembles" and networks:
            return "torch networks"
        return explainer.misfit(self.task)

    def train(self, labels: pd.Series | None = None, *, progress: bool = False) -> SeedEnsemble:
        """Train a network, or fit an estimator, for every seed."""
        model, parts = self.config.model, self.parts
        given = {
            "X": parts.train,
            "y": parts.train_y if labels is None else labels,
            "seeds": self.config.seed_list,
            "task": self.task,
            "schema": self.data.schema,
            "progress": progress,
        }
        if model.estimator is not None:
            pipeline = estimator_pipeline(model.estimator, model.parameters, self.data.schema)
            return SeedEnsemble.fit(pipeline, **given)
        factory = network_factory(model.hidden, model.activation, model.dropout)
        return SeedEnsemble.train(factory, **given, **model.training)

    def rows(self) -> pd.DataFrame:
        """Return the first test rows."""
        n = self.config.explain.n_instances
        test: pd.DataFrame = self.parts.test
        return test.head(n) if n else test

    def background(self, explainer: Explainer, *, random_state: int | None = None) -> pd.DataFrame:
        """Return the training rows, or a sample of as many."""
        train: pd.DataFrame = self.parts.train
        if random_state is None:
            return train
        return train.sample(frac=1.0, replace=True, random_state=random_state)
