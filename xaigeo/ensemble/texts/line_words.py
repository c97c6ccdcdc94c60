"""The word vectors of a line of tokens, each distinct word's once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from xaigeo.ensemble.texts.token_line import TokenLine


@dataclass(frozen=True, eq=False)
class LineWords:
    """Vectors, and which of them stands at each place of a line.

    Attributes
    ----------
    vectors : Tensor, shape (K, n_vectors, size)
        The first is 0 and stands where there is no token.
    which : Tensor of int64, shape (L, length)
        Number of the vector at each place; L is 1 if it is the same for all seeds, else K.
    counts : list of int
        How many vectors each of the L lines has; those behind stand nowhere.
    """

    vectors: Tensor
    which: Tensor
    counts: list[int]

    @classmethod
    def of_tokens(cls, vectors: Tensor, words: DistinctTokens) -> LineWords:
        """Read the vectors (K, n_tokens, size) of the distinct tokens of a line."""
        numbers = words.numbers.expand(len(vectors), -1)
        # Seed by seed, since the vectors may be views into a larger array, which to join them
        # would copy.
        read = torch.stack(
            [own.index_select(0, n) for own, n in zip(vectors, numbers, strict=True)]
        )
        read[:, 0] = 0.0
        return cls(read, words.which, words.counts)

    @classmethod
    def of_embedded(cls, embedded: Tensor, line: TokenLine) -> LineWords:
        """Take given vectors, (K, n_texts, T, size), of the tokens at their places."""
        flat = embedded.flatten(1, 2)
        vectors = torch.cat([flat.new_zeros((len(flat), 1, flat.shape[2])), flat], dim=1)
        which = torch.where(line.filled, line.source + 1, 0)
        return cls(vectors, which, [vectors.shape[1]] * len(which))


@dataclass(frozen=True, eq=False)
class DistinctTokens:
    """The different tokens on a line.

    Attributes
    ----------
    numbers : Tensor of int64, shape (L, n_vectors)
        Numbers of the tokens; 0 in front and behind, where lines have fewer than others.
    which : Tensor of int64, shape (L, length)
        Place among `numbers` of the token at each place of the line; 0 where there is none.
    counts : list of int
        How many of `numbers` each line has, the 0 in front among them.
    """

    numbers: Tensor
    which: Tensor
    counts: list[int]

    @classmethod
    def on(cls, line: TokenLine, tokens: Tensor, n_tokens: int) -> DistinctTokens:
        """Find the different tokens, shape (L, n_texts, T), of each line."""
        from xaigeo.ensemble.texts.line_kernels import number_tokens

        n_lines, length = line.source.shape
        found = np.empty(n_tokens, dtype=np.int64)
        counts = np.empty(n_lines, dtype=np.int64)
        numbers = torch.empty((n_lines, 1 + min(length, n_tokens)), dtype=torch.int64)
        which = torch.empty_like(line.source)
        flat = tokens.flatten(1).numpy()
        number_tokens(
            flat, line.source.numpy(), line.filled.numpy(), found, numbers.numpy(), which.numpy(),
            counts,
        )  # fmt: skip
        return cls(numbers[:, : counts.max()], which, counts.tolist())
