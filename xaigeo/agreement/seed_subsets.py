"""Comparisons of some of the seeds: many subsets at once, as rows beside each other."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace
from itertools import combinations

import numpy as np

from xaigeo.agreement.compared import Compared, compare
from xaigeo.explanations import Attributions, Explanation
from xaigeo.explanations.majority import majority

# Arrays of a comparison by their axes: those of two seeds have (seed, other seed, instance).
ONE_SEED = (
    "labels",
    "values",
    "members",
    "lower",
    "upper",
    "allowed",
    "points",
    "deltas",
    "changed",
    "valid",
    "target",
    "chosen",
    "answer",
)
TWO_SEEDS = (
    "cross_precision",
    "empty_precision",
    "cross_validity",
    "empty_validity",
    "cross",
    "empty",
)
# Of texts, the same for every seed.
OF_TEXTS = ("n_tokens", "there")


def seed_subsets(
    n_seeds: int, size: int, n_draws: int, rng: np.random.Generator
) -> tuple[np.ndarray, bool]:
    """Return subsets of seeds of one size, and whether they are all there are.

    Parameters
    ----------
    n_seeds, size : int
    n_draws : int
        How many are drawn where there are more.

    Returns
    -------
    subsets : ndarray of int, shape (n_subsets, size)
        Places of seeds in rising order. Drawn ones are independent, so one may come twice.
    every : bool

    Examples
    --------
    >>> seed_subsets(3, 2, 10, np.random.default_rng(0))[0].tolist()
    [[0, 1], [0, 2], [1, 2]]
    """
    if math.comb(n_seeds, size) <= n_draws:
        return np.array(list(combinations(range(n_seeds), size)), dtype=np.intp), True
    order = rng.random((n_draws, n_seeds)).argsort(axis=1)
    return np.sort(order[:, :size], axis=1), False


@dataclass(frozen=True, eq=False)
class SubsetSource:
    """A comparison of all seeds from which those of subsets are cut.

    Attributes
    ----------
    by_output : tuple of Compared
        The comparison of every output, where at each row it is the answer of most seeds that
        is compared, which another subset may answer otherwise; else one.
    prediction : ndarray, shape (n_seeds, n_instances, n_outputs), or None
        None for a regression, which has no answer of most.
    """

    by_output: tuple[Compared, ...]
    prediction: np.ndarray | None

    @classmethod
    def of(
        cls, explanation: Explanation, *, k: int | None, output: str | int | None
    ) -> SubsetSource:
        """Return what subsets of an explanation in memory are cut from."""
        classes = explanation.task == "classification"
        answered = classes and output is None and isinstance(explanation, Attributions)
        outputs = range(len(explanation.outputs)) if answered else [output]
        return cls(
            by_output=tuple(compare(explanation, k=k, output=one) for one in outputs),
            prediction=explanation.array("prediction") if classes else None,
        )

    @property
    def n_instances(self) -> int:
        """Number of instances of a subset."""
        return self.by_output[0].n_instances

    def bytes_of(self, size: int) -> int:
        """Return about how many bytes comparing one subset takes."""
        first = self.by_output[0]
        arrays = [getattr(first, name, None) for name in ONE_SEED]
        each = sum(a.nbytes for a in arrays if a is not None) // first.n_seeds
        return int(size * (6 * each + 16 * size * first.n_instances))

    def stacked(self, subsets: np.ndarray) -> Compared:
        """Return the comparison of subsets: the rows of the first, those of the second, ...

        Parameters
        ----------
        subsets : ndarray of int, shape (n_subsets, size)
            Places of seeds.

        Returns
        -------
        Compared
            Of `size` seeds and n_subsets · n_instances instances. Every score is computed
            instance by instance, so one call answers for all subsets.
        """
        first = self.by_output[0]
        seeds = subsets.T
        reference = self._reference(seeds)
        changed = {name: _of_seeds(array, seeds) for name, array in _arrays(first, ONE_SEED)}
        changed |= {name: _of_pairs(array, seeds) for name, array in _arrays(first, TWO_SEEDS)}
        for name, array in _arrays(first, OF_TEXTS):
            if name in {f.name for f in fields(first)}:
                changed[name] = np.concatenate([array] * seeds.shape[1])
        if len(self.by_output) > 1:
            changed["values"] = self._values(seeds, reference)
        return replace(first, reference=reference, **changed)

    def _reference(self, seeds: np.ndarray) -> np.ndarray:
        if self.prediction is None:
            return np.zeros(seeds.shape[1] * self.n_instances, dtype=np.intp)
        return majority(_of_seeds(self.prediction, seeds))

    def _values(self, seeds: np.ndarray, reference: np.ndarray) -> np.ndarray:
        size, n_subsets = seeds.shape
        outputs = np.stack([one.values for one in self.by_output])  # type: ignore[attr-defined]
        chosen = reference.reshape(1, n_subsets, self.n_instances)
        values = outputs[chosen, seeds[..., None], np.arange(self.n_instances)]
        return np.asarray(values.reshape(size, -1, values.shape[-1]))


def _arrays(compared: Compared, names: tuple[str, ...]) -> list[tuple[str, np.ndarray]]:
    found = [(name, getattr(compared, name, None)) for name in names]
    return [(name, array) for name, array in found if array is not None]


def _of_seeds(array: np.ndarray, seeds: np.ndarray) -> np.ndarray:
    """From (n_seeds, n_instances, ...) to (size, n_subsets · n_instances, ...)."""
    size, n_subsets = seeds.shape
    return np.asarray(array[seeds].reshape(size, n_subsets * array.shape[1], *array.shape[2:]))


def _of_pairs(array: np.ndarray, seeds: np.ndarray) -> np.ndarray:
    """From (n_seeds, n_seeds, n_instances) to (size, size, n_subsets · n_instances)."""
    size, n_subsets = seeds.shape
    cut = array[seeds[:, None], seeds[None, :]]
    return np.asarray(cut.reshape(size, size, n_subsets * array.shape[2]))
