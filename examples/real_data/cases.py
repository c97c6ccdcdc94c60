"""Three data sets, what is asked of each, and how much of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

import xaigeo as xg
from xaigeo.datasets import Dataset


@dataclass(frozen=True, kw_only=True)
class Amounts:
    """How much is done: of everything, or so little that it takes seconds."""

    n_seeds: int = 30
    n_trees: int = 60
    n_rows: int | None = None  # explained by attributions; the case's own unless given
    n_searched: int = 20  # by anchors and counterfactuals, which search
    n_repeated: int = 20  # explained again by other explainer seeds, backgrounds and models
    n_bootstrap: int = 1000


QUICK = Amounts(n_seeds=3, n_trees=5, n_rows=8, n_searched=1, n_repeated=2, n_bootstrap=50)


@dataclass(frozen=True, kw_only=True)
class Case:
    """A data set and the questions that differ between data sets.

    `wanted` is what counterfactuals look for (of a classification the other class), `groups` names
    the groups of people to compare.
    """

    key: str
    load: Callable[[], Dataset]
    n_rows: int = 100
    wanted: dict[str, Any] = field(default_factory=dict)
    groups: Callable[[pd.DataFrame], dict[str, pd.Series]] = lambda X: {}


def german_groups(X: pd.DataFrame) -> dict[str, pd.Series]:
    """Return the protected attributes; ages as Kamiran and Calders (2009) divide them."""
    young = (X["age"] <= 25).map({True: "up to 25 years", False: "above 25 years"})
    columns = {name: X[name].astype(str) for name in ("personal_status_sex", "foreign_worker")}
    return columns | {"age": young}


CASES = (
    Case(key="breast_cancer", load=xg.datasets.breast_cancer),
    Case(key="german_credit", load=xg.datasets.german_credit, n_rows=180, groups=german_groups),
    Case(
        key="diabetes",
        load=xg.datasets.diabetes,
        wanted={"target": (40.0, None), "relative": True},
        groups=lambda X: {"sex": X["sex"].astype(str)},
    ),
)


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A case with its rows: categories as pandas categoricals, which models read fast."""

    case: Case
    data: Dataset
    schema: xg.FeatureSchema
    rows_train: pd.DataFrame
    rows_test: pd.DataFrame
    y_train: pd.Series
    y_test: pd.Series

    @property
    def is_regression(self) -> bool:
        return bool(self.y_train.dtype.kind == "f")

    def explained(self, n: int) -> pd.DataFrame:
        """Return the first test rows, whose order says nothing."""
        return self.rows_test.sample(frac=1.0, random_state=0).head(n)


def prepare(case: Case) -> Prepared:
    data = case.load()
    features = data.schema.features
    X = data.X.astype(
        {
            f.name: pd.CategoricalDtype(list(f.categories), ordered=f.kind == "ordinal")
            for f in features
            if f.is_discrete
        }
    )
    split = data.split(0.3, random_state=0)
    return Prepared(
        case=case,
        data=data,
        schema=xg.FeatureSchema.from_data(X, units={f.name: f.unit for f in features}),
        rows_train=X.loc[split.X_train.index],
        rows_test=X.loc[split.X_test.index],
        y_train=split.y_train,
        y_test=split.y_test,
    )
