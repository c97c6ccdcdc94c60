"""Arrays of consecutive instances joined into one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from xaigeo import dims
from xaigeo.explainers.blocks.block import Arrays


def joined(pieces: Sequence[Arrays], names: Mapping[str, Sequence[str]]) -> Arrays:
    """Join arrays along the instances; one without instances is the first piece's.

    Where another dimension differs, such as the steps of a search, the shorter arrays are
    padded at its end (see `padded`).

    Parameters
    ----------
    pieces : sequence of dict
    names : mapping
        The dimensions of each array by its name.
    """
    answer = {}
    for name, first in pieces[0].items():
        if dims.INSTANCE not in names[name]:
            answer[name] = first
            continue
        axis = list(names[name]).index(dims.INSTANCE)
        arrays = [np.asarray(piece[name]) for piece in pieces]
        longest = np.max([array.shape for array in arrays], axis=0)
        answer[name] = np.concatenate([padded(a, longest, axis) for a in arrays], axis=axis)
    return answer


def padded(array: np.ndarray, shape: Sequence[int] | np.ndarray, axis: int) -> np.ndarray:
    """Return an array filled up to a shape, but for the size along `axis`.

    With NaN where it holds real numbers, False where booleans, 0 where whole numbers.
    """
    missing = [
        (0, 0 if place == axis else int(wanted) - size)
        for place, (size, wanted) in enumerate(zip(array.shape, shape, strict=True))
    ]
    if not any(after for _, after in missing):
        return array
    fill = np.nan if np.issubdtype(array.dtype, np.floating) else array.dtype.type(0)
    return np.pad(array, missing, constant_values=fill)
