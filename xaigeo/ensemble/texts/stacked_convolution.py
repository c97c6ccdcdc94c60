"""Convolutions of several widths along a line of tokens, of all seeds at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from xaigeo.ensemble.texts.line_words import LineWords
from xaigeo.ensemble.texts.token_line import TokenLine


def stacked_convolution(
    words: LineWords, line: TokenLine, weights: Sequence[Tensor], biases: Sequence[Tensor]
) -> Tensor:
    """Return convolutions along the texts of a line, shape (K, length, n_filters of all kernels).

    Every distinct word vector is multiplied once by every column of every kernel; a place of the
    line adds up what its neighbours give. Words repeat within a batch, so this is half the
    arithmetic of a product for each place, and gaps between texts take none.

    Parameters
    ----------
    words : LineWords
    line : TokenLine
        By text.
    weights : sequence of Tensor, each of shape (K, n_filters, size, width)
        Of ``nn.Conv1d``, of odd widths, with as many filters each.
    biases : sequence of Tensor, each of shape (K, n_filters)
    """
    # (K, columns, n_filters, size), where the columns of one kernel stand side by side.
    columns = torch.cat([weight.permute(0, 3, 1, 2) for weight in weights], dim=1)
    widths = [weight.shape[3] for weight in weights]
    shifts = torch.tensor([place - width // 2 for width in widths for place in range(width)])
    neighbours = line.neighbours(shifts)  # (L, length, n_columns), places
    added: Tensor = _Convolution.apply(  # type: ignore[no-untyped-call]
        words.vectors, columns, words.which, neighbours, tuple(widths)
    )
    return added + torch.cat(list(biases), dim=1)[:, None]


class _Convolution(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        vectors: Tensor,
        columns: Tensor,
        which: Tensor,
        neighbours: Tensor,
        widths: tuple[int, ...],
    ) -> Tensor:
        ctx.save_for_backward(vectors, columns, which, neighbours)
        ctx.widths = widths
        n_members, n_columns, n_filters, _ = columns.shape
        n_vectors, length = vectors.shape[1], neighbours.shape[1]
        products = torch.bmm(vectors, columns.flatten(1, 2).transpose(1, 2))
        # Rows of products are (member, vector, column).
        row = which.expand(len(neighbours), -1).gather(1, neighbours.flatten(1))
        row = row.view(len(neighbours), length, n_columns) * n_columns + torch.arange(n_columns)
        row = row + torch.arange(n_members)[:, None, None] * (n_vectors * n_columns)
        starts = torch.tensor([sum(widths[:k]) for k in range(len(widths))])
        bags = torch.arange(n_members * length)[:, None] * n_columns + starts
        added = _sums(products.view(-1, n_filters), row.flatten(), bags.flatten())
        return added.view(n_members, length, len(widths) * n_filters)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor | None, ...]:
        vectors, columns, which, neighbours = ctx.saved_tensors
        by_product = _slopes_of_products(slope, which, neighbours, ctx.widths, vectors.shape[1])
        flat = columns.flatten(1, 2)
        by_vector = torch.bmm(by_product, flat) if ctx.needs_input_grad[0] else None
        by_column = torch.bmm(by_product.transpose(1, 2), vectors).view_as(columns)
        return by_vector, by_column, None, None, None


def _slopes_of_products(
    slope: Tensor, which: Tensor, neighbours: Tensor, widths: tuple[int, ...], n_vectors: int
) -> Tensor:
    """Return the slope of each vector's products, (K, n_vectors, columns and filters).

    A vector's product with a column was added wherever the vector stands at the column's shift:
    sums again, over the places of each vector.
    """
    n_members, length, _ = slope.shape
    n_kernels, n_columns = len(widths), sum(widths)
    n_filters = slope.shape[2] // n_kernels
    n_lines = len(neighbours)
    which = which.expand(n_lines, -1)
    # Places of a line in the order of their vectors, and how many each vector has.
    order = torch.argsort(which, dim=1, stable=True)
    counts = torch.zeros((n_lines, n_vectors), dtype=torch.int64)
    counts.scatter_add_(1, which, torch.ones_like(which))
    starts = torch.cumsum(counts, dim=1) - counts
    # The place that a token at this one reaches by a column is as far on its other side, which
    # is the neighbour by the column's mirror image.
    mirror = torch.cat(
        [torch.arange(sum(widths[: k + 1]) - 1, sum(widths[:k]) - 1, -1) for k in range(n_kernels)]
    )
    reached = neighbours[:, :, mirror]
    kernel = torch.repeat_interleave(torch.arange(n_kernels), torch.tensor(widths))
    source = reached * n_kernels + kernel
    # Summands of (vector, column) stand together: columns one after another within a vector.
    own_start, own_count = (values.gather(1, which) for values in (starts, counts))
    rank = (
        torch.empty_like(order).scatter_(1, order, torch.arange(length).expand(n_lines, -1))
        - own_start
    )
    at = (own_start * n_columns + rank)[:, :, None] + own_count[:, :, None] * torch.arange(
        n_columns
    )
    rows = torch.empty((n_lines, length * n_columns), dtype=torch.int64)
    rows.scatter_(1, at.flatten(1), source.flatten(1))
    bags = starts[:, :, None] * n_columns + counts[:, :, None] * torch.arange(n_columns)
    members = torch.arange(n_members)[:, None]
    rows = (rows + members * (length * n_kernels)).flatten()
    offsets = (bags.flatten(1) + members * (length * n_columns)).flatten()
    sums = _sums(slope.reshape(-1, n_filters), rows, offsets)
    return sums.view(n_members, n_vectors, n_columns * n_filters)


def _sums(values: Tensor, rows: Tensor, starts: Tensor) -> Tensor:
    """Return sums of rows, each from a start to the next one."""
    return torch.nn.functional.embedding_bag(rows, values, starts, mode="sum")
