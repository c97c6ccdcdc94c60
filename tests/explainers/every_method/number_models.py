"""Models of two classes over columns of numbers, in any units and any order."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from xaigeo.ensemble.seed_ensemble import SeedEnsemble

SEEDS = (8, 3)
NAMES = ("a", "b", "c", "d")


def number_frame(names: Sequence[str] = NAMES, n_rows: int = 24) -> pd.DataFrame:
    """Return rows of independent standard normal numbers."""
    random = np.random.default_rng(5)
    values = random.normal(size=(n_rows, len(NAMES)))
    return pd.DataFrame(values, columns=list(NAMES))[list(names)]


@dataclass(frozen=True)
class Weights:
    """Random weights of a small network over `NAMES`.

    Attributes
    ----------
    seed : int
    unread : str
        Columns whose weight is 0.
    alike : bool
        Whether "a" and "b" weigh the same.
    """

    seed: int
    unread: str = ""
    alike: bool = False

    @property
    def first(self) -> np.ndarray:
        """Weights of the columns, shape (5, n_columns)."""
        first = np.random.default_rng(self.seed).normal(size=(5, len(NAMES)))
        first[:, [NAMES.index(name) for name in self.unread]] = 0.0
        if self.alike:
            first[:, 1] = first[:, 0]
        return first

    @property
    def last(self) -> np.ndarray:
        """Weights of the hidden numbers, shape (1, 5)."""
        return np.random.default_rng(self.seed + 100).normal(size=(1, 5))

    def of(self, names: Sequence[str]) -> np.ndarray:
        """Return the weights of some columns, shape (5, n_columns)."""
        return self.first[:, [NAMES.index(name) for name in names]]


@dataclass(frozen=True)
class Standard:
    """Some columns in the order of `NAMES` and in their first units, from a frame or an array."""

    names: tuple[str, ...]
    units: tuple[tuple[str, float], ...]
    read: tuple[str, ...]

    def __call__(self, rows: Any) -> np.ndarray:
        if isinstance(rows, np.ndarray):
            rows = pd.DataFrame(rows, columns=list(self.names))
        units = dict(self.units)
        return rows[list(self.read)].to_numpy(float) / [units.get(n, 1.0) for n in self.read]


@dataclass(frozen=True)
class ByName:
    """Probabilities of two classes; columns of a frame are looked up by name."""

    weights: Weights
    standard: Standard

    def __call__(self, rows: Any) -> np.ndarray:
        hidden = np.tanh(self.standard(rows) @ self.weights.of(self.standard.read).T)
        chance = 1 / (1 + np.exp(-(hidden @ self.weights.last[0])))
        return np.column_stack([1 - chance, chance])


def number_ensemble(
    family: str,
    schema: Any,
    *,
    units: dict[str, float] | None = None,
    unread: str = "",
    alike: bool = False,
) -> SeedEnsemble:
    """Return models of a family over the columns of a frame, or of an array of `NAMES`."""
    names = tuple(schema.columns) if isinstance(schema, pd.DataFrame) else NAMES
    names = names[: schema.shape[1]]
    units = units or {}
    weights = [Weights(seed, unread, alike) for seed in SEEDS]
    read = tuple(name for name in NAMES if name in names)
    standard = Standard(names, tuple(units.items()), read)
    makers = {
        "callable": lambda each: ByName(each, standard),
        "network": lambda each: _network(each.of(read), each.last),
        "linear": lambda each: _layer(each.of(read)[:1]),
        "forest": lambda each: _forest(each, names, units),
    }
    return SeedEnsemble.wrap(
        [makers[family](each) for each in weights],
        seeds=SEEDS,
        schema=schema,
        classes=None if family == "forest" else ("no", "yes"),
        preprocess=standard if family in ("network", "linear") else None,
    )


def _network(first: np.ndarray, last: np.ndarray) -> Any:
    from torch import nn

    return nn.Sequential(_layer(first), nn.Tanh(), _layer(last))


def _layer(weight: np.ndarray) -> Any:
    import torch
    from torch import nn

    layer = nn.Linear(weight.shape[1], len(weight), bias=False)
    layer.weight.data = torch.tensor(weight)
    return layer


def _forest(weights: Weights, names: tuple[str, ...], units: dict[str, float]) -> Any:
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer

    read = tuple(name for name in NAMES if name in names and name not in weights.unread)
    values = np.random.default_rng(1).normal(size=(80, len(read)))
    answer = ByName(weights, Standard(read, (), read))(values).argmax(axis=1)
    answer[:2] = 0, 1
    forest = RandomForestClassifier(n_estimators=4, max_depth=3, random_state=weights.seed)
    forest.fit(values, np.where(answer, "yes", "no"))
    if weights.alike:
        _mirror(forest)
    return make_pipeline(FunctionTransformer(Standard(names, tuple(units.items()), read)), forest)


def _mirror(forest: Any) -> None:
    """Make every second tree the one before it with the first two columns exchanged."""
    from copy import deepcopy

    for place in range(0, len(forest.estimators_), 2):
        twin = deepcopy(forest.estimators_[place])
        feature = twin.tree_.feature
        feature[...] = np.select([feature == 0, feature == 1], [1, 0], feature)
        forest.estimators_[place + 1] = twin
