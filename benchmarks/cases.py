"""What the explainers are measured on: networks of many seeds, on numbers and on mixed types."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from threadpoolctl import threadpool_limits
from torch import nn

from xaigeo import SeedEnsemble, datasets
from xaigeo.explainers.background import Background
from xaigeo.explainers.blocks.streams import instance_seed, shared_seed
from xaigeo.schema import Matrix

N_HIDDEN, N_INSTANCES, N_BACKGROUND = 32, 50, 100
SEED_COUNTS = (20, 100)
RANDOM_STATE = 0
TOLERANCE = 1e-6


@dataclass(frozen=True, eq=False)
class Case:
    """An ensemble with the rows that both ways explain.

    `data` are all rows, `background` the ones explanations are made against, `instances`
    the explained ones, which are not among the background.
    """

    name: str
    ensemble: SeedEnsemble
    data: pd.DataFrame
    background: pd.DataFrame
    instances: pd.DataFrame

    @property
    def n_seeds(self) -> int:
        """Number of models."""
        return self.ensemble.n_seeds

    @property
    def rows(self) -> Matrix:
        """Encoded instances."""
        return self.ensemble.schema.encode(self.instances)

    @property
    def reference(self) -> Matrix:
        """Encoded background."""
        return self.ensemble.schema.encode(self.background)

    def seed(self, instance: int | None) -> np.random.SeedSequence:
        """Return the seed of an instance's draws as the explainers derive it; None: of shared."""
        if instance is None:
            return shared_seed(RANDOM_STATE)
        background = Background.from_frame(self.ensemble.schema, self.reference)
        return instance_seed(RANDOM_STATE, background.identities(self.rows)[instance])

    def state(self, instance: int) -> np.ndarray:
        """Return the state from which an instance's draws start, as the explainers derive it."""
        return self.seed(instance).generate_state(4)

    def first(self, n_seeds: int) -> Case:
        """Return the case with fewer models."""
        few = self.ensemble.select(self.ensemble.seeds[:n_seeds])
        return Case(self.name, few, self.data, self.background, self.instances)


def make_model(n_inputs: int, n_outputs: int) -> nn.Module:
    """Build the network of all cases; one logit where there are two classes."""
    n_logits = 1 if n_outputs == 2 else n_outputs
    return nn.Sequential(nn.Linear(n_inputs, N_HIDDEN), nn.ReLU(), nn.Linear(N_HIDDEN, n_logits))


def train(name: str, X: pd.DataFrame, y: pd.Series) -> Case:
    """Train the largest number of seeds and set rows apart."""
    seeds = range(max(SEED_COUNTS))
    ensemble = SeedEnsemble.train(make_model, X, y, seeds=seeds, epochs=20)
    shuffled = X.sample(frac=1, random_state=0)
    return Case(name, ensemble, X, shuffled.iloc[:N_BACKGROUND], shuffled.iloc[-N_INSTANCES:])


def breast_cancer(n_features: int = 30) -> Case:
    """Return 569 tumours with up to 30 numeric columns and two classes."""
    from sklearn.datasets import load_breast_cancer

    cells = load_breast_cancer(as_frame=True)
    name = "breast cancer" if n_features == 30 else f"breast cancer ({n_features} features)"
    return train(name, cells.data.iloc[:, :n_features], cells.target)


def penguins() -> Case:
    """Return 333 birds with numbers and categories, and three classes."""
    birds = datasets.penguins()
    return train("penguins", birds.X, birds.y)


@contextmanager
def one_thread() -> Iterator[None]:
    """Give both ways one thread: the loop has no use for a second, and spinning ones add noise."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with threadpool_limits(1):
            yield
    finally:
        torch.set_num_threads(threads)
