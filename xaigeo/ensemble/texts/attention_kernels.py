"""Compiled self-attention of texts on a line, each among its own tokens, forward and backward.

A vector holds one number of as many queries as it has lanes, so that keys and values are read as
they lie and softmax is a loop over keys. What the loops share:

- `projected` (K, length, 3 * n_heads * size): queries, keys and values, each head after head.
- `ends` (L, n_texts + 1): where texts start, and where the last one ends; L is 1 or K.
- `mixed` (K, length, n_heads * size): values weighed for each query.

Import this module only where it is used: it loads numba.
"""

# numba's own types know neither intrinsics, which get one argument fewer than they declare, nor
# what a compiled function returns.
# mypy: ignore-errors

from __future__ import annotations

import math
import zlib
from pathlib import Path
from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic, register_jitable

from xaigeo.ensemble import lanes
from xaigeo.ensemble.lanes import Lanes, exp, larger, load, same, store


@intrinsic
def spread_at(typing: Any, array: Any, place: Any) -> Any:
    """Return a vector with number `place` of a contiguous array's memory in all lanes."""
    kind = Lanes(array.dtype)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        data = context.make_array(array)(context, builder, args[0]).data
        value = builder.load(builder.gep(data, [args[1]]))
        empty = ir.Constant(kind.vector, ir.Undefined)
        first = builder.insert_element(empty, value, ir.Constant(ir.IntType(32), 0))
        zeros = ir.Constant(ir.VectorType(ir.IntType(32), kind.vector.count), None)
        return builder.shuffle_vector(first, empty, zeros)

    return kind(array, types.intp), generate


# numba sees that a file has changed, but not the files that it imports: this number is a default
# of the kernels, and those are part of the key in its cache.
EDITION = zlib.crc32(Path(lanes.__file__).read_bytes())
OPTIONS = {"cache": True, "nogil": True, "error_model": "numpy"}


@register_jitable
def _longest(ends: Any) -> int:
    """Return the tokens of the longest text."""
    longest = 0
    for line in range(len(ends)):
        for text in range(ends.shape[1] - 1):
            longest = max(longest, ends[line, text + 1] - ends[line, text])
    return longest


@register_jitable
def _turn(rows: Any, first: int, behind: int, column: int, factor: Any, turned: Any) -> None:
    """Write columns of rows to `turned`, (size, n_lanes): lane i is row ``first + i``."""
    for i in range(turned.shape[1]):
        if first + i < behind:
            for c in range(len(turned)):
                turned[c, i] = rows[first + i, column + c] * factor
        else:
            turned[:, i] = 0.0


@register_jitable
def _turn_back(turned: Any, first: int, behind: int, column: int, factor: Any, rows: Any) -> None:
    for i in range(min(turned.shape[1], behind - first)):
        for c in range(len(turned)):
            rows[first + i, column + c] = turned[c, i] * factor


@register_jitable
def _multiply(
    numbers: Any, start: int, row_step: int, step: int, n_rows: int, n: int, vectors: Any, out: Any
) -> None:
    """Write sums of `n` vectors for each row, four rows at once sharing what they load.

    Row r weighs vector t by number ``start + r * row_step + t * step``.
    """
    for r in range(0, n_rows - n_rows % 4, 4):
        at = start + r * row_step
        a = b = c = d = same(load(vectors, 0), 0)
        for t in range(n):
            vector = load(vectors, t)
            place = at + t * step
            a = a + spread_at(numbers, place) * vector
            b = b + spread_at(numbers, place + row_step) * vector
            c = c + spread_at(numbers, place + 2 * row_step) * vector
            d = d + spread_at(numbers, place + 3 * row_step) * vector
        store(out, r, a)
        store(out, r + 1, b)
        store(out, r + 2, c)
        store(out, r + 3, d)
    for r in range(n_rows - n_rows % 4, n_rows):
        total = same(load(vectors, 0), 0)
        for t in range(n):
            place = start + r * row_step + t * step
            total = total + spread_at(numbers, place) * load(vectors, t)
        store(out, r, total)


@register_jitable
def _products(turned: Any, rows: Any, first: int, behind: int, column: int, out: Any) -> None:
    """Write products of turned vectors with those of rows to `out`, (n_rows, n_lanes)."""
    width = rows.shape[1]
    _multiply(rows, first * width + column, width, 1, behind - first, len(turned), turned, out)


@register_jitable
def _sums(shares: Any, rows: Any, first: int, behind: int, column: int, turned: Any) -> None:
    """Write sums of rows, weighed by `shares` (n_rows, n_lanes), to `turned`."""
    width = rows.shape[1]
    _multiply(rows, first * width + column, 1, width, len(turned), behind - first, shares, turned)


@register_jitable
def _softmax(scores: Any, n: int) -> None:
    most = load(scores, 0)
    for j in range(1, n):
        most = larger(most, load(scores, j))
    total = same(most, 0)
    for j in range(n):
        share = exp(load(scores, j) - most)
        total = total + share
        store(scores, j, share)
    part = same(total, 1) / total
    for j in range(n):
        store(scores, j, load(scores, j) * part)


