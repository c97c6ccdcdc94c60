"""What the seeds predict at a row, in one word and one number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from xaigeo.explanations.majority import majority
from xaigeo.geometry.table import labels


@dataclass(frozen=True, eq=False)
class Verdict:
    """Predictions of all seeds, reduced by row.

    Attributes
    ----------
    predicted : ndarray, shape (n_rows,)
        Class with the most votes (ties as in `majority`); for a regression the mean.
    agreement : ndarray, shape (n_rows,)
        Share of seeds that give it; NaN for a regression.
    classes : ndarray of str, shape (n_rows,)
        All votes, "Adelie 12, Gentoo 8"; for a regression the range.
    """

    predicted: np.ndarray
    agreement: np.ndarray
    classes: np.ndarray

    @property
    def flip_rate(self) -> np.ndarray:
        """Share of seeds that give another class; NaN for a regression."""
        return np.asarray(1.0 - self.agreement)


def verdict(prediction: np.ndarray, outputs: list[str], task: str, target: int = 0) -> Verdict:
    """Reduce predictions, shape (n_seeds, n_rows, n_outputs), over seeds.

    `target` is the place of the amount that a regression is asked for.
    """
    if task == "regression":
        values = prediction[..., target]
        spread = zip(values.min(axis=0), values.max(axis=0), strict=True)
        return Verdict(
            values.mean(axis=0),
            np.full(values.shape[1], np.nan),
            _texts(f"{low:.4g} to {high:.4g}" for low, high in spread),
        )
    votes = prediction.argmax(axis=-1)
    counts = (votes[..., None] == np.arange(len(outputs))).sum(axis=0)
    return Verdict(
        labels(outputs, majority(prediction)),
        counts.max(axis=1) / len(prediction),
        _texts(_tally(row, outputs) for row in counts.tolist()),
    )


def _tally(counts: list[int], outputs: list[str]) -> str:
    ranked = sorted(zip(outputs, counts, strict=True), key=lambda pair: -pair[1])
    return ", ".join(f"{name} {count}" for name, count in ranked if count)


def _texts(texts: Any) -> np.ndarray:
    listed = list(texts)
    array = np.empty(len(listed), dtype=object)
    array[:] = listed
    return array
