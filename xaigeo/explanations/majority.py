"""The class that most seeds predict: one rule for ties everywhere."""

from __future__ import annotations

import numpy as np


def majority(prediction: np.ndarray) -> np.ndarray:
    """Return the class that most seeds predict, by row.

    Parameters
    ----------
    prediction : ndarray, shape (n_seeds, n_rows, n_outputs)
        Probabilities or logits.

    Returns
    -------
    ndarray of int, shape (n_rows,)
        A tie of votes goes to the class with the larger mean output.
    """
    n_outputs = prediction.shape[-1]
    votes = (prediction.argmax(axis=-1)[..., None] == np.arange(n_outputs)).sum(axis=0)
    leading = votes == votes.max(axis=-1, keepdims=True)
    return np.asarray(np.where(leading, prediction.mean(axis=0), -np.inf).argmax(axis=-1))
