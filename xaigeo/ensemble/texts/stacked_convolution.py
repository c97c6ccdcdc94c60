"""Convolutions of several widths along a line of tokens, of all seeds at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from xaigeo.ensemble.texts.line_words import LineWords
from xaigeo.ensemble.texts.token_line import TokenLine


def stacked_convolution(
    words: LineWords, line: TokenLine, weights: Sequence[Tensor], biases: Sequence[Tensor]
) -> Tensor:
    """Return convolutions along the texts of a line, shape (K, length, n_filters of all kernels).

    Negative ones are 0, as by ReLU, and so is what stands where there is no token. Every distinct
    word vector is multiplied once by every column of every kernel; a place of the line adds up
    what its neighbours give. Words repeat within a batch, so this is half the arithmetic of a
    product for each place, and gaps between texts take none.

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
    columns = torch.cat([weight.permute(0, 3, 1, 2) for weight in weights], dim=1).contiguous()
    widths = np.array([weight.shape[3] for weight in weights])
    hidden: Tensor = _Convolution.apply(  # type: ignore[no-untyped-call]
        words.vectors, columns, torch.stack(list(biases), dim=1), words, line, widths
    )
    return hidden.flatten(2)


class _Convolution(torch.autograd.Function):
    """Seed by seed, so that the products of one are still in the cache when they are added up."""

    @staticmethod
    def forward(
        ctx: Any,
        vectors: Tensor,
        columns: Tensor,
        biases: Tensor,
        words: LineWords,
        line: TokenLine,
        widths: np.ndarray,
    ) -> Tensor:
        from xaigeo.ensemble.texts.convolution_kernels import add_columns

        n_members, n_columns, n_filters, _ = columns.shape
        hidden = vectors.new_empty((n_members, line.length, len(widths), n_filters))
        products = vectors.new_empty((vectors.shape[1], n_columns * n_filters))
        added_up = products.view(-1, n_columns, n_filters).numpy()
        which, ends = words.which.numpy(), line.ends.numpy()
        for k in range(n_members):
            own = k if len(ends) > 1 else 0
            n_vectors = words.counts[own]
            read = vectors[k, :n_vectors]
            torch.mm(read, columns[k].flatten(0, 1).t(), out=products[:n_vectors])
            add_columns(
                added_up, which[own], ends[own], widths, biases[k].numpy(), hidden[k].numpy()
            )
        ctx.save_for_backward(vectors, columns, hidden)
        ctx.words, ctx.line, ctx.widths = words, line, widths
        return hidden

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor | None, ...]:
        from xaigeo.ensemble.texts.convolution_kernels import add_slopes

        vectors, columns, hidden = ctx.saved_tensors
        n_members, n_columns, n_filters, _ = columns.shape
        by_vector = torch.zeros_like(vectors) if ctx.needs_input_grad[0] else None
        by_column = columns.new_empty(columns.shape)
        by_bias = slope.new_empty((n_members, *hidden.shape[2:]))
        by_product = slope.new_empty((vectors.shape[1], n_columns * n_filters))
        added_to = by_product.view(-1, n_columns, n_filters).numpy()
        which, ends = ctx.words.which.numpy(), ctx.line.ends.numpy()
        slope = slope.contiguous()
        for k in range(n_members):
            own = k if len(ends) > 1 else 0
            n_vectors = ctx.words.counts[own]
            add_slopes(
                slope[k].numpy(), hidden[k].numpy(), which[own], ends[own], ctx.widths,
                added_to[:n_vectors], by_bias[k].numpy(),
            )  # fmt: skip
            flat, sums = columns[k].flatten(0, 1), by_product[:n_vectors]
            if by_vector is not None:
                torch.mm(sums, flat, out=by_vector[k, :n_vectors])
            torch.mm(sums.t(), vectors[k, :n_vectors], out=by_column[k].flatten(0, 1))
        return by_vector, by_column, by_bias, None, None, None
