"""Which output a mark speaks about: the predicted class, or its contrast to a rival."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xaigeo.errors import InputError
from xaigeo.explanations import Explanation
from xaigeo.geometry.table import labels
from xaigeo.options import suggestion


@dataclass(frozen=True, eq=False)
class Contrast:
    """One class against another, by seed and instance.

    Attributes
    ----------
    outputs : tuple of str
    chosen, rival : ndarray of int, shape (n_seeds, n_instances)
        Places of the two classes; for a regression both are 0.
    threshold : float
        Where the surrogate changes its answer: 0 for a difference of two outputs or for
        logits, 0.5 for the probability of one of two classes, NaN for a regression.
    paired : bool
        Whether the surrogate is a difference of two outputs.
    """

    outputs: tuple[str, ...]
    chosen: np.ndarray
    rival: np.ndarray
    threshold: float
    paired: bool

    def of(self, values: np.ndarray) -> np.ndarray:
        """Return the contrast of arrays (n_seeds, n_instances, n_outputs, ...)."""
        own = pick(values, self.chosen)
        return own - pick(values, self.rival) if self.paired else own

    def least(self, values: np.ndarray) -> np.ndarray:
        """Return the smaller of the two outputs' values, or the one output's value."""
        own = pick(values, self.chosen)
        return np.minimum(own, pick(values, self.rival)) if self.paired else own

    def texts(self) -> np.ndarray:
        """Return "A vs B" (a regression: its target), an object array (n_seeds, n_instances)."""
        n = len(self.outputs)
        # A regression has no rival: its target against itself is the target.
        pairs = [a if a == b else f"{a} vs {b}" for a in self.outputs for b in self.outputs]
        return labels(pairs, self.chosen * n + self.rival)


def contrast(explanation: Explanation, output: str | None = None) -> Contrast:
    """Return the predicted class, or `output`, against its strongest rival at each instance."""
    prediction = explanation.array("prediction")
    n_outputs = prediction.shape[-1]
    chosen = chosen_output(explanation, output)
    outputs = tuple(explanation.outputs)
    if n_outputs == 1 or explanation.task == "regression":
        return Contrast(outputs, chosen, chosen, np.nan, False)
    others = np.where(np.arange(n_outputs) == chosen[..., None], -np.inf, prediction)
    rival = others.argmax(axis=-1)
    scale = explanation.provenance["parameters"]["scale"]
    binary = n_outputs == 2
    threshold = 0.5 if binary and scale == "probability" else 0.0
    return Contrast(outputs, chosen, rival, threshold, not binary)


def chosen_output(explanation: Explanation, output: str | None = None) -> np.ndarray:
    """Return the place of the explained output, shape (n_seeds, n_instances).

    Raises
    ------
    InputError
        If there is no output of this name.
    """
    if output is None:
        return explanation.predicted
    names = explanation.outputs
    if str(output) not in names:
        raise InputError(
            expected=f"an output of the explanation ({', '.join(names)})",
            arrived=repr(output),
            do=suggestion(output, names) or "Name one of the listed outputs.",
        )
    return np.full_like(explanation.predicted, names.index(str(output)))


def target_place(explanation: Explanation, output: str | None = None) -> int:
    """Return the place of a regression's target, the first unless named; 0 for classes."""
    if explanation.task != "regression":
        return 0
    return int(chosen_output(explanation, output).flat[0])


def pick(values: np.ndarray, place: np.ndarray) -> np.ndarray:
    """Return ``values[s, i, place[s, i]]`` from (n_seeds, n_instances, n_outputs, ...)."""
    seed, instance = np.ogrid[: place.shape[0], : place.shape[1]]
    return np.asarray(values[seed, instance, place])
