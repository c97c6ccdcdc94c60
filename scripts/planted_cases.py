"""Seed ensembles with a fault planted on purpose, and their twins without it.

The rows are drawn from a known law, so that the right reasons are known: of six independent
numbers the first four decide, each less than the one before, and the classes lie apart.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from torch import nn

import xaigeo as xg
from xaigeo.store import digest

N_SEEDS, N_TRAIN, N_TEST, N_EXPLAINED = 12, 1500, 1000, 60
WEIGHTS = np.array([4.0, -2.5, 1.5, 0.5, 0.0, 0.0])
GAP = 2.0
TRAINING: dict[str, Any] = {
    "epochs": 40,
    "batch_size": 64,
    "weight_decay": 1e-3,
    "validation_share": 0,
    # Models of several trainings are put together below, so inputs are left as they are drawn.
    "standardise": False,
}
Rows = tuple[pd.DataFrame, pd.Series]


@dataclass(frozen=True)
class Case:
    """A fault, the items of the checklist that should notice it, and how it is planted.

    Attributes
    ----------
    title : str
    items : tuple of str
        Named before anything was run; each would be enough.
    twin : str
        Name of the case without the fault.
    plant : callable
        From a random generator to the audit.
    """

    title: str
    items: tuple[str, ...]
    twin: str
    plant: Callable[[np.random.Generator], xg.audit.Audit]


def make_model(n_inputs: int, n_outputs: int) -> nn.Module:
    """Return the network of every case."""
    return nn.Sequential(nn.Linear(n_inputs, 16), nn.ReLU(), nn.Linear(16, n_outputs))


def draw_rows(n: int, rng: np.random.Generator) -> Rows:
    """Return rows of two classes with a gap between them, 1 % of the labels wrong."""
    found, total = [], 0
    while total < n:
        X = rng.normal(size=(n, len(WEIGHTS)))
        found.append(X[np.abs(X @ WEIGHTS) > GAP])
        total += len(found[-1])
    X = np.concatenate(found)[:n]
    yes = (X @ WEIGHTS > 0) ^ (rng.random(n) < 0.01)
    return pd.DataFrame(X, columns=[f"x{j}" for j in range(1, 7)]), pd.Series(
        np.where(yes, "yes", "no"), name="class"
    )


def networks(rng: np.random.Generator) -> xg.audit.Audit:
    """Train networks that differ in their seed alone and explain them exactly: no fault."""
    registration = xg.audit.register()
    (X, y), (X_test, y_test) = draw_rows(N_TRAIN, rng), draw_rows(N_TEST, rng)
    return _audited(_trained(X, y), X, X_test, y_test, registration, again=_trained(X, y))


def shuffled_labels(rng: np.random.Generator) -> xg.audit.Audit:
    """Train one of the twelve networks on shuffled labels."""
    (X, y), (X_test, y_test) = draw_rows(N_TRAIN, rng), draw_rows(N_TEST, rng)
    place = int(rng.integers(N_SEEDS))
    wrong = _trained(X, pd.Series(rng.permutation(y)), seeds=[place])
    good = _trained(X, y)
    modules = list(good.members.modules)
    modules[place] = wrong.members.modules[0]
    return _audited(_together(modules, X, good), X, X_test, y_test)


def leaking_column(rng: np.random.Generator) -> xg.audit.Audit:
    """Train six of the twelve networks with a column that gives the answer away."""
    (X, y), (X_test, y_test) = draw_rows(N_TRAIN, rng), draw_rows(N_TEST, rng)
    leak = np.where(y == "yes", 1.0, -1.0) + 0.3 * rng.normal(size=len(y))
    leak_test = np.where(y_test == "yes", 1.0, -1.0) + 0.3 * rng.normal(size=len(y_test))
    leaking = X.assign(leak=leak)
    half = N_SEEDS // 2
    with_leak = _trained(leaking, y, seeds=range(half))
    without = _trained(X.assign(leak=rng.permutation(leak)), y, seeds=range(half, N_SEEDS))
    modules = [*with_leak.members.modules, *without.members.modules]
    ensemble = _together(modules, leaking, with_leak)
    return _audited(ensemble, leaking, X_test.assign(leak=leak_test), y_test)


def few_samples(rng: np.random.Generator) -> xg.audit.Audit:
    """Let the explainer draw one order of the columns and two rows of the background."""
    (X, y), (X_test, y_test) = draw_rows(N_TRAIN, rng), draw_rows(N_TEST, rng)
    starved = {"method": "permutation_shap", "n_permutations": 1, "n_background": 2}
    return _audited(_trained(X, y), X, X_test, y_test, **starved)


def trees(rng: np.random.Generator) -> xg.audit.Audit:
    """Grow trees of depth three, each on its own resample of the rows: no fault."""
    (X, y), (X_test, y_test) = draw_rows(N_TRAIN, rng), draw_rows(N_TEST, rng)
    return _audited(_grown(X, y), X, X_test, y_test, method="tree_shap")


def redundant_copies(rng: np.random.Generator) -> xg.audit.Audit:
    """Grow the same trees with the strongest column there twice: each splits by one of the two."""
    (X, y), (X_test, y_test) = draw_rows(N_TRAIN, rng), draw_rows(N_TEST, rng)
    X, X_test = (rows.assign(x1_copy=rows["x1"]) for rows in (X, X_test))
    return _audited(_grown(X, y), X, X_test, y_test, method="tree_shap")


CASES: dict[str, Case] = {
    "networks": Case("clean: twelve networks", (), "networks", networks),
    "shuffled_labels": Case(
        "one network trained on shuffled labels", ("M1", "M3", "M5"), "networks", shuffled_labels
    ),
    "leaking_column": Case(
        "a leaking column in six of the networks", ("A1", "A2", "A5"), "networks", leaking_column
    ),
    "few_samples": Case("an explainer with far too few samples", ("F2",), "networks", few_samples),
    "trees": Case("twelve trees, each on its own resample", (), "trees", trees),
    "redundant_copies": Case(
        "two copies of the strongest column", ("A1", "A2", "A5", "A6"), "trees", redundant_copies
    ),
}


def _trained(X: pd.DataFrame, y: pd.Series, seeds: Sequence[int] = range(N_SEEDS)) -> Any:
    return xg.SeedEnsemble.train(make_model, X, y, seeds=seeds, **TRAINING)


def _grown(X: pd.DataFrame, y: pd.Series) -> Any:
    tree = RandomForestClassifier(n_estimators=1, max_depth=3, max_features=None)
    return xg.SeedEnsemble.fit(tree, X, y, seeds=range(N_SEEDS), validation_share=0)


def _together(modules: Sequence[nn.Module], X: pd.DataFrame, like: Any) -> Any:
    return xg.SeedEnsemble.wrap(
        modules, seeds=range(N_SEEDS), schema=X, classes=like.classes, task="classification"
    )


def _audited(
    ensemble: Any,
    X: pd.DataFrame,
    X_test: pd.DataFrame,
    y_test: pd.Series,
    registration: Any = None,
    again: Any = None,
    method: str = "kernel_shap",
    **parameters: Any,
) -> xg.audit.Audit:
    """Explain, ask the models again, and audit, with the same evidence for every case."""
    rows = X_test.head(N_EXPLAINED)
    parameters = parameters or {"n_background": N_TRAIN}

    def explained(models: Any, random_state: int, background: pd.DataFrame = X) -> Any:
        return xg.explain(
            models,
            rows,
            method=method,
            background=background,
            random_state=random_state,
            **parameters,
        )

    first = explained(ensemble, 0)
    results = [first, explained(ensemble, 1), explained(ensemble, 2)]
    results.append(explained(ensemble, 0, X.sample(frac=1.0, replace=True, random_state=1)))
    if again is not None:
        results.append(explained(again, 0))
    checks = [
        xg.faithfulness.deletion(first, ensemble, random_state=0),
        xg.faithfulness.off_support(ensemble, X_test, X, random_state=0),
    ]
    if ensemble.members.kind == "torch":
        checks.append(xg.faithfulness.randomisation(first, ensemble, random_state=0))
    return xg.audit(
        results,
        # As a run stores them at once.
        stored=[digest(result) for result in results],
        evaluation=ensemble.evaluate(X_test, y_test),
        checks=checks,
        registration=registration,
    )
