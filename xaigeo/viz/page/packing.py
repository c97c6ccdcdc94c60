"""Arrays as short text: what the page's script computes with, in two bytes a number."""

from __future__ import annotations

import base64
from typing import Any, Final

import numpy as np

# Codes of numbers that no step reaches.
_NAN: Final = -32768
_LOW: Final = -32767
_HIGH: Final = 32767
_STEPS: Final = 65532  # from _LOW + 1 to _HIGH - 1


def packed(array: np.ndarray) -> dict[str, Any]:
    """Return an array of floats as whole numbers of 16 bits, with low end and step by column.

    A column is a place on the last axis; a number is off by half a step at most, which is
    1/131,064 of its column's range. Missing and infinite numbers stay what they are.

    Examples
    --------
    >>> found = packed(np.array([[0.0, 5.0], [1.0, 5.0]]))
    >>> found["s"], found["low"]
    ([2, 2], [0.0, 5.0])
    """
    values = np.asarray(array, dtype=np.float64)
    flat = values.reshape(int(np.prod(values.shape[:-1])), values.shape[-1])
    known = np.where(np.isfinite(flat), flat, np.nan)
    some = np.isfinite(known).any(axis=0)
    low, high = np.zeros(flat.shape[1]), np.zeros(flat.shape[1])
    if len(flat):
        low[some] = np.nanmin(known[:, some], axis=0)
        high[some] = np.nanmax(known[:, some], axis=0)
    step = np.where(high > low, (high - low) / _STEPS, 1.0)
    codes = np.rint((np.nan_to_num(known, nan=0.0) - low) / step) + _LOW + 1
    codes = np.clip(codes, _LOW + 1, _HIGH - 1)
    codes = np.select([np.isnan(flat), flat == -np.inf, flat == np.inf], [_NAN, _LOW, _HIGH], codes)
    return {
        "s": list(values.shape),
        "k": "q",
        "low": [float(f"{v:.9g}") for v in low],
        "step": [float(f"{v:.9g}") for v in step],
        "b": text(codes.astype("<i2")),
    }


def exact(array: np.ndarray) -> dict[str, Any]:
    """Return an array of floats in 32 bits: order and equality of its numbers survive."""
    values = np.asarray(array, dtype="<f4")
    return {"s": list(values.shape), "k": "f", "b": text(values)}


def counts(array: np.ndarray) -> dict[str, Any]:
    """Return an array of whole numbers that are not negative, in as few bytes as they need."""
    values = np.asarray(array)
    largest = int(values.max(initial=0))
    sizes = (("b", "<u1"), ("h", "<u2"), ("i", "<u4"))
    kind, dtype = next(one for one in sizes if largest <= np.iinfo(one[1]).max)
    return {"s": list(values.shape), "k": kind, "b": text(values.astype(dtype))}


def text(array: np.ndarray) -> str:
    """Return the bytes of an array in base64."""
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode("ascii")
