"""The answer that a counterfactual is to reach: a class, or an interval of values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.errors import InputError
from xaigeo.options import is_number, suggestion

# By how much the wanted class must lead, and by which share of the values' spread an interval
# must be entered. A point is found in one batch and judged in another; float32 may differ
# between the two by about 1e-6.
MARGIN = 1e-5


@dataclass(frozen=True, eq=False)
class Wanted:
    """What each of some models is to answer at each of some instances.

    Attributes
    ----------
    place : ndarray of int, shape (n_models, n_instances)
        The wanted class, or the output whose value is wanted.
    lower, upper : ndarray, shape (n_models, n_instances), or None
        The interval of values of a regression; None for classes.
    min_probability : float
        Probability that a wanted class must reach, besides being the most probable.
    unit : float
        Spread of a regression's values; 1 for classes.
    """

    place: np.ndarray
    lower: np.ndarray | None = None
    upper: np.ndarray | None = None
    min_probability: float = 0.0
    unit: float = 1.0

    def lead(self, outputs: np.ndarray, model: np.ndarray, instance: np.ndarray) -> np.ndarray:
        """Return by how much outputs are inside what is wanted; 0 or more suffices.

        Parameters
        ----------
        outputs : ndarray, shape (..., n_outputs)
        model, instance : ndarray of int, broadcast to shape (...)
            Whose answer is wanted, and where.
        """
        own, others = self._own_and_others(outputs, model, instance)
        if others is not None:
            return np.asarray(np.minimum(own - others - MARGIN, own - self.min_probability))
        assert self.lower is not None  # a regression has an interval
        assert self.upper is not None
        low, high = self.lower[model, instance], self.upper[model, instance]
        margin = np.minimum(MARGIN, (high - low) / (4 * self.unit))
        return np.asarray(np.minimum(own - low, high - own) / self.unit - margin)

    def reached(self, outputs: np.ndarray, model: np.ndarray, instance: np.ndarray) -> np.ndarray:
        """Return whether outputs are what is wanted, without a margin; arguments as `lead`."""
        place = self.place[model, instance]
        own = np.take_along_axis(outputs, place[..., None], axis=-1)[..., 0]
        if self.lower is None or self.upper is None:
            return np.asarray((outputs.argmax(axis=-1) == place) & (own >= self.min_probability))
        low, high = self.lower[model, instance], self.upper[model, instance]
        return np.asarray((own >= low) & (own <= high))

    def answered(self, outputs: np.ndarray, model: np.ndarray, instance: np.ndarray) -> np.ndarray:
        """Return whether outputs give the wanted class, however weakly, or the interval."""
        if self.lower is None:
            return np.asarray(outputs.argmax(axis=-1) == self.place[model, instance])
        return self.reached(outputs, model, instance)

    def _own_and_others(
        self, outputs: np.ndarray, model: np.ndarray, instance: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray | None]:
        place = np.broadcast_to(self.place[model, instance], outputs.shape[:-1])
        if self.lower is None and outputs.shape[-1] == 2:
            first, second = outputs[..., 0], outputs[..., 1]
            return np.where(place, second, first), np.where(place, first, second)
        own = np.take_along_axis(outputs, place[..., None], axis=-1)[..., 0]
        if self.lower is not None:
            return own, None
        others = outputs.copy()
        np.put_along_axis(others, place[..., None], -np.inf, axis=-1)
        return own, others.max(axis=-1)


@dataclass(frozen=True, kw_only=True)
class Target:
    """A user's wish, before an ensemble and instances are known.

    Attributes
    ----------
    target : label, or (low, high)
        A class, None for each seed's runner-up; for a regression an interval of values, None
        for an open side.
    relative : bool
        Whether the interval is of the change from each seed's own value at the instance.
    output : label, optional
        Which output of a regression with several.
    min_probability : float
    """

    target: Any = None
    relative: bool = False
    output: Any = None
    min_probability: float = 0.0

    def check(self, ensemble: SeedEnsemble) -> None:
        """Raise when the target is none of this ensemble's."""
        if ensemble.task == "classification":
            self._check_class(ensemble)
        else:
            self._check_interval(ensemble)
            self._output(ensemble)

    def at(
        self, ensemble: SeedEnsemble, outputs: np.ndarray, background_outputs: np.ndarray
    ) -> Wanted:
        """Return what is wanted of each seed at each instance.

        Parameters
        ----------
        outputs : ndarray, shape (n_seeds, n_instances, n_outputs)
        background_outputs : ndarray, shape (n_seeds, n_background, n_outputs)
            Give a regression's values their spread.
        """
        shape = outputs.shape[:2]
        if ensemble.task == "classification":
            if self.target is None:
                wanted = np.argsort(-outputs, axis=-1, kind="stable")[..., 1]
            else:
                wanted = np.full(shape, ensemble.classes.index(self.target))
            return Wanted(wanted, min_probability=self.min_probability)
        place = self._output(ensemble)
        low, high = self.target
        start = outputs[..., place] if self.relative else np.zeros(shape)
        spread = float(background_outputs[..., place].std())
        return Wanted(
            np.full(shape, place),
            start + (-np.inf if low is None else float(low)),
            start + (np.inf if high is None else float(high)),
            unit=spread if spread > 0 else 1.0,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the target and output in a JSON-able form."""
        target = self.target
        if isinstance(target, Sequence) and not isinstance(target, str):
            target = [_plain(end) for end in target]
        return {"target": _plain(target), "output": _plain(self.output)}

    def _check_class(self, ensemble: SeedEnsemble) -> None:
        if self.relative or self.output is not None:
            name = "relative=True" if self.relative else f"output={self.output!r}"
            raise InputError(
                expected="a regression ensemble where relative or output is named",
                arrived=f"{name} for a classification ensemble",
                do="Name the wanted class as target.",
            )
        try:
            known = self.target is None or self.target in ensemble.classes
        except ValueError:  # an array compares to an array
            known = False
        if not known:
            raise InputError(
                expected=f"target to be a class of the ensemble "
                f"({', '.join(map(repr, ensemble.classes))})",
                arrived=repr(self.target),
                do=suggestion(self.target, ensemble.classes) or "Name one of the listed classes.",
            )

    def _check_interval(self, ensemble: SeedEnsemble) -> None:
        example = "target=(10, None), relative=True, or target=(low, high) in the target's units"
        if self.min_probability:
            raise InputError(
                expected="a classification ensemble where min_probability is named",
                arrived=f"min_probability={self.min_probability} for a regression ensemble",
                do="Name the wanted interval of values as target.",
            )
        ends = self.target
        pair = isinstance(ends, Sequence) and not isinstance(ends, str) and len(ends) == 2
        if not pair or not all(end is None or is_number(end) for end in ends):
            raise InputError(
                expected=f"target to be the wanted interval of {ensemble.output_names[0]!r} as "
                "(low, high), each a number or None, since a regression has no other class",
                arrived=repr(ends),
                do=f"Pass {example}.",
            )
        low, high = ends
        if (low is None and high is None) or (None not in (low, high) and not low < high):
            raise InputError(
                expected="a target interval with low below high, and one of them a number",
                arrived=repr(tuple(ends)),
                do=f"Pass {example}.",
            )

    def _output(self, ensemble: SeedEnsemble) -> int:
        classes = ensemble.classes
        if self.output is None and len(classes) == 1:
            return 0
        if self.output is None or self.output not in classes:
            raise InputError(
                expected=f"output to be one of {', '.join(map(repr, classes))}",
                arrived=repr(self.output),
                do=suggestion(self.output, classes) or "Name the output that is to change.",
            )
        return classes.index(self.output)


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value
