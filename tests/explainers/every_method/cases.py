"""What each method is tried with, and the models it is tried on."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from xaigeo.ensemble.seed_ensemble import SeedEnsemble

SEEDS = (8, 3)
COLOURS = ("blue", "green", "red")
SIZES = ("small", "medium", "large")

NETWORKS = ("networks", "one_logit", "network_regression", "network_targets")
ANY = (
    *("callables", "callable_regression", "callable_targets"),
    *NETWORKS,
    *("mixing_networks", "forest_pipelines", "boosters"),
)
FEW = (*NETWORKS, "callables", "callable_targets", "boosters")
LINEAR = (
    *("linear_networks", "linear_network_regression"),
    *("linear_pipelines", "linear_regression", "linear_targets"),
)
TREES = ("forest_pipelines", "boosters", "forest_regression", "forest_targets")


@dataclass(frozen=True)
class Case:
    """How one method is tried.

    Attributes
    ----------
    parameters : dict
        Small settings.
    kinds : tuple of str
        Ensembles of `ENSEMBLES` that it explains; the first is tried where one will do.
    refuses : tuple of str
        Ensembles that it cannot explain.
    family : {"callable", "network", "linear", "forest"}
        Models of numbers, see `number_models`, that it explains.
    regression, targets : dict
        More parameters for regressions, and for those of several targets.
    draws : bool
        Whether anything is random.
    sensitive : bool
        Whether attributions are 0 for a column that the models do not read.
    engines_on : str
        Ensemble of `ENSEMBLES` on which the engines are compared, the first kind if empty.
    for_engines : dict
        More parameters for that.
    """

    parameters: dict[str, Any]
    kinds: tuple[str, ...] = ANY
    refuses: tuple[str, ...] = ()
    family: str = "callable"
    regression: dict[str, Any] = field(default_factory=dict)
    targets: dict[str, Any] = field(default_factory=dict)
    draws: bool = False
    sensitive: bool = True
    engines_on: str = ""
    for_engines: dict[str, Any] = field(default_factory=dict)

    def settings(self, kind: str) -> dict[str, Any]:
        """Return the parameters for a kind of ensemble."""
        more: dict[str, Any] = {}
        if kind.endswith(("_regression", "_targets")):
            more = more | self.regression
        if kind.endswith("_targets"):
            more = more | self.targets
        return self.parameters | more


def _gradient(**parameters: Any) -> dict[str, Any]:
    refuses = ("callables", "forest_pipelines", "boosters", "mixing_networks")
    return {"parameters": parameters, "kinds": NETWORKS, "refuses": refuses, "family": "network"}


RULES = {"n_samples": 200, "n_search": 300, "threshold": 0.8, "n_checks": 3, "n_cross": 20}
POINTS = {"n_samples": 30, "n_starts": 2}
RISE = {"target": (0.05, None), "relative": True}

CASES = {
    "lime": Case({"n_samples": 60}, draws=True, sensitive=False),
    "kernel_shap": Case({}),
    "permutation_shap": Case({"n_permutations": 3}, draws=True),
    "exact_shap": Case({}),
    "sampling_shap": Case({"n_samples": 60, "min_samples": 4}, draws=True),
    "tree_shap": Case(
        {},
        TREES,
        ("callables", "networks", "linear_pipelines"),
        "forest",
        for_engines={"players": "inputs"},
    ),
    "linear_shap": Case(
        {},
        LINEAR,
        ("callables", "networks", "boosters"),
        "linear",
        engines_on="linear_pipelines",
    ),
    "saliency": Case(**_gradient()),
    "input_x_gradient": Case(**_gradient()),
    "integrated_gradients": Case(**_gradient(n_steps=20)),
    "smooth_grad": Case(**_gradient(n_samples=6), draws=True),
    "gradient_shap": Case(**_gradient(n_samples=20), draws=True),
    "expected_gradients": Case(**_gradient(n_samples=20), draws=True),
    "deep_lift": Case(**_gradient()),
    "deep_shap": Case(**_gradient()),
    "occlusion": Case({}, engines_on="networks"),
    "feature_ablation": Case({}, engines_on="networks"),
    "anchors": Case(RULES, draws=True, targets={"output": "y1"}, sensitive=False),
    "consensus_anchors": Case(RULES, draws=True, targets={"output": "y1"}, sensitive=False),
    "counterfactuals": Case(POINTS, FEW, regression=RISE, draws=True, targets={"output": "y1"}),
    "robust_counterfactuals": Case(
        POINTS, FEW[:-1], regression=RISE, draws=True, targets={"output": "y1"}
    ),
}


@cache
def data() -> pd.DataFrame:
    """Thirty rows with a real, an integer, a categorical, a boolean and an ordinal column."""
    random, n = np.random.default_rng(0), 30
    return pd.DataFrame(
        {
            "length": random.normal(50, 5, n),
            "count": random.integers(0, 9, n),
            "colour": random.choice(COLOURS, n),
            "wild": random.random(n) < 0.5,
            "size": pd.Categorical(random.choice(SIZES, n), categories=SIZES, ordered=True),
        },
        index=[f"row {i}" for i in range(n)],
    )


@cache
def scores() -> np.ndarray:
    """Two numbers that depend on all columns of `data`, shape (n_rows, 2)."""
    X = data()
    first = (X["length"] - 50) / 5 + X["wild"] - (X["colour"] == "red")
    second = X["count"] / 4 - X["size"].cat.codes + (X["length"] - 50) / 10
    return np.column_stack([first, second]) + np.random.default_rng(1).normal(0, 0.3, (len(X), 2))


@cache
def labels() -> np.ndarray:
    """Three classes, shape (n_rows,)."""
    return np.array(["low", "mid", "top"])[np.digitize(scores()[:, 0], [-0.5, 0.7])]


@cache
def two_labels() -> np.ndarray:
    """Two classes, shape (n_rows,)."""
    return np.where(scores()[:, 0] > 0, "yes", "no")


@dataclass(frozen=True)
class Reader:
    """Random one-layer network that looks its columns up by name."""

    seed: int
    n_outputs: int
    classifies: bool = True

    def __call__(self, frame: pd.DataFrame) -> np.ndarray:
        inputs = np.column_stack(
            [
                (frame["length"] - 50) / 5,
                (frame["count"] - 4) / 2.5,
                frame["colour"] == "red",
                frame["colour"] == "blue",
                frame["wild"],
                np.array([SIZES.index(size) for size in frame["size"]]) - 1,
            ]
        ).astype(float)
        random = np.random.default_rng(self.seed)
        outputs = np.tanh(inputs @ random.normal(size=(6, 5))) @ random.normal(
            size=(5, self.n_outputs)
        )
        if not self.classifies:
            return outputs[:, 0] if self.n_outputs == 1 else outputs
        odds = np.exp(outputs)
        return odds / odds.sum(axis=1, keepdims=True)


def _trained(y: Any, n_outputs: int, *, hidden: bool = True) -> SeedEnsemble:
    from torch import nn

    def make(n_inputs: int) -> nn.Module:
        if not hidden:
            return nn.Linear(n_inputs, n_outputs)
        return nn.Sequential(nn.Linear(n_inputs, 6), nn.Tanh(), nn.Linear(6, n_outputs))

    return SeedEnsemble.train(
        lambda n_inputs, _: make(n_inputs),
        data(),
        y,
        seeds=SEEDS,
        epochs=4,
        learning_rate=0.05,
        validation_share=0,
        dtype="float64",
    )


def _mixing_networks() -> SeedEnsemble:
    """Networks of which no input belongs to a single column."""
    import torch
    from torch import nn

    modules = []
    for seed in SEEDS:
        torch.manual_seed(seed)
        modules.append(nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 3)))
    return SeedEnsemble.wrap(modules, seeds=SEEDS, schema=data(), preprocess=_mixed)


def _mixed(frame: pd.DataFrame) -> np.ndarray:
    both = frame["length"] / 10 + frame["count"]
    return np.column_stack([both + frame["wild"], both - (frame["colour"] == "red")]).astype(float)


def _pipeline(model: Any) -> Any:
    from sklearn.compose import make_column_transformer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

    columns = make_column_transformer(
        (StandardScaler(), ["length", "count"]),
        (OneHotEncoder(), ["colour", "wild"]),
        (OrdinalEncoder(categories=[list(SIZES)]), ["size"]),
    )
    return make_pipeline(columns, model)


def _fitted(model: Any, y: Any) -> SeedEnsemble:
    return SeedEnsemble.fit(_pipeline(model), data(), y, seeds=SEEDS, validation_share=0)


def _linear(y: Any, *, classifies: bool = False) -> SeedEnsemble:
    """Linear models, which draw nothing, each fitted without some rows of its own."""
    from sklearn.linear_model import LogisticRegression, Ridge

    models = []
    for seed in SEEDS:
        rows = np.random.default_rng(seed).permutation(len(y))[:25]
        model = LogisticRegression() if classifies else Ridge()
        models.append(_pipeline(model).fit(data().iloc[rows], y[rows]))
    return SeedEnsemble.wrap(models, seeds=SEEDS, schema=data())


def _forest(y: Any, *, classifies: bool = False) -> SeedEnsemble:
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

    kind = RandomForestClassifier if classifies else RandomForestRegressor
    return _fitted(kind(n_estimators=3, max_depth=3), y)


def _boosters() -> SeedEnsemble:
    from sklearn.ensemble import GradientBoostingClassifier

    return _fitted(GradientBoostingClassifier(n_estimators=3, subsample=0.7), two_labels())


def _callables(n_outputs: int, *, classifies: bool) -> SeedEnsemble:
    models = [Reader(seed, n_outputs, classifies) for seed in SEEDS]
    named = ("low", "mid", "top") if classifies else None
    task = "classification" if classifies else "regression"
    return SeedEnsemble.wrap(models, seeds=SEEDS, schema=data(), classes=named, task=task)


ENSEMBLES: dict[str, Callable[[], SeedEnsemble]] = {
    "networks": lambda: _trained(labels(), 3),
    "one_logit": lambda: _trained(two_labels(), 1),
    "network_regression": lambda: _trained(scores()[:, 0], 1),
    "network_targets": lambda: _trained(scores(), 2),
    "mixing_networks": _mixing_networks,
    "linear_networks": lambda: _trained(labels(), 3, hidden=False),
    "linear_network_regression": lambda: _trained(scores()[:, 0], 1, hidden=False),
    "linear_pipelines": lambda: _linear(labels(), classifies=True),
    "linear_regression": lambda: _linear(scores()[:, 0]),
    "linear_targets": lambda: _linear(scores()),
    "forest_pipelines": lambda: _forest(labels(), classifies=True),
    "boosters": _boosters,
    "forest_regression": lambda: _forest(scores()[:, 0]),
    "forest_targets": lambda: _forest(scores()),
    "callables": lambda: _callables(3, classifies=True),
    "callable_regression": lambda: _callables(1, classifies=False),
    "callable_targets": lambda: _callables(2, classifies=False),
}