@numba.njit(**OPTIONS)
def attend(
    projected: Any, ends: Any, n_heads: int, n_lanes: int, mixed: Any, edition: int = EDITION
) -> None:
    """Write `mixed`; places behind the last text become 0."""
    size = mixed.shape[2] // n_heads
    scale = mixed.dtype.type(1.0 / math.sqrt(size))
    one = mixed.dtype.type(1.0)
    longest = _longest(ends)
    turned = np.empty((size, n_lanes), dtype=mixed.dtype)
    shares = np.empty((longest, n_lanes), dtype=mixed.dtype)
    for k in range(len(projected)):
        rows, own = projected[k], ends[k if len(ends) > 1 else 0]
        mixed[k, own[-1] :] = 0.0
        for text in range(len(own) - 1):
            first, behind = own[text], own[text + 1]
            for head in range(n_heads):
                query = head * size
                key, value = query + n_heads * size, query + 2 * n_heads * size
                for at in range(first, behind, n_lanes):
                    _turn(rows, at, behind, query, scale, turned)
                    _products(turned, rows, first, behind, key, shares)
                    _softmax(shares, behind - first)
                    _sums(shares, rows, first, behind, value, turned)
                    _turn_back(turned, at, behind, query, one, mixed[k])


@register_jitable
def _add_outer(shares: Any, n: int, rows: Any, n_rows: int, n_blocks: int, out: Any) -> None:
    """Add rows, (n_rows, n_blocks * n_lanes), weighed by each of `shares`' rows, to `out`'s."""
    width = shares.shape[1]
    for b in range(n_blocks):
        for j in range(0, n - n % 4, 4):
            at = j * width
            w = load(out, j * n_blocks + b)
            x = load(out, (j + 1) * n_blocks + b)
            y = load(out, (j + 2) * n_blocks + b)
            z = load(out, (j + 3) * n_blocks + b)
            for i in range(n_rows):
                row = load(rows, i * n_blocks + b)
                w = w + spread_at(shares, at + i) * row
                x = x + spread_at(shares, at + width + i) * row
                y = y + spread_at(shares, at + 2 * width + i) * row
                z = z + spread_at(shares, at + 3 * width + i) * row
            store(out, j * n_blocks + b, w)
            store(out, (j + 1) * n_blocks + b, x)
            store(out, (j + 2) * n_blocks + b, y)
            store(out, (j + 3) * n_blocks + b, z)
        for j in range(n - n % 4, n):
            w = load(out, j * n_blocks + b)
            for i in range(n_rows):
                w = w + spread_at(shares, j * width + i) * load(rows, i * n_blocks + b)
            store(out, j * n_blocks + b, w)


@register_jitable
def _slopes_of_scores(shares: Any, by_share: Any, n: int) -> None:
    """Turn slopes of a softmax into those of its scores."""
    total = load(shares, 0) * load(by_share, 0)
    for j in range(1, n):
        total = total + load(shares, j) * load(by_share, j)
    for j in range(n):
        store(by_share, j, load(shares, j) * (load(by_share, j) - total))


@numba.njit(**OPTIONS)
def slopes_of_attention(
    slope: Any, projected: Any, ends: Any, n_heads: int, n_lanes: int, by_projected: Any,
    edition: int = EDITION,
) -> None:  # fmt: skip
    """Write the slopes of `projected` by that of `mixed`."""
    size = slope.shape[2] // n_heads
    scale = slope.dtype.type(1.0 / math.sqrt(size))
    one = slope.dtype.type(1.0)
    longest = _longest(ends)
    n_blocks = (size + n_lanes - 1) // n_lanes
    queries = np.empty((size, n_lanes), dtype=slope.dtype)
    slopes = np.empty((size, n_lanes), dtype=slope.dtype)
    shares = np.empty((longest, n_lanes), dtype=slope.dtype)
    by_share = np.empty((longest, n_lanes), dtype=slope.dtype)
    # Rows of a block's queries and slopes, and the sums that keys and values get from them.
    query_rows = np.zeros((n_lanes, n_blocks * n_lanes), dtype=slope.dtype)
    slope_rows = np.zeros((n_lanes, n_blocks * n_lanes), dtype=slope.dtype)
    by_key = np.zeros((longest, n_blocks * n_lanes), dtype=slope.dtype)
    by_value = np.zeros((longest, n_blocks * n_lanes), dtype=slope.dtype)
    for k in range(len(projected)):
        rows, own = projected[k], ends[k if len(ends) > 1 else 0]
        by_projected[k, own[-1] :] = 0.0
        for text in range(len(own) - 1):
            first, behind = own[text], own[text + 1]
            n = behind - first
            for head in range(n_heads):
                query = head * size
                key, value = query + n_heads * size, query + 2 * n_heads * size
                by_key[:n] = 0.0
                by_value[:n] = 0.0
                for at in range(first, behind, n_lanes):
                    n_here = min(n_lanes, behind - at)
                    _turn(rows, at, behind, query, scale, queries)
                    _turn(slope[k], at, behind, query, one, slopes)
                    for i in range(n_here):
                        for c in range(size):
                            query_rows[i, c] = rows[at + i, query + c] * scale
                            slope_rows[i, c] = slope[k, at + i, query + c]
                    _products(queries, rows, first, behind, key, shares)
                    _softmax(shares, n)
                    _products(slopes, rows, first, behind, value, by_share)
                    _add_outer(shares, n, slope_rows, n_here, n_blocks, by_value)
                    _slopes_of_scores(shares, by_share, n)
                    _add_outer(by_share, n, query_rows, n_here, n_blocks, by_key)
                    _sums(by_share, rows, first, behind, key, queries)
                    _turn_back(queries, at, behind, query, scale, by_projected[k])
                for j in range(n):
                    for c in range(size):
                        by_projected[k, first + j, key + c] = by_key[j, c]
                        by_projected[k, first + j, value + c] = by_value[j, c]
