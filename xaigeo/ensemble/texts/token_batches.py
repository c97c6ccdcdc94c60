"""Encoded texts as batches of padded tokens, a bounded number at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from xaigeo.schema import Matrix
from xaigeo.text.schema import ABSENT

# Tokens, and pairs of tokens, that one pass through a model may hold: of a model with 12 heads and
# 768 numbers a token either takes some 200 MB at the largest intermediate.
TOKENS_AT_ONCE = 2**13
PAIRS_AT_ONCE = 2**22


@dataclass(frozen=True, eq=False)
class TokenBatch:
    """Some of the texts, side by side.

    Attributes
    ----------
    places : ndarray of int, shape (n,)
        Which rows they are.
    tokens : Tensor of int64, shape (n, width)
        Filled up with the padding token.
    mask : Tensor of bool, shape (n, width)
        Where there is a token.
    """

    places: np.ndarray
    tokens: Tensor
    mask: Tensor

    @property
    def width(self) -> int:
        """Number of places for tokens."""
        return int(self.tokens.shape[1])

    def repeated(self, n: int) -> TokenBatch:
        """Return every text `n` times, one after another."""
        return TokenBatch(
            np.repeat(self.places, n),
            self.tokens.repeat_interleave(n, dim=0),
            self.mask.repeat_interleave(n, dim=0),
        )


def side_by_side(rows: Matrix) -> Matrix:
    """Return rows whose tokens stand at the left, in their order."""
    order = np.argsort(rows == ABSENT, axis=1, kind="stable")
    return np.take_along_axis(rows, order, axis=1)


def token_batches(
    rows: Matrix, *, empty: Sequence[int], pad: int, one_length: bool, copies: int = 1
) -> Iterator[TokenBatch]:
    """Yield encoded texts in batches of similar length.

    Parameters
    ----------
    rows : ndarray, shape (n_texts, max_tokens)
        Removed tokens may leave gaps.
    empty : sequence of int
        What models read in place of a text without any token.
    pad : int
        Number that fills up shorter texts.
    one_length : bool
        Whether a batch holds texts of one length only, so that nothing is filled up.
    copies : int
        How often every text will be asked at once.
    """
    left = side_by_side(rows)
    lengths = (left != ABSENT).sum(axis=1)
    lengths[lengths == 0] = len(empty)
    order = np.argsort(lengths, kind="stable")
    start = 0
    while start < len(order):
        stop = _stop(lengths[order], start, one_length, copies)
        places = order[start:stop]
        yield _batch(left, lengths, places, empty, pad)
        start = stop


def _stop(lengths: np.ndarray, start: int, one_length: bool, copies: int) -> int:
    """Return where the batch that begins at `start` ends; lengths rise."""
    if one_length:
        last = int(np.searchsorted(lengths, lengths[start], side="right"))
    else:
        last = len(lengths)
    # As many as fit if all were as long as the longest of them, at least one.
    width = lengths[start:last].astype(np.int64)
    n = np.arange(1, len(width) + 1) * copies
    fits = (n * width <= TOKENS_AT_ONCE) & (n * width**2 <= PAIRS_AT_ONCE)
    return start + max(1, int(fits.sum()))


def _batch(
    left: Matrix, lengths: np.ndarray, places: np.ndarray, empty: Sequence[int], pad: int
) -> TokenBatch:
    width = int(lengths[places].max())
    tokens = np.full((len(places), width), pad, dtype=np.int64)
    part = left[places, :width]
    tokens[:, : part.shape[1]] = np.where(part == ABSENT, pad, part)
    without = (left[places] == ABSENT).all(axis=1)
    if without.any():  # other batches may be narrower than what stands for an empty text
        tokens[without, : len(empty)] = empty
    mask = np.arange(width) < lengths[places, None]
    return TokenBatch(places, torch.from_numpy(tokens), torch.from_numpy(mask))
