"""The tokens of a batch on one line, without the padding of short texts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True, eq=False)
class TokenLine:
    """Where each token of a batch of texts stands on a line, for one batch a seed or one for all.

    L is 1 if all seeds read the same batch, else their number.

    Attributes
    ----------
    there : Tensor of bool, shape (L, n_texts, T)
        Where texts have tokens.
    places : Tensor of int64, shape (L, n_texts, T)
        Place of each token on the line; the last place, which is never a token's, where there is
        none.
    source : Tensor of int64, shape (L, length)
        Of each place of the line the token that stands there, as ``text * T + place``.
    filled : Tensor of bool, shape (L, length)
        Whether a token stands there.
    steps : tuple of (int, int)
        Start and number of the texts' first tokens on the line, second ones and so on; of lines
        by time only.
    """

    there: Tensor
    places: Tensor
    source: Tensor
    filled: Tensor
    steps: tuple[tuple[int, int], ...] = ()

    @classmethod
    def by_text(cls, tokens: Tensor) -> TokenLine:
        """Lay texts one after another; tokens that are missing inside a text leave no gap.

        Parameters
        ----------
        tokens : Tensor of int, shape (L, n_texts, T)
            Negative where there is none.
        """
        from xaigeo.ensemble.texts.line_kernels import lay_texts

        there = tokens >= 0
        length = int(there.flatten(1).sum(dim=1).max()) + 1
        places = torch.empty_like(tokens, dtype=torch.int64)
        source = torch.empty((len(tokens), length), dtype=torch.int64)
        filled = torch.empty((len(tokens), length), dtype=torch.bool)
        lay_texts(tokens.contiguous().numpy(), places.numpy(), source.numpy(), filled.numpy())
        return cls(there, places, source, filled)

    @classmethod
    def by_time(cls, tokens: Tensor) -> TokenLine:
        """Lay first tokens of all texts side by side, long texts in front, then second ones...

        Every seed has as many places for a step as the seed that needs most.
        """
        there = tokens >= 0
        rank = torch.cumsum(there, dim=2) - 1
        lengths = rank[:, :, -1] + 1
        order = torch.argsort(lengths, dim=1, descending=True, stable=True)
        lane = torch.empty_like(order).scatter_(
            1, order, torch.arange(order.shape[1]).expand_as(order)
        )
        longest = int(lengths.max())
        active = (lengths[:, :, None] > torch.arange(longest)).sum(dim=1).amax(dim=0)
        starts = torch.cumsum(active, dim=0) - active
        steps = tuple(zip(starts.tolist(), active.tolist(), strict=True))
        at = torch.zeros_like(rank) if longest == 0 else starts[rank.clamp(min=0)]
        length = int(active.sum()) + 1
        places = torch.where(there, at + lane[:, :, None], length - 1)
        source = torch.zeros((len(there), length), dtype=torch.int64)
        filled = torch.zeros((len(there), length), dtype=torch.bool)
        number = torch.arange(there[0].numel()).expand(len(there), -1)
        source.scatter_(1, places.flatten(1), number)
        filled.scatter_(1, places.flatten(1), there.flatten(1))
        filled[:, -1] = False
        return cls(there, places, source, filled, steps)

    @property
    def length(self) -> int:
        """Places of the line."""
        return self.source.shape[1]

    @property
    def shape(self) -> tuple[int, int]:
        """Number of texts, and places of each."""
        return self.there.shape[1], self.there.shape[2]

    @cached_property
    def ends(self) -> Tensor:
        """Where texts start, and where the last one ends, (L, n_texts + 1); of lines by text."""
        return functional.pad(torch.cumsum(self.there.sum(dim=2), dim=1), (1, 0))

    @cached_property
    def used(self) -> Tensor:
        """How many places of each line there are up to its last token, (L,)."""
        if self.steps:  # which have gaps where a seed has fewer texts of some length
            return torch.full((len(self.there),), self.length - 1)
        return self.there.sum(dim=(1, 2))

    def mirrored(self) -> Tensor:
        """Return for each place the place of the token as far from its text's end, (L, length).

        Places without a token stand for themselves.
        """
        n_texts, width = self.shape
        rank = torch.cumsum(self.there, dim=2) - 1
        lengths = rank[:, :, -1:] + 1
        blank = self.length - 1
        # Places of each text's tokens without those missing.
        by_rank = torch.full((len(rank), n_texts, width + 1), blank)
        by_rank.scatter_(2, torch.where(self.there, rank, width), self.places)
        mirror = by_rank.gather(2, torch.where(self.there, lengths - 1 - rank, width))
        own = torch.arange(self.length).repeat(len(rank), 1)
        own.scatter_(1, self.places.flatten(1), torch.where(self.there, mirror, blank).flatten(1))
        return own

    def take(self, values: Tensor) -> Tensor:
        """Return values of tokens, (K, n_texts, T, ...), on the line, (K, length, ...).

        0 where no token stands.
        """
        taken = rows_at(values.flatten(1, 2), self.source)
        filled = self.filled.view(*self.filled.shape, *[1] * (taken.ndim - 2))
        return taken * filled

    def give(self, line: Tensor) -> Tensor:
        """Return values on the line, (K, length, ...), by text, (K, n_texts, T, ...).

        Where there is no token stands what the last place of the line holds.
        """
        given = rows_at(line, self.places.flatten(1))
        return given.view(len(line), *self.shape, *line.shape[2:])


def rows_at(values: Tensor, index: Tensor) -> Tensor:
    """Return rows of values, (K, n, ...), at an index (K, m) or, the same for all, (1, m)."""
    if len(index) == 1:
        return values.index_select(1, index[0])
    offset = torch.arange(len(values))[:, None] * values.shape[1]
    rows = values.flatten(0, 1).index_select(0, (index + offset).flatten())
    return rows.view(len(values), -1, *values.shape[2:])
