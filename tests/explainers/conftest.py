from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from xaigeo.datasets import penguins
from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.errors import SingleSeedWarning
from xaigeo.schema import FeatureSchema

SPECIES = ("Adelie", "Chinstrap", "Gentoo")


@dataclass(frozen=True)
class Network:
    """A random one-layer network over the penguins' columns; a class, so that workers get it."""

    seed: int
    n_outputs: int

    def __call__(self, frame: pd.DataFrame) -> np.ndarray:
        inputs = np.column_stack(
            [
                (frame["bill_length_mm"] - 44) / 5.5,
                (frame["bill_depth_mm"] - 17) / 2.0,
                (frame["flipper_length_mm"] - 201) / 14,
                (frame["body_mass_g"] - 4200) / 800,
                frame["island"] == "Biscoe",
                frame["island"] == "Dream",
                frame["sex"] == "male",
            ]
        ).astype(float)
        random = np.random.default_rng(self.seed)
        hidden = np.tanh(inputs @ random.normal(size=(7, 6)))
        outputs = hidden @ random.normal(size=(6, self.n_outputs))
        if self.n_outputs == 1:
            return outputs[:, 0]
        odds = np.exp(outputs)
        return odds / odds.sum(axis=1, keepdims=True)


@dataclass(frozen=True)
class Linear:
    """Values ``intercept + x @ slope`` of an array."""

    slope: tuple[float, ...]
    intercept: float = 0.5

    def __call__(self, rows: np.ndarray) -> np.ndarray:
        return self.intercept + rows @ np.array(self.slope)


@pytest.fixture(scope="session")
def birds() -> pd.DataFrame:
    """The penguins: four numeric and two categorical columns."""
    return penguins().X


@pytest.fixture(scope="session")
def species(birds) -> SeedEnsemble:
    """Three callables with three classes."""
    models = [Network(seed, 3) for seed in (3, 4, 5)]
    return SeedEnsemble.wrap(models, seeds=(3, 4, 5), schema=birds, classes=SPECIES)


@pytest.fixture(scope="session")
def mass(birds) -> SeedEnsemble:
    """Two callables with one value."""
    models = [Network(seed, 1) for seed in (0, 1)]
    return SeedEnsemble.wrap(models, schema=birds, classes=("mass",), task="regression")


@pytest.fixture(scope="session")
def single_logit(birds) -> SeedEnsemble:
    """Three float64 torch networks with one logit for two classes."""
    import torch
    from torch import nn

    from xaigeo.ensemble.preprocessing import Preprocessor
    from xaigeo.ensemble.stacked import StackedNetwork
    from xaigeo.ensemble.torch_members import TorchMembers

    schema = FeatureSchema.from_data(birds)
    preprocessor = Preprocessor.from_rows(schema, schema.encode(birds), dtype="float64")
    modules = []
    for seed in range(3):
        torch.manual_seed(seed)
        layers = nn.Linear(preprocessor.n_inputs, 8), nn.ReLU(), nn.Linear(8, 1)
        modules.append(nn.Sequential(*layers).double().eval())
    network = StackedNetwork.from_modules(modules)
    members = TorchMembers(network, preprocessor, task="classification", n_outputs=2)
    return SeedEnsemble(members=members, seeds=(0, 1, 2), schema=schema, classes=("no", "yes"))


@pytest.fixture(scope="session")
def cloud() -> np.ndarray:
    """Sixty rows of four numeric columns on scales that differ a thousandfold."""
    random = np.random.default_rng(0)
    return random.normal(size=(60, 4)) * [1.0, 10.0, 0.01, 1000.0] + [0.0, 5.0, 1.0, 4000.0]


@pytest.fixture
def wrap_values():
    """Return a maker of regression ensembles from functions of an array."""

    def wrap(*models, rows):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SingleSeedWarning)  # one model will do here
            return SeedEnsemble.wrap(models, schema=rows, classes=("value",), task="regression")

    return wrap


@pytest.fixture
def linear():
    return Linear


@contextmanager
def _global_stream(state) -> Iterator[None]:
    before = np.random.get_state()  # noqa: NPY002
    np.random.seed(state)  # noqa: NPY002
    try:
        yield
    finally:
        np.random.set_state(before)  # noqa: NPY002


@pytest.fixture
def global_stream():
    """Return a context in which numpy's global stream, which shap reads, starts from a state."""
    return _global_stream
