"""Self-attention of texts on a line, of all seeds at once."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from xaigeo.ensemble.mixed_rows import lanes_of
from xaigeo.ensemble.texts.text_pooling import masked_softmax
from xaigeo.ensemble.texts.token_line import TokenLine


def attention(projected: Tensor, line: TokenLine, n_heads: int) -> Tensor:
    """Return mixed values on the line, shape (K, length, size); the weights are not kept.

    Parameters
    ----------
    projected : Tensor, shape (K, length, 3 * size)
        Queries, keys and values, each head after head.
    line : TokenLine
        By text.
    n_heads : int
    """
    import numba

    if getattr(numba.config, "DISABLE_JIT", False):  # vectors exist in compiled code alone
        return attention_with_maps(projected, line, n_heads)[0]
    mixed: Tensor = _Attention.apply(projected, line.ends, n_heads)  # type: ignore[no-untyped-call]
    return mixed


def attention_with_maps(projected: Tensor, line: TokenLine, n_heads: int) -> tuple[Tensor, Tensor]:
    """Return mixed values on the line, and the weights, (K, n_texts, n_heads, T, T)."""
    given = line.give(projected)
    parts = given.view(*given.shape[:-1], 3, n_heads, -1)
    query, key, value = (part.transpose(2, 3) for part in parts.unbind(3))
    scores = query @ key.transpose(-1, -2) / math.sqrt(query.shape[-1])
    weights = masked_softmax(scores, line.there[:, :, None, None, :])
    return line.take((weights @ value).transpose(2, 3).flatten(3)), weights


class _Attention(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, projected: Tensor, ends: Tensor, n_heads: int) -> Tensor:
        from xaigeo.ensemble.texts.attention_kernels import attend

        projected = projected.contiguous()
        n_members, length, width = projected.shape
        mixed = projected.new_empty((n_members, length, width // 3))
        ctx.save_for_backward(projected, ends)
        values = projected.numpy()
        ctx.n_heads, ctx.n_lanes = n_heads, lanes_of(values.dtype)
        attend(values, ends.numpy(), n_heads, ctx.n_lanes, mixed.numpy())
        return mixed

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor | None, ...]:
        from xaigeo.ensemble.texts.attention_kernels import slopes_of_attention

        projected, ends = ctx.saved_tensors
        by_projected = torch.empty_like(projected)
        slopes_of_attention(
            slope.contiguous().numpy(), projected.numpy(), ends.numpy(), ctx.n_heads, ctx.n_lanes,
            by_projected.numpy(),
        )  # fmt: skip
        return by_projected, None, None
