"""Compiled sums of tokens by text, and the slopes of what they add up.

Import this module only where it is used: it loads numba. The arrays of both loops:

- `weights` (K, n_texts, T), `hidden` (K, length, size): of tokens, by text and on the line.
- `places` (L, n_texts, T): of a `TokenLine`, L being 1 or K.
"""

from __future__ import annotations

from typing import Any

from numba import njit


@njit(cache=True, nogil=True)
def add_tokens(weights: Any, hidden: Any, places: Any, sums: Any) -> None:
    """Write weighted sums of each text's tokens to `sums`, (K, n_texts, size)."""
    n_members, n_texts, width = weights.shape
    blank = hidden.shape[1] - 1
    for k in range(n_members):
        for text in range(n_texts):
            total = sums[k, text]
            total[:] = 0.0
            at = places[k if len(places) > 1 else 0, text]
            for token in range(width):
                if at[token] != blank:
                    weight, own = weights[k, text, token], hidden[k, at[token]]
                    for i in range(len(total)):
                        total[i] += weight * own[i]


@njit(cache=True, nogil=True, fastmath={"reassoc"})
def slopes_of_tokens(
    slope: Any, weights: Any, hidden: Any, places: Any, by_weight: Any, by_hidden: Any
) -> None:
    """Write slopes of weights and hidden vectors, by that of the sums, (K, n_texts, size)."""
    n_members, n_texts, width = weights.shape
    blank = hidden.shape[1] - 1
    by_hidden[:] = 0.0
    by_weight[:] = 0.0
    for k in range(n_members):
        for text in range(n_texts):
            by_sum = slope[k, text]
            at = places[k if len(places) > 1 else 0, text]
            for token in range(width):
                if at[token] != blank:
                    weight, own = weights[k, text, token], hidden[k, at[token]]
                    by_own = by_hidden[k, at[token]]
                    total = weight * 0
                    for i in range(len(by_sum)):
                        total += by_sum[i] * own[i]
                        by_own[i] = weight * by_sum[i]
                    by_weight[k, text, token] = total
