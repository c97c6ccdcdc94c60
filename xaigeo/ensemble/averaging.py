"""When weights are averaged in training, and what the average does: SWA, ASWA, NASWA and EMA."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from torch import Tensor

from xaigeo.ensemble.flat_weights import FlatWeights
from xaigeo.ensemble.recomputed_statistics import COUNTER, STATISTICS, batch_norms
from xaigeo.ensemble.settings import TrainingSettings
from xaigeo.ensemble.weight_averages import (
    ExponentialMean,
    NormFilteredMean,
    PlainMean,
    Share,
    WeightAverage,
)
from xaigeo.errors import InputError


class Averaging:
    """The average of a training run; ``docs/stabilised_training.md`` defines each kind.

    Parameters
    ----------
    weights : FlatWeights
        At their initial values.
    settings : TrainingSettings
        With `averaging`.

    Attributes
    ----------
    restarts : bool
        Whether every epoch starts from the average (ASWA, NASWA).
    """

    def __init__(self, weights: FlatWeights, settings: TrainingSettings) -> None:
        assert settings.averaging is not None  # the caller looked
        self.restarts = settings.averaging in ("aswa", "naswa")
        self.before = self.restarts and settings.averaging_order == "before_step"
        self.first_epoch = settings.first_averaged_epoch
        # SWA averages at the end of an epoch unless a number of steps is given.
        self.every = settings.averaging_every or (None if settings.averaging == "swa" else 1)
        self.average = _average(weights.values, settings)
        self.buffers = {name: weights.fixed[name].clone() for name in _averaged_buffers(weights)}
        self.n_steps = 0

    @property
    def begun(self) -> bool:
        """Whether there is an average yet."""
        return self.average.n_added > 0

    @property
    def n_averaged(self) -> np.ndarray:
        """How many steps each seed's average holds, shape (n_seeds,)."""
        return np.asarray(self.average.n_averaged.numpy())

    def check_steps(self, n_epochs: int, n_steps: int) -> None:
        """Raise unless something will be averaged in so many epochs of so many steps.

        Raises
        ------
        InputError
            If training ends before.
        """
        left = (n_epochs - self.first_epoch + 1) * n_steps
        if self.every is not None and self.every > left:
            raise InputError(
                expected=f"averaging_every of at most {left}, the steps from epoch "
                f"{self.first_epoch} to the last",
                arrived=str(self.every),
                do="Average more often, begin earlier (averaging_start) or train for more epochs.",
            )

    def before_step(self, weights: FlatWeights) -> None:
        """Take in weights that the optimiser is about to move."""
        if self.before:
            self._add(weights)

    def after_step(self, epoch: int, weights: FlatWeights) -> None:
        """Take in weights that the optimiser has moved, if it is their turn."""
        if self.before or self.every is None or epoch < self.first_epoch:
            return
        self.n_steps += 1
        if self.n_steps % self.every == 0:
            self._add(weights)

    def end_epoch(self, epoch: int, weights: FlatWeights) -> None:
        """Take in weights at the end of an epoch, or let them start from the average."""
        if self.every is None and epoch >= self.first_epoch:
            self._add(weights)
        if self.restarts:
            weights.values.copy_(self.average.values)
            weights.fixed |= {name: value.clone() for name, value in self.buffers.items()}

    @contextmanager
    def in_place_of(self, weights: FlatWeights) -> Iterator[None]:
        """Return a context in which `weights` are the average."""
        values, fixed = weights.values.clone(), weights.fixed
        weights.values.copy_(self.average.values)
        weights.fixed = fixed | self.buffers
        try:
            yield
        finally:
            weights.values.copy_(values)
            weights.fixed = fixed

    def keep(self, places: Sequence[int]) -> None:
        """Go on with the seeds at these places only."""
        index = list(places)
        self.average.keep(index)
        self.buffers = {name: value[index] for name, value in self.buffers.items()}

    def _add(self, weights: FlatWeights) -> None:
        share = self.average.add(weights.values)
        for name, value in self.buffers.items():
            value.lerp_(weights.fixed[name], _spread(share, value))


def _average(values: Tensor, settings: TrainingSettings) -> WeightAverage:
    n_initial = int(settings.averaging_order == "before_step")
    if settings.averaging == "ema":
        correction = settings.ema_bias_correction
        return ExponentialMean(values, decay=settings.ema_decay, bias_correction=correction)
    if settings.averaging == "naswa":
        by_accepted = settings.naswa_divisor == "accepted"
        return NormFilteredMean(values, by_accepted=by_accepted, n_initial=n_initial)
    return PlainMean(values, n_initial=n_initial)


def _averaged_buffers(weights: FlatWeights) -> list[str]:
    template = weights.network.template
    parts = (*STATISTICS, COUNTER)
    recomputed = {prefix + part for prefix in batch_norms(template) for part in parts}
    return [
        name
        for name, value in template.named_buffers()
        if name in weights.fixed and value.is_floating_point() and name not in recomputed
    ]


def _spread(share: Share, like: Tensor) -> Share:
    if isinstance(share, float):
        return share
    return share.to(like.dtype).view(-1, *[1] * (like.ndim - 1)).expand_as(like)
