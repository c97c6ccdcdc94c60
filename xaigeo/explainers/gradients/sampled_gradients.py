"""What methods that average gradients over random points share."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from xaigeo.explainers.base import Arrays
from xaigeo.explainers.gradients.draw_moments import DrawMoments
from xaigeo.explainers.gradients.gradient_explainer import GradientExplainer, GradientWork
from xaigeo.options import check_count

if TYPE_CHECKING:
    import torch
    from torch import Tensor

# Bytes of gradients that are worked on together while memory allows more: what stays in cache.
TOGETHER = 2**20


@dataclass(frozen=True, eq=False)
class Draws:
    """Random points for one instance, the same for all seeds.

    Attributes
    ----------
    points : Tensor, shape (n_draws, d) or (n_seeds, n_draws, d)
    ways : Tensor, shaped as points, or None
        What the gradient at each point is multiplied with.
    """

    points: Tensor
    ways: Tensor | None = None


@dataclass(frozen=True)
class Sampled:
    """What the draws of a block say.

    Attributes
    ----------
    values : DrawMoments
        Of columns' numbers, (n_seeds, n_instances, n_features, n_outputs).
    gradient : ndarray, shape (n_seeds, n_instances, d, n_outputs)
        Mean gradient.
    """

    values: DrawMoments
    gradient: np.ndarray


@dataclass(frozen=True, kw_only=True)
class SampledGradientExplainer(GradientExplainer):
    """Base of the methods that take gradients at random points around or before an instance.

    Draws are made for each instance from its own stream and shared by all seeds, so that seeds
    differ by their models alone; `std_error` is that of the mean over draws.
    """

    randomised: ClassVar[bool] = True

    n_samples: int = 50

    def __post_init__(self) -> None:
        super().__post_init__()
        check_count("n_samples", self.n_samples)

    @property
    def order(self) -> int:
        """Highest power of draws that is needed."""
        return 2

    @abstractmethod
    def draws(self, work: GradientWork, place: int) -> Draws:
        """Return the draws for the instance at a place of the block."""

    @abstractmethod
    def values(
        self, work: GradientWork, places: slice, gradient: np.ndarray, ways: np.ndarray | None
    ) -> np.ndarray:
        """Return each draw's numbers by column.

        `gradient` has shape (n_seeds, n, n_draws, d, n_outputs) for the n instances at
        `places`, `ways` (n_seeds or 1, n, n_draws, d); the answer has the columns in place of d.
        """

    def sampled(self, work: GradientWork) -> Sampled:
        """Return the moments over all draws, taken in parts that fit the memory allowed."""
        n_rows = len(work.block.rows)
        together = max(1, self._draws_at_once(work, TOGETHER) // self.n_samples)
        pieces, gradients = [], []
        for start in range(0, n_rows, together):
            places = slice(start, min(start + together, n_rows))
            moments, gradient = self._of_instances(work, places)
            pieces.append(moments)
            gradients.append(gradient)
        return Sampled(DrawMoments.joined(pieces, axis=1), np.concatenate(gradients, axis=1))

    def _of_instances(self, work: GradientWork, places: slice) -> tuple[DrawMoments, np.ndarray]:
        import torch

        each = [self.draws(work, place) for place in range(places.start, places.stop)]
        points = torch.stack([draws.points for draws in each], dim=-3)
        ways = _stacked([draws.ways for draws in each])
        moments, total = DrawMoments(axis=2, order=self.order), None
        step = self._draws_at_once(work, work.block.max_memory // 8)
        for start in range(0, self.n_samples, step):
            part = points[..., start : start + step, :]
            flat = work.passes.gradients(part.flatten(-3, -2))
            gradient = flat.reshape(len(flat), *part.shape[-3:-1], *flat.shape[2:])
            own = None if ways is None else ways[..., start : start + step, :]
            moments.add(self.values(work, places, gradient, own))
            summed = gradient.sum(axis=2)
            total = summed if total is None else total + summed
        assert total is not None  # there is at least one draw
        return moments, total / self.n_samples

    def _draws_at_once(self, work: GradientWork, memory: int) -> int:
        # The gradient of one draw in float64; the rest of `max_memory` holds its products.
        size = 8 * work.n_members * work.points.shape[-1] * work.n_outputs
        allowed = min(memory, work.block.max_memory // 8)
        return int(max(1, allowed // size))


def mean_arrays(work: GradientWork, sampled: Sampled) -> Arrays:
    """Return what every method of this kind reports of a mean over draws."""
    return {
        "attribution": sampled.values.mean,
        "std_error": sampled.values.error_of_mean,
        "slope": work.columns.slopes(sampled.gradient),
        "explained_value": work.explained_value,
    }


def torch_seed(seed: np.random.SeedSequence) -> int:
    """Return a seed for torch's streams."""
    return int(seed.generate_state(1, np.uint64)[0] >> np.uint64(1))


def noise(n_draws: int, stdev: float, d: int, seed: int) -> Tensor:
    """Return Gaussian noise as captum draws it, shape (n_draws, d), float32."""
    import torch

    stream = torch.Generator().manual_seed(seed)
    # captum 0.9 draws in float32 whatever the type of the inputs.
    return torch.normal(0.0, torch.full((n_draws, d), stdev), generator=stream)


@contextmanager
def global_torch_stream(seed: int) -> Iterator[torch.Generator]:
    """Seed torch's global stream, the only one that captum reads, and put it back after."""
    import torch

    with torch.random.fork_rng(devices=[]):
        yield torch.manual_seed(seed)


def _stacked(ways: list[Tensor | None]) -> np.ndarray | None:
    import torch

    given = [way for way in ways if way is not None]
    if not given:
        return None
    stacked = torch.stack(given, dim=-3).numpy().astype(np.float64)
    return stacked if stacked.ndim == 4 else stacked[None]
