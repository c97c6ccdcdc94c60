"""What is done to the rows of a line, of all seeds at once: products, norms, places.

A seed's rows end with its last text; what stands behind is 0 and takes no arithmetic.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from xaigeo.ensemble.texts.line_words import LineWords
from xaigeo.ensemble.texts.token_line import TokenLine

# Of nn.LayerNorm.
EPS = 1e-5


def linear(
    rows: Tensor,
    weight: Tensor,
    bias: Tensor,
    line: TokenLine,
    *,
    onto: Tensor | None = None,
    relu: bool = False,
) -> Tensor:
    """Return rows times weights plus biases, shape (K, length, n_out).

    Parameters
    ----------
    rows : Tensor, shape (K, length, n_in)
    weight : Tensor, shape (K, n_out, n_in)
    bias : Tensor, shape (K, n_out)
    line : TokenLine
    onto : Tensor, shape (K, length, n_out), optional
        What the result is added to.
    relu : bool
        Whether numbers below 0 become 0.
    """
    product: Tensor = _Linear.apply(  # type: ignore[no-untyped-call]
        rows, weight, bias, onto, line, relu
    )
    return product


def norm(rows: Tensor, weight: Tensor, bias: Tensor, line: TokenLine) -> Tensor:
    """Return normed rows, (K, length, size), times weights plus biases, (K, size)."""
    normed: Tensor = _Norm.apply(rows, weight, bias, line.used)  # type: ignore[no-untyped-call]
    return normed


def with_places(words: LineWords, places: Tensor, line: TokenLine) -> Tensor:
    """Return word vectors on the line plus those of places, (K, max_tokens, size), in texts."""
    rows: Tensor = _Places.apply(  # type: ignore[no-untyped-call]
        words.vectors, places, words.which, line.ends
    )
    return rows


class _Linear(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        rows: Tensor,
        weight: Tensor,
        bias: Tensor,
        onto: Tensor | None,
        line: TokenLine,
        relu: bool,
    ) -> Tensor:
        from xaigeo.ensemble.texts.row_kernels import finish_products

        rows = rows.contiguous()
        out = rows.new_empty((*rows.shape[:2], weight.shape[1]))
        turned = weight.transpose(1, 2).unbind()
        for own, factor, product in zip(_used(rows, line), turned, _used(out, line), strict=True):
            torch.mm(own, factor, out=product)
        before = None if onto is None else onto.contiguous().numpy()
        finish_products(out.numpy(), bias.contiguous().numpy(), before, relu, line.used.numpy())
        ctx.save_for_backward(rows, weight, out if relu else None)
        ctx.line, ctx.onto = line, onto is not None
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor | None, ...]:
        from xaigeo.ensemble.texts.row_kernels import slopes_of_biases

        rows, weight, out = ctx.saved_tensors
        line = ctx.line
        slope = slope.contiguous()
        kept = slope if out is None else torch.empty_like(slope)
        by_row = torch.empty_like(rows)
        by_weight = weight.new_empty(weight.shape)
        by_bias = weight.new_empty(weight.shape[:2])
        slopes_of_biases(
            slope.numpy(),
            None if out is None else out.numpy(),
            line.used.numpy(),
            None if out is None else kept.numpy(),
            by_bias.numpy(),
        )
        parts = (_used(rows, line), _used(kept, line), _used(by_row, line), weight, by_weight)
        for own, own_slope, by_own, factor, by_factor in zip(*parts, strict=True):
            torch.mm(own_slope, factor, out=by_own)
            torch.mm(own_slope.t(), own, out=by_factor)
        return by_row, by_weight, by_bias, kept if ctx.onto else None, None, None


def _used(rows: Tensor, line: TokenLine) -> tuple[Tensor, ...]:
    """Return the rows of each seed's texts."""
    n_members, length = rows.shape[:2]
    used = line.used.expand(n_members).tolist()
    sizes = [size for n in used for size in (n, length - n)]
    return torch.split(rows.flatten(0, 1), sizes)[::2]


class _Norm(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, rows: Tensor, weight: Tensor, bias: Tensor, used: Tensor) -> Tensor:
        from xaigeo.ensemble.texts.row_kernels import norm_rows

        # The loops are compiled for each layout of arrays that they meet.
        rows, weight, bias = rows.contiguous(), weight.contiguous(), bias.contiguous()
        moments = rows.new_empty((*rows.shape[:2], 2))
        normed = torch.empty_like(rows)
        norm_rows(
            rows.numpy(), weight.numpy(), bias.numpy(), used.numpy(), EPS, moments.numpy(),
            normed.numpy(),
        )  # fmt: skip
        ctx.save_for_backward(rows, weight, used, moments)
        return normed

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor | None, ...]:
        from xaigeo.ensemble.texts.row_kernels import slopes_of_norm

        rows, weight, used, moments = ctx.saved_tensors
        by_row = torch.empty_like(rows)
        by_weight, by_bias = (weight.new_empty(weight.shape) for _ in range(2))
        slopes_of_norm(
            slope.contiguous().numpy(), rows.numpy(), weight.numpy(), used.numpy(),
            moments.numpy(), by_row.numpy(), by_weight.numpy(), by_bias.numpy(),
        )  # fmt: skip
        return by_row, by_weight, by_bias, None


class _Places(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, vectors: Tensor, places: Tensor, which: Tensor, ends: Tensor) -> Tensor:
        from xaigeo.ensemble.texts.row_kernels import add_places

        rows = vectors.new_empty((len(vectors), which.shape[1], vectors.shape[2]))
        add_places(
            vectors.numpy(), which.numpy(), places.contiguous().numpy(), ends.numpy(), rows.numpy()
        )
        ctx.save_for_backward(which, ends)
        ctx.shapes = vectors.shape, places.shape
        return rows

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor | None, ...]:
        from xaigeo.ensemble.texts.row_kernels import slopes_of_places

        which, ends = ctx.saved_tensors
        by_vector, by_place = (slope.new_empty(shape) for shape in ctx.shapes)
        slopes_of_places(
            slope.contiguous().numpy(), which.numpy(), ends.numpy(), by_vector.numpy(),
            by_place.numpy(),
        )  # fmt: skip
        return by_vector, by_place, None, None
