"""When a model keeps its answer: the same class, or a value close to the instance's."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.errors import InputError
from xaigeo.explainers.background import Background
from xaigeo.schema import Matrix

# The tolerance of a regression that names none, in standard deviations of the predictions.
DEFAULT_SHARE = 0.5


@dataclass(frozen=True, eq=False)
class KeptAnswer:
    """What each model answers at the instances, and which readings count as the same answer.

    A model's *reading* of a row is the place of the class it predicts, or the value of a
    regression's `output`. A reading keeps the answer when it lies between `lower` and `upper`,
    shape (n_seeds, n_instances): for a class both are its place, for a value they are
    `tolerance` to either side of the value at the instance.
    """

    ensemble: SeedEnsemble
    output: int
    lower: np.ndarray
    upper: np.ndarray
    max_memory: int

    @classmethod
    def at(
        cls,
        ensemble: SeedEnsemble,
        rows: Matrix,
        *,
        output: int,
        tolerance: float,
        max_memory: int,
    ) -> KeptAnswer:
        """Ask the models at the encoded instances `rows`."""
        own = _readings(ensemble, ensemble.outputs_encoded(rows), output)
        return cls(ensemble, output, own - tolerance, own + tolerance, max_memory)

    def of(self, rows: Matrix) -> np.ndarray:
        """Return every model's reading of encoded rows, shape (n_seeds, n_rows).

        So many rows are asked at once that the outputs take up `max_memory` bytes at most.
        """
        each = 8 * self.ensemble.n_seeds * self.ensemble.n_outputs
        parts = np.array_split(rows, math.ceil(len(rows) * each / self.max_memory))
        return np.concatenate(
            [
                _readings(self.ensemble, self.ensemble.outputs_encoded(part), self.output)
                for part in parts
            ],
            axis=1,
        )

    def of_member(self, seed: int, rows: Matrix) -> np.ndarray:
        """Return one model's reading of encoded rows, shape (n_rows,)."""
        outputs = self.ensemble.member_outputs_encoded(seed, rows)
        return _readings(self.ensemble, outputs, self.output)

    def keeps(self, readings: np.ndarray, seed: int, instance: int) -> np.ndarray:
        """Return which readings keep the answer of a model (by place) at an instance."""
        lower, upper = self.lower[seed, instance], self.upper[seed, instance]
        return np.asarray((readings >= lower) & (readings <= upper))


def explained_output(ensemble: SeedEnsemble, name: str | None) -> int:
    """Return the place of the output whose value is to be kept.

    Raises
    ------
    InputError
        For an output of a classification, an unknown name, or several outputs and no name.
    """
    if ensemble.task == "classification":
        if name is not None:
            raise InputError(
                expected="no output for a classification, whose answer is the predicted class",
                arrived=f"output={name!r}",
                do="Leave output out; it names a target of a regression with several.",
            )
        return 0
    names = ensemble.output_names
    if name is None and len(names) == 1:
        return 0
    if name not in names:
        raise InputError(
            expected=f"output to name one of the targets ({', '.join(names)})",
            arrived=repr(name),
            do=f"Pass output={names[0]!r} or another of them.",
        )
    return names.index(name)


def kept_tolerance(
    ensemble: SeedEnsemble, background: Background, output: int, tolerance: float | None
) -> float:
    """Return how far a value may move, in units of the target; 0 for classes.

    None stands for half the standard deviation of the predictions over the background, with
    variances averaged over the seeds: one number for all of them.
    """
    if ensemble.task == "classification":
        return 0.0
    if tolerance is not None:
        return float(tolerance)
    values = ensemble.outputs_encoded(background.rows)[..., output]
    return float(DEFAULT_SHARE * np.sqrt(values.var(axis=1).mean()))


def _readings(ensemble: SeedEnsemble, outputs: np.ndarray, output: int) -> np.ndarray:
    if ensemble.task == "regression":
        return np.asarray(outputs[..., output])
    return np.asarray(outputs.argmax(axis=-1))
