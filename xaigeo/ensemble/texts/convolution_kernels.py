"""Compiled sums of a convolution along texts of a line, and the slopes of what they add up.

Import this module only where it is used: it loads numba. The arrays of both loops, of one seed:

- `products` (n_vectors, n_columns, n_filters): every vector times every column of every kernel,
  the columns of a kernel side by side.
- `which` (length,): the vector at each place of the line.
- `ends` (n_texts + 1,): where texts start on the line, and where the last one ends.
- `widths` (n_kernels,): columns of each kernel, odd numbers.
- `hidden`, `slope` (length, n_kernels, n_filters).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def add_columns(
    products: Any, which: Any, ends: Any, widths: Any, biases: Any, hidden: Any
) -> None:
    """Write sums over each place's neighbours, plus `biases` (n_kernels, n_filters), to `hidden`.

    Negative sums become 0, and places behind the last text too.
    """
    n_filters = products.shape[2]
    hidden[ends[-1] :] = 0.0
    for text in range(len(ends) - 1):
        first, behind = ends[text], ends[text + 1]
        for place in range(first, behind):
            column = 0
            for kernel in range(len(widths)):
                total = hidden[place, kernel]
                total[:] = biases[kernel]
                left = place - widths[kernel] // 2
                for own in range(max(left, first), min(left + widths[kernel], behind)):
                    part = products[which[own], column + own - left]
                    for f in range(n_filters):
                        total[f] += part[f]
                for f in range(n_filters):
                    if total[f] < 0.0:  # NaN stays
                        total[f] = 0.0
                column += widths[kernel]


@njit(cache=True, nogil=True)
def add_slopes(
    slope: Any, hidden: Any, which: Any, ends: Any, widths: Any, by_product: Any, by_bias: Any
) -> None:
    """Write the slopes of products to `by_product`, of their shape, and of biases to `by_bias`.

    `slope` is that of `hidden`, which is 0 where a sum was negative.
    """
    n_filters = slope.shape[2]
    by_product[:] = 0.0
    by_bias[:] = 0.0
    kept = np.empty(n_filters, dtype=slope.dtype)
    for text in range(len(ends) - 1):
        first, behind = ends[text], ends[text + 1]
        for place in range(first, behind):
            column = 0
            for kernel in range(len(widths)):
                for f in range(n_filters):
                    above = hidden[place, kernel, f] > 0.0
                    kept[f] = slope[place, kernel, f] if above else 0.0
                    by_bias[kernel, f] += kept[f]
                left = place - widths[kernel] // 2
                for own in range(max(left, first), min(left + widths[kernel], behind)):
                    part = by_product[which[own], column + own - left]
                    for f in range(n_filters):
                        part[f] += kept[f]
                column += widths[kernel]
