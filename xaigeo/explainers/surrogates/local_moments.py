"""All models' outputs around instances, summed up for their surrogates in bounded memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from xaigeo.ensemble.members import Scale
from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.errors import InputError
from xaigeo.explainers.shapley.least_squares import is_constant
from xaigeo.explainers.surrogates.neighbourhood import Drawn, Metric, NeighbourhoodSampler
from xaigeo.explainers.surrogates.surrogate import Moments, WeightedSums
from xaigeo.schema import Matrix

# Outputs of all models that are held at once: more fall out of the processor's cache. But so few
# rows are not worth a pass.
TARGETS_AT_ONCE = 2**19
LEAST_ROWS = 256


@dataclass(frozen=True, eq=False)
class Locality:
    """What makes rows near: a metric and a kernel over its distances."""

    sampler: NeighbourhoodSampler
    metric: Metric
    kernel_width: float

    def weights(self, differences: np.ndarray, coordinates: np.ndarray) -> np.ndarray:
        """Return the kernel's weights of rows, shape (n_rows,)."""
        distances = self.sampler.distances(differences, coordinates, self.metric)
        return np.asarray(np.exp(-np.square(distances) / (2 * self.kernel_width**2)))


@dataclass(frozen=True, eq=False)
class Targets:
    """The numbers that surrogates are fitted to: outputs of every model, less a level.

    Attributes
    ----------
    ensemble : SeedEnsemble
    scale : str
    """

    ensemble: SeedEnsemble
    scale: Scale

    @cached_property
    def complementary(self) -> bool:
        """Whether one of two outputs is 1 minus the other, so that one fit gives both.

        So it is by construction for probabilities of our networks; any callable may differ.
        """
        kind = self.ensemble.members.kind
        return self.ensemble.n_outputs == 2 and self.scale == "probability" and kind == "torch"

    @property
    def n_fitted(self) -> int:
        """Outputs of a model that are fitted: all, or the second of two."""
        return 1 if self.complementary else self.ensemble.n_outputs

    @property
    def n_targets(self) -> int:
        """Number of fits."""
        return self.ensemble.n_seeds * self.n_fitted

    def fill(self, room: np.ndarray, rows: Matrix) -> np.ndarray:
        """Write the targets of rows into the front of `room`, shape (n_targets, n_rows)."""
        outputs = self.ensemble.outputs_encoded(rows, scale=self.scale)
        part = room[:, : len(rows)]
        by_seed = part.reshape(len(outputs), self.n_fitted, len(rows))
        by_seed[:] = outputs[..., -self.n_fitted :].swapaxes(1, 2)
        return part

    def values(self, numbers: np.ndarray) -> np.ndarray:
        """Return outputs by target (n_targets, ...) as (n_seeds, n_outputs, ...)."""
        return self._unfolded(numbers, lambda second: 1.0 - second)

    def slopes(self, numbers: np.ndarray) -> np.ndarray:
        """Return changes of outputs by target as (n_seeds, n_outputs, ...)."""
        return self._unfolded(numbers, np.negative)

    def shared(self, numbers: np.ndarray) -> np.ndarray:
        """Return what an output has in common with its complement as (n_seeds, n_outputs, ...)."""
        return self._unfolded(numbers, lambda second: second)

    def _unfolded(
        self, numbers: np.ndarray, complement: Callable[[np.ndarray], np.ndarray]
    ) -> np.ndarray:
        found = numbers.reshape(self.ensemble.n_seeds, self.n_fitted, *numbers.shape[1:])
        if not self.complementary:
            return found
        return np.concatenate([complement(found), found], axis=1)


@dataclass(frozen=True, eq=False)
class LocalMoments:
    """What a block's rows and outputs say around each instance.

    Attributes
    ----------
    moments : list of Moments
        One an instance. The design is z minus the instance's z; a target is an output of a
        model minus its level.
    level : ndarray, shape (n_targets,)
    own : ndarray, shape (n_targets, n_instances)
        Outputs for the instances.
    """

    moments: list[Moments]
    level: np.ndarray
    own: np.ndarray


def local_moments(
    targets: Targets, instances: Matrix, drawn: Drawn, near: Locality, max_memory: int
) -> LocalMoments:
    """Ask all models about one set of rows and weigh the answers for each instance.

    Models are asked in pieces, of which only sums are kept.

    Parameters
    ----------
    targets : Targets
    instances : ndarray, shape (n_instances, n_features)
    drawn : Drawn
        Rows that all instances share; each has its own row besides.
    near : Locality
    max_memory : int
        Bytes that rows, outputs and sums may take.

    Raises
    ------
    InputError
        If the drawn rows alone need more.
    """
    sampler, n_own, (n_features, n_drawn) = near.sampler, len(instances), drawn.places.shape
    places = sampler.places(instances)
    origins = [sampler.coordinates(row) for row in places]
    sums = [WeightedSums(n_features, targets.n_targets) for _ in origins]
    size = WeightedSums.nbytes_of(n_features, targets.n_targets)
    held = 2 * drawn.rows.nbytes + drawn.places.nbytes + 2 * n_own * size
    step = _rows_at_once(n_drawn, n_own, targets.n_targets, n_features, max_memory - held)
    numbers, squares = np.empty((2, targets.n_targets, n_own + step))
    design, scratch = np.empty((2, n_features, step))
    extremes = []
    for start in range(0, n_drawn, step):
        rows = drawn.rows[start : start + step]
        first = start == 0  # the instances' own rows are asked with the first piece
        part = targets.fill(numbers, np.concatenate([instances, rows]) if first else rows)
        extremes += [part.min(axis=1), part.max(axis=1)]
        if first:
            level = part[:, 0].copy()
            own = part[:, :n_own] - level[:, None]
        # Shifted, sums of squares keep their digits where outputs hardly vary.
        part -= level[:, None]
        part = part[:, -len(rows) :]
        square = np.square(part, out=squares[:, : len(rows)])
        others = drawn.places[:, start : start + step]
        for row, origin, total in zip(places, origins, sums, strict=True):
            away = sampler.differences(others, row, out=design[:, : len(rows)])
            weights = near.weights(away, origin)
            total.add(away, weights, part, square, scratch[:, : len(rows)])
    here = np.zeros((n_features, 1))
    for origin, total, value in zip(origins, sums, own.T, strict=True):
        total.add_origin(float(near.weights(here, origin)[0]), value)
    constant = is_constant(np.array(extremes))
    return LocalMoments(
        [total.centred(constant=constant) for total in sums], level, own + level[:, None]
    )


def _rows_at_once(n_drawn: int, n_own: int, n_targets: int, n_features: int, memory: int) -> int:
    """Return how many drawn rows the models are asked at once."""
    # Outputs as the models give them, as targets, their squares, and one more of each while a
    # model works; the design, its weighted form, and the rows as models see them.
    bytes_per_row = 8 * (6 * n_targets + 4 * n_features)
    fitting = memory // bytes_per_row - n_own
    if fitting < 1:
        raise InputError(
            expected=f"a max_memory that holds {n_drawn + 1} rows of {n_features} features and "
            f"the fits of {n_targets} outputs",
            arrived=f"{bytes_per_row * (n_own + 1) - memory} bytes too little",
            do="Raise max_memory, draw fewer rows (n_samples), or explain fewer seeds at once.",
        )
    return int(min(n_drawn, fitting, max(LEAST_ROWS, TARGETS_AT_ONCE // n_targets)))
