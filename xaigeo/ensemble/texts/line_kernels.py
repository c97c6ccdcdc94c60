"""Compiled loops that lay texts on a line and number the different tokens there.

Import this module only where it is used: it loads numba.
"""

from __future__ import annotations

from typing import Any

from numba import njit


@njit(cache=True, nogil=True)
def lay_texts(tokens: Any, places: Any, source: Any, filled: Any) -> None:
    """Lay tokens (L, n_texts, T) text after text; see `TokenLine` for what is written."""
    n_lines, n_texts, width = tokens.shape
    blank = source.shape[1] - 1
    for k in range(n_lines):
        at = 0
        for text in range(n_texts):
            for place in range(width):
                if tokens[k, text, place] >= 0:
                    places[k, text, place] = at
                    source[k, at] = text * width + place
                    at += 1
                else:
                    places[k, text, place] = blank
        source[k, at:] = 0
        filled[k, :at] = True
        filled[k, at:] = False


@njit(cache=True, nogil=True)
def number_tokens(
    tokens: Any, source: Any, filled: Any, found: Any, numbers: Any, which: Any, counts: Any
) -> None:
    """Give the different tokens of each line numbers, in rising order; see `DistinctTokens`.

    Parameters
    ----------
    tokens : ndarray, shape (L, n_texts * T)
    source, filled : ndarray, shape (L, length)
        Of the line.
    found : ndarray of int, shape (n_tokens,)
        Scratch.
    numbers : ndarray of int, shape (L, most)
    which : ndarray of int, shape (L, length)
    counts : ndarray of int, shape (L,)
        How many of `numbers` each line has, with the first, which is no token's.
    """
    for k in range(len(tokens)):
        found[:] = 0
        for place in range(source.shape[1]):
            if filled[k, place]:
                found[tokens[k, source[k, place]]] = 1
        numbers[k] = 0
        count = 1
        for token in range(len(found)):
            if found[token]:
                numbers[k, count] = token
                found[token] = count
                count += 1
        counts[k] = count
        for place in range(source.shape[1]):
            own = filled[k, place]
            which[k, place] = found[tokens[k, source[k, place]]] if own else 0
