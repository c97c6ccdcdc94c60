"""From a vector a token to one number a token."""

from __future__ import annotations

from typing import Literal

import numpy as np

# "sum" and "mean" of a vector's numbers; "absolute_sum", the size of the sum; "norm", the
# vector's length; "l1", the sum of the sizes of its numbers.
Reduction = Literal["sum", "mean", "absolute_sum", "norm", "l1"]
# Those whose numbers have a sign.
SIGNED: frozenset[str] = frozenset({"sum", "mean"})


def reduced(vectors: np.ndarray, reduction: Reduction) -> np.ndarray:
    """Return one number a vector.

    Parameters
    ----------
    vectors : ndarray, shape (..., d)
    reduction : {"sum", "mean", "absolute_sum", "norm", "l1"}

    Returns
    -------
    ndarray, shape (...)
    """
    if reduction == "norm":
        return np.asarray(np.sqrt(np.square(vectors).sum(axis=-1)))
    if reduction == "l1":
        return np.asarray(np.abs(vectors).sum(axis=-1))
    if reduction == "mean":
        return np.asarray(vectors.mean(axis=-1))
    total = vectors.sum(axis=-1)
    return np.asarray(total if reduction == "sum" else np.abs(total))


def slopes(vectors: np.ndarray, reduction: Reduction) -> np.ndarray:
    """Return the derivative of `reduced` by each number of the vectors, shaped as they are.

    0 where a size or a length is 0, and has none.
    """
    if reduction == "norm":
        length = reduced(vectors, "norm")[..., None]
        return np.asarray(np.divide(vectors, length, out=np.zeros_like(vectors), where=length > 0))
    if reduction == "l1":
        return np.asarray(np.sign(vectors))
    if reduction == "mean":
        return np.full_like(vectors, 1 / vectors.shape[-1])
    if reduction == "sum":
        return np.ones_like(vectors)
    return np.asarray(np.sign(vectors.sum(axis=-1, keepdims=True)) * np.ones_like(vectors))
