"""Tabular data sets, how they are split, what is trained, and how much of everything."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

import xaigeo as xg
from xaigeo.datasets import Dataset


@dataclass(frozen=True, kw_only=True)
class Amounts:
    """How much is done: of everything, or so little that it takes seconds."""

    n_seeds: int = 20
    n_splits: int = 5
    epochs: int = 100
    n_rows: int = 30  # explained by attributions, in each split
    n_searched: int = 12  # by anchors and counterfactuals, which search
    n_background: int = 30
    n_bootstrap: int = 1000
    anchors: dict[str, int] = field(
        default_factory=lambda: {"n_search": 1500, "n_cuts": 6, "n_checks": 3}
    )


QUICK = Amounts(
    n_seeds=3,
    n_splits=1,
    epochs=4,
    n_rows=4,
    n_searched=1,
    n_background=5,
    n_bootstrap=50,
    anchors={"n_search": 200, "n_cuts": 3, "n_checks": 1},
)
TEST_SHARE = 0.3
LEARNING_RATE = 0.005


@dataclass(frozen=True, kw_only=True)
class Training:
    """One way to train; `like` names the averaging at whose training loss plain training stops."""

    key: str
    label: str
    settings: dict[str, Any] = field(default_factory=dict)
    like: str = ""


AVERAGED = tuple(
    Training(key=key, label=key.upper(), settings={"averaging": key})
    for key in ("swa", "ema", "aswa", "naswa")
)
PLAIN = Training(key="plain", label="plain")
EARLY = Training(key="early", label="early stopping", settings={"patience": 10})
SMALL = Training(
    key="small", label="a tenth of the step", settings={"learning_rate": LEARNING_RATE / 10}
)
SAME_LOSS = tuple(
    Training(key=f"like_{own.key}", label=f"plain, stopped like {own.label}", like=own.key)
    for own in AVERAGED
)
TRAININGS = (PLAIN, EARLY, SMALL, *AVERAGED, *SAME_LOSS)


@dataclass(frozen=True, kw_only=True)
class Case:
    """A data set; `wanted` is what counterfactuals look for, of classes the other one."""

    key: str
    load: Callable[[], Dataset]
    wanted: dict[str, Any] = field(default_factory=dict)


CASES = (
    Case(key="breast_cancer", load=xg.datasets.breast_cancer),
    Case(key="german_credit", load=xg.datasets.german_credit),
    Case(
        key="diabetes",
        load=xg.datasets.diabetes,
        wanted={"target": (40.0, None), "relative": True},
    ),
)


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """One split of a data set; categories are pandas categoricals, which models read fast."""

    case: Case
    split: int
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


def prepare(case: Case, split: int) -> Prepared:
    data = case.load()
    features = data.schema.features
    X = data.X.astype(
        {
            f.name: pd.CategoricalDtype(list(f.categories), ordered=f.kind == "ordinal")
            for f in features
            if f.is_discrete
        }
    )
    parts = data.split(TEST_SHARE, random_state=split)
    return Prepared(
        case=case,
        split=split,
        schema=xg.FeatureSchema.from_data(X, units={f.name: f.unit for f in features}),
        rows_train=X.loc[parts.X_train.index],
        rows_test=X.loc[parts.X_test.index],
        y_train=parts.y_train,
        y_test=parts.y_test,
    )
