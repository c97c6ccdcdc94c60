"""Training in every way, and plain training that stops at another's training loss."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from tabular_cases import LEARNING_RATE, Amounts, Prepared
from torch import nn

import xaigeo as xg
from xaigeo.ensemble.members import Task
from xaigeo.ensemble.split import split_rows

VALIDATION_SHARE = 0.2
# Numbers of epochs at which plain training may stop; they grow by about a quarter.
GRID = (1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 32, 40, 50, 64, 80, 100, 125, 160, 200)


def make_network(n_inputs: int, n_outputs: int) -> nn.Module:
    return nn.Sequential(
        nn.Linear(n_inputs, 32),
        nn.ReLU(),
        nn.Linear(32, 16),
        nn.ReLU(),
        nn.Linear(16, n_outputs),
    )


def train(ready: Prepared, amounts: Amounts, **settings: Any) -> xg.SeedEnsemble:
    """Train an ensemble; other splits have other seeds, all trainings of a split the same."""
    first = ready.split * amounts.n_seeds
    given = {"epochs": amounts.epochs, "learning_rate": LEARNING_RATE} | settings
    return xg.SeedEnsemble.train(
        make_network,
        ready.rows_train,
        ready.y_train,
        seeds=range(first, first + amounts.n_seeds),
        schema=ready.schema,
        validation_share=VALIDATION_SHARE,
        **given,
    )


def training_loss(ready: Prepared, ensemble: xg.SeedEnsemble) -> np.ndarray:
    """Return the mean loss on the rows that are trained on, shape (n_seeds,).

    Cross-entropy, or squared error as a share of the variance.
    """
    task: Task = "regression" if ready.is_regression else "classification"
    labels = ready.y_train.to_numpy()
    if task == "classification":
        labels = np.unique(labels, return_inverse=True)[1]
    places = split_rows(labels, task, validation_share=VALIDATION_SHARE, random_state=0).train
    seen = ensemble.evaluate(ready.rows_train.iloc[places], ready.y_train.iloc[places])
    return loss_of(seen)


def loss_of(evaluation: xg.Evaluation) -> np.ndarray:
    if evaluation.task == "regression":
        return 1.0 - evaluation.scores["r2"].to_numpy()
    return evaluation.scores["log_loss"].to_numpy()


def nearest(wanted: float, loss_at: Callable[[int], float], grid: Sequence[int]) -> int:
    """Return the number of epochs of `grid` whose loss is nearest in ratio.

    Losses are taken to fall with epochs, so few of them are asked for.
    """
    low, high = 0, len(grid) - 1
    while low < high:
        middle = (low + high) // 2
        if loss_at(grid[middle]) > wanted:
            low = middle + 1
        else:
            high = middle
    asked = grid[max(low - 1, 0) : low + 1]
    return min(asked, key=lambda n: abs(_log(loss_at(n)) - _log(wanted)))


def _log(loss: float) -> float:
    return math.log(max(loss, 1e-12))


class PlainRuns:
    """Plain ensembles of one split by their number of epochs, trained when asked for."""

    def __init__(self, ready: Prepared, amounts: Amounts) -> None:
        self.ready = ready
        self.amounts = amounts
        self.made: dict[int, xg.SeedEnsemble] = {}

    def at(self, epochs: int) -> xg.SeedEnsemble:
        if epochs not in self.made:
            self.made[epochs] = train(self.ready, self.amounts, epochs=epochs)
        return self.made[epochs]

    def loss(self, epochs: int) -> float:
        return float(training_loss(self.ready, self.at(epochs)).mean())

    def like(self, wanted: float) -> int:
        """Return after how many epochs the mean training loss is nearest to `wanted`."""
        grid = [n for n in GRID if n <= 2 * self.amounts.epochs]
        return nearest(wanted, self.loss, grid)
