"""The training loop of all seeds together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from xaigeo.ensemble.averaging import Averaging
from xaigeo.ensemble.dropout import DropoutNoise
from xaigeo.ensemble.flat_weights import FlatWeights, TrainableNetwork
from xaigeo.ensemble.losses import Loss
from xaigeo.ensemble.optimizers import OPTIMIZERS, Optimizer
from xaigeo.ensemble.recomputed_statistics import batch_norms, recomputed_statistics
from xaigeo.ensemble.settings import TrainingSettings
from xaigeo.errors import InputError

# Bytes of batches that are gathered at once.
MEMORY_LIMIT = 64 * 2**20

# Multiplications of one step below which a second thread costs more than it saves: threads
# wait for one another after every product, and badly so when other programs want the cores.
SMALL_STEP = 4_000_000


@dataclass(frozen=True, eq=False)
class LabelledInputs:
    """Inputs (n_rows, n_inputs), targets (n_rows,) and row weights (n_rows,) or None.

    Several targets have the shape (n_rows, n_targets).
    """

    inputs: Tensor
    targets: Tensor
    weights: Tensor | None

    def __len__(self) -> int:
        return len(self.inputs)


@dataclass(frozen=True, eq=False)
class Outcome:
    """What training leaves: networks, and for each seed the epochs run and the epoch kept.

    `validation_loss` is that of the epoch kept, shape (n_seeds,), or None without validation;
    `n_averaged` counts the steps in the averages kept, shape (n_seeds,), None without averaging.
    """

    network: TrainableNetwork
    epochs_run: np.ndarray
    epoch_kept: np.ndarray
    validation_loss: np.ndarray | None
    n_averaged: np.ndarray | None = None


class Trainer:
    """Trains K networks together; each sees its own batches and stops on its own.

    Parameters
    ----------
    network : StackedNetwork or FunctionalNetwork
        Initial weights.
    trainable : sequence of str
        Names of the parameters to train.
    loss : Loss
    settings : TrainingSettings
    seeds, order_seeds : sequence of int
        Labels for messages, and seeds of batch order and dropout.
    """

    def __init__(
        self,
        network: TrainableNetwork,
        trainable: Sequence[str],
        loss: Loss,
        settings: TrainingSettings,
        *,
        seeds: Sequence[int],
        order_seeds: Sequence[int],
    ) -> None:
        self.initial = network
        self.loss = loss
        self.settings = settings
        self.seeds = list(seeds)
        self.weights = FlatWeights(network, trainable)
        self.noise = DropoutNoise(order_seeds)
        self.order_seeds = [int(seed) for seed in order_seeds]
        self.orders = [torch.Generator().manual_seed(seed) for seed in self.order_seeds]
        self.optimizer = self._new_optimizer()
        self.averaging = Averaging(self.weights, settings) if settings.averaging else None
        self.active = np.arange(len(self.seeds))
        self.best = np.full(len(self.seeds), np.inf)
        self.epochs_run = np.zeros(len(self.seeds), dtype=np.int64)
        self.epoch_kept = np.zeros(len(self.seeds), dtype=np.int64)
        self.kept_values = self.weights.values.clone()
        self.kept_fixed = {name: value.clone() for name, value in self.weights.fixed.items()}
        self.kept_averaged = np.zeros(len(self.seeds), dtype=np.int64)

    def train(
        self,
        data: LabelledInputs,
        validation: LabelledInputs | None = None,
        *,
        progress: bool = False,
    ) -> Outcome:
        """Train until the last epoch, or until every seed has run out of patience."""
        from tqdm import tqdm

        if self.averaging is not None:
            n_steps = -(-len(data) // self.settings.batch_size)
            self.averaging.check_steps(self.settings.epochs, n_steps)
        n_products = self.weights.values.numel() * self.settings.batch_size
        with (
            _threads(1 if n_products < SMALL_STEP else None),
            tqdm(total=self.settings.epochs, desc="training", disable=not progress) as bar,
        ):
            for epoch in range(1, self.settings.epochs + 1):
                self._run_epoch(epoch, data)
                if self.settings.patience is not None and validation is not None:
                    self._stop_early(epoch, data, validation)
                bar.update()
                if not len(self.active):
                    break
        if self.settings.patience is None:
            self._keep_all(data, validation)
        state = self.kept_fixed | self.weights.state(self.kept_values)
        # In the order of the modules' own state.
        state = {name: state[name] for name in self.initial.state}
        losses = None if validation is None else self.best
        return Outcome(
            replace(self.initial, state=state),
            self.epochs_run,
            self.epoch_kept,
            losses,
            None if self.averaging is None else self.kept_averaged,
        )

    def _new_optimizer(self) -> Optimizer:
        return OPTIMIZERS[self.settings.optimizer](
            self.weights.values,
            learning_rate=self.settings.learning_rate,
            weight_decay=self.settings.weight_decay,
            momentum=self.settings.momentum,
        )

    def _run_epoch(self, epoch: int, data: LabelledInputs) -> None:
        averaging = self.averaging
        for x, target, weight in self._batches(data, self.orders):
            gradient = self.weights.gradient(
                x,
                lambda raw, t=target, w=weight: self.loss.gradient(raw, t, w),  # type: ignore[misc]
                self.noise,
            )
            if averaging is not None:
                averaging.before_step(self.weights)
            self.optimizer.step(gradient)
            if averaging is not None:
                averaging.after_step(epoch, self.weights)
        self.epochs_run[self.active] = epoch
        self._refuse_divergence(torch.isfinite(self.weights.values).all(dim=1).numpy())
        if averaging is not None:
            averaging.end_epoch(epoch, self.weights)
            if averaging.restarts and self.settings.restart_optimizer == "reset":
                self.optimizer = self._new_optimizer()

    def _batches(
        self, data: LabelledInputs, generators: Sequence[torch.Generator]
    ) -> Iterator[tuple[Tensor, Tensor, Tensor | None]]:
        n_rows, size = len(data), self.settings.batch_size
        orders = torch.stack([torch.randperm(n_rows, generator=g) for g in generators])
        n_full = n_rows // size
        bytes_each = len(orders) * size * data.inputs[0].numel() * data.inputs.itemsize
        group = max(1, MEMORY_LIMIT // max(1, bytes_each))
        for start in range(0, n_full, group):
            stop = min(n_full, start + group)
            yield from _gather(data, orders[:, start * size : stop * size], stop - start)
        if n_rows % size:
            yield from _gather(data, orders[:, n_full * size :], 1)

    @contextmanager
    def _judged(self, data: LabelledInputs) -> Iterator[None]:
        """Return a context in which the weights are those that are judged and kept."""
        if self.averaging is None:
            yield
            return
        with self.averaging.in_place_of(self.weights):
            if batch_norms(self.weights.network.template):
                self._recompute_statistics(data)
            yield

    def _recompute_statistics(self, data: LabelledInputs) -> None:
        # The batches and dropout of each seed's first epoch, from generators of their own, so
        # that training goes on as if there had been no such pass.
        seeds = [self.order_seeds[place] for place in self.active]
        orders = [torch.Generator().manual_seed(seed) for seed in seeds]
        weights = self.weights
        with torch.random.fork_rng(devices=[]):
            found = recomputed_statistics(
                weights.network,
                weights.fixed | weights.state(weights.values),
                (x for x, _, _ in self._batches(data, orders)),
                DropoutNoise(seeds),
            )
        weights.fixed = weights.fixed | found

    def _validation_loss(self, validation: LabelledInputs) -> np.ndarray:
        width = max(self.weights.network.width, validation.inputs.shape[1])
        bytes_each = len(self.active) * width * validation.inputs.itemsize
        step = max(1, int(MEMORY_LIMIT // bytes_each))
        parts = [
            self.weights.outputs(validation.inputs[start : start + step])
            for start in range(0, len(validation), step)
        ]
        raw = torch.cat(parts, dim=1)
        values = self.loss.value(raw, validation.targets, validation.weights)
        losses = np.asarray(values.to(torch.float64).numpy())
        self._refuse_divergence(np.isfinite(losses))
        return losses

    def _stop_early(self, epoch: int, data: LabelledInputs, validation: LabelledInputs) -> None:
        if self.averaging is not None and not self.averaging.begun:
            return  # what is judged is the average, and patience begins with it
        with self._judged(data):
            losses = self._validation_loss(validation)
            better = np.flatnonzero(losses < self.best[self.active])
            self._remember(better, epoch, losses)
        assert self.settings.patience is not None  # the caller looked
        waiting = epoch - self.epoch_kept[self.active] < self.settings.patience
        if not waiting.all():
            self._continue_with(np.flatnonzero(waiting))

    def _keep_all(self, data: LabelledInputs, validation: LabelledInputs | None) -> None:
        with self._judged(data):
            losses = self.best if validation is None else self._validation_loss(validation)
            self._remember(np.arange(len(self.active)), self.settings.epochs, losses)

    def _remember(self, places: np.ndarray, epoch: int, losses: np.ndarray) -> None:
        seeds = self.active[places]
        self.best[seeds] = losses[places]
        self.epoch_kept[seeds] = epoch
        self.kept_values[seeds] = self.weights.values[places]
        for name, value in self.weights.fixed.items():
            self.kept_fixed[name][seeds] = value[places]
        if self.averaging is not None:
            self.kept_averaged[seeds] = self.averaging.n_averaged[places]

    def _continue_with(self, places: np.ndarray) -> None:
        self.active = self.active[places]
        index = places.tolist()
        self.weights.keep(index)
        self.optimizer.keep(self.weights.values, index)
        self.noise.keep(index)
        if self.averaging is not None:
            self.averaging.keep(index)
        self.orders = [self.orders[place] for place in index]

    def _refuse_divergence(self, finite: np.ndarray) -> None:
        if finite.all():
            return
        lost = [self.seeds[place] for place in self.active[~finite]]
        raise InputError(
            expected="finite weights and losses in every seed",
            arrived=f"NaN or infinite values in seed {', '.join(map(str, lost))} after "
            f"{self.epochs_run[self.active[~finite]].max()} epochs",
            do="Lower learning_rate (now "
            f"{self.settings.learning_rate:g}), keep standardise=True, or train in "
            "dtype='float64'.",
        )


@contextmanager
def _threads(n_threads: int | None) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(before if n_threads is None else n_threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _gather(
    data: LabelledInputs, orders: Tensor, n_batches: int
) -> Iterator[tuple[Tensor, Tensor, Tensor | None]]:
    shape = (n_batches, len(orders), orders.shape[1] // n_batches)
    index = orders.view(shape[1], shape[0], shape[2]).transpose(0, 1).reshape(-1)
    x = data.inputs.index_select(0, index).view(*shape, *data.inputs.shape[1:])
    target = data.targets.index_select(0, index).view(*shape, *data.targets.shape[1:])
    weight = None if data.weights is None else data.weights.index_select(0, index).view(shape)
    for place in range(n_batches):
        yield x[place], target[place], None if weight is None else weight[place]
