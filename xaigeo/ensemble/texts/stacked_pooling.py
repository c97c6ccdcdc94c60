"""Tokens pooled to texts, by attention or their mean, of all seeds at once."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from xaigeo.ensemble.texts.stacked_rows import linear
from xaigeo.ensemble.texts.text_architecture import TextArchitecture
from xaigeo.ensemble.texts.text_pooling import masked_softmax
from xaigeo.ensemble.texts.token_line import TokenLine

State = dict[str, Tensor]


def pooling_weights(
    architecture: TextArchitecture, state: State, hidden: Tensor, line: TokenLine
) -> Tensor:
    """Return how much of each token the pooled text takes, shape (K, n_texts, T).

    Parameters
    ----------
    architecture : TextArchitecture
    state : dict of str to Tensor
    hidden : Tensor, shape (K, length, encoded_size)
        On the line.
    line : TokenLine
    """
    if not architecture.pools_by_attention:
        present = line.there.to(hidden.dtype)
        weights = present / present.sum(dim=2, keepdim=True).clamp(min=1)
        return weights.expand(len(hidden), -1, -1)
    if architecture.attention == "additive":
        weight, bias = (state[f"attention.project.{name}"] for name in ("weight", "bias"))
        projected = linear(hidden, weight, bias, line)
        scores = torch.bmm(torch.tanh(projected), state["attention.score.weight"].transpose(1, 2))
    else:
        query = state["attention.query.weight"].transpose(1, 2)
        scores = torch.bmm(hidden, query) / math.sqrt(hidden.shape[-1])
    return masked_softmax(line.give(scores[..., 0]), line.there)


def pooled(weights: Tensor, hidden: Tensor, line: TokenLine) -> Tensor:
    """Return weighted sums of tokens by text, shape (K, n_texts, encoded_size).

    Parameters
    ----------
    weights : Tensor, shape (K, n_texts, T)
    hidden : Tensor, shape (K, length, encoded_size)
    line : TokenLine
    """
    summed: Tensor = _Pooling.apply(weights, hidden, line.places)  # type: ignore[no-untyped-call]
    return summed


class _Pooling(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, weights: Tensor, hidden: Tensor, places: Tensor) -> Tensor:
        from xaigeo.ensemble.texts.pooling_kernels import add_tokens

        weights, hidden = weights.contiguous(), hidden.contiguous()
        ctx.save_for_backward(weights, hidden, places)
        sums = hidden.new_empty((*weights.shape[:2], hidden.shape[2]))
        add_tokens(weights.numpy(), hidden.numpy(), places.numpy(), sums.numpy())
        return sums

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor | None, ...]:
        from xaigeo.ensemble.texts.pooling_kernels import slopes_of_tokens

        weights, hidden, places = ctx.saved_tensors
        by_weight = torch.empty_like(weights)
        by_hidden = torch.empty_like(hidden)
        slopes_of_tokens(
            slope.contiguous().numpy(), weights.numpy(), hidden.numpy(), places.numpy(),
            by_weight.numpy(), by_hidden.numpy(),
        )  # fmt: skip
        return by_weight, by_hidden, None
