"""Compiled loops over the rows of a line: word vectors with those of places, and layer norm.

Import this module only where it is used: it loads numba. Rows are (K, length, size); what stands
behind the last text of a seed becomes 0. `ends` (L, n_texts + 1) tells where texts start, and
where the last one ends, `used` (L,) how many rows are used; L is 1 or K.
"""

from __future__ import annotations

import math
from typing import Any

from numba import njit

# Lets sums be taken in any order, and a product and a sum become one instruction.
SUMS = {"reassoc", "contract"}


@njit(cache=True, nogil=True)
def add_places(vectors: Any, which: Any, places: Any, ends: Any, out: Any) -> None:
    """Write the vector (K, n_vectors, size) that stands at each place, plus its place's in a text.

    `which` (L, length) tells the vector, `places` is (K, max_tokens, size).
    """
    n_members, _, size = out.shape
    for k in range(n_members):
        line = k if len(ends) > 1 else 0
        own = ends[line]
        out[k, own[-1] :] = 0.0
        for text in range(len(own) - 1):
            for at in range(own[text], own[text + 1]):
                vector, place = vectors[k, which[line, at]], places[k, at - own[text]]
                row = out[k, at]
                for i in range(size):
                    row[i] = vector[i] + place[i]


@njit(cache=True, nogil=True)
def slopes_of_places(slope: Any, which: Any, ends: Any, by_vector: Any, by_place: Any) -> None:
    """Write the slopes of vectors and of places, by those of rows."""
    n_members, _, size = slope.shape
    by_vector[:] = 0.0
    by_place[:] = 0.0
    for k in range(n_members):
        line = k if len(ends) > 1 else 0
        own = ends[line]
        for text in range(len(own) - 1):
            for at in range(own[text], own[text + 1]):
                vector, place = by_vector[k, which[line, at]], by_place[k, at - own[text]]
                row = slope[k, at]
                for i in range(size):
                    vector[i] += row[i]
                    place[i] += row[i]


@njit(cache=True, nogil=True)
def finish_products(out: Any, bias: Any, onto: Any, relu: bool, used: Any) -> None:
    """Add biases (K, size) to the rows of `out`, and those of `onto` unless it is None.

    With `relu` negative numbers become 0.
    """
    for k in range(len(out)):
        n = used[k if len(used) > 1 else 0]
        out[k, n:] = 0.0
        shift = bias[k]
        for at in range(n):
            row = out[k, at]
            for i in range(len(shift)):
                row[i] += shift[i]
            if onto is not None:
                before = onto[k, at]
                for i in range(len(shift)):
                    row[i] += before[i]
            if relu:
                for i in range(len(shift)):
                    if row[i] < 0.0:  # NaN stays
                        row[i] = 0.0


@njit(cache=True, nogil=True)
def slopes_of_biases(slope: Any, out: Any, used: Any, kept: Any, by_bias: Any) -> None:
    """Write sums of slopes to `by_bias`, and slopes to `kept`, 0 where `out` is, if it has ReLU.

    Without ReLU, `out` and `kept` are None.
    """
    by_bias[:] = 0.0
    for k in range(len(slope)):
        total = by_bias[k]
        for at in range(used[k if len(used) > 1 else 0]):
            row = slope[k, at]
            if out is None:
                for i in range(len(total)):
                    total[i] += row[i]
            else:
                above, own = out[k, at], kept[k, at]
                for i in range(len(total)):
                    own[i] = row[i] if above[i] > 0.0 else 0.0
                    total[i] += own[i]


@njit(cache=True, nogil=True, fastmath=SUMS, error_model="numpy")
def norm_rows(
    rows: Any, weight: Any, bias: Any, used: Any, eps: float, moments: Any, normed: Any
) -> None:
    """Write normed rows times `weight` plus `bias`, both (K, size), to `normed`.

    `moments` (K, length, 2) gets the mean of each row and one over its deviation.
    """
    n_members, _, size = rows.shape
    number = rows.dtype.type
    for k in range(n_members):
        n = used[k if len(used) > 1 else 0]
        normed[k, n:] = 0.0
        factor, shift = weight[k], bias[k]
        for at in range(n):
            row, own = rows[k, at], normed[k, at]
            total = number(0)
            for i in range(size):
                total += row[i]
            mean = total / number(size)
            square = number(0)
            for i in range(size):
                square += (row[i] - mean) * (row[i] - mean)
            scale = number(1) / math.sqrt(square / number(size) + number(eps))
            moments[k, at, 0], moments[k, at, 1] = mean, scale
            for i in range(size):
                own[i] = (row[i] - mean) * scale * factor[i] + shift[i]


@njit(cache=True, nogil=True, fastmath=SUMS, error_model="numpy")
def slopes_of_norm(
    slope: Any, rows: Any, weight: Any, used: Any, moments: Any, by_row: Any, by_weight: Any,
    by_bias: Any,
) -> None:  # fmt: skip
    """Write the slopes of rows, weights and biases, by those of normed rows."""
    n_members, _, size = rows.shape
    number = rows.dtype.type
    by_weight[:] = 0.0
    by_bias[:] = 0.0
    for k in range(n_members):
        n = used[k if len(used) > 1 else 0]
        by_row[k, n:] = 0.0
        factor, by_factor, by_shift = weight[k], by_weight[k], by_bias[k]
        for at in range(n):
            row, own, result = rows[k, at], slope[k, at], by_row[k, at]
            mean, scale = moments[k, at, 0], moments[k, at, 1]
            level = number(0)
            tilt = number(0)
            for i in range(size):
                unit = (row[i] - mean) * scale
                by_factor[i] += own[i] * unit
                by_shift[i] += own[i]
                level += own[i] * factor[i]
                tilt += own[i] * factor[i] * unit
            level, tilt = level / number(size), tilt / number(size)
            for i in range(size):
                unit = (row[i] - mean) * scale
                result[i] = scale * (own[i] * factor[i] - level - unit * tilt)
