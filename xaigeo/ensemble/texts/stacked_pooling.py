"""Tokens pooled to texts, by attention or their mean, of all seeds at once."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

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
        project = state["attention.project.weight"].transpose(1, 2)
        projected = torch.baddbmm(state["attention.project.bias"][:, None], hidden, project)
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
    n_texts, width = line.shape
    places = line.places.expand(len(hidden), -1, -1)
    if torch.is_grad_enabled() and (weights.requires_grad or hidden.requires_grad):
        matrix = weights.new_zeros((len(hidden), n_texts, line.length))
        return torch.bmm(matrix.scatter(2, places, weights), hidden)
    # Without gradients each token is added to its own text alone, and not, as above, to all texts
    # with a weight of 0 for most.
    rows = places.flatten(1) + torch.arange(len(hidden))[:, None] * line.length
    sums = functional.embedding_bag(
        rows.flatten(),
        hidden.flatten(0, 1),
        torch.arange(0, rows.numel(), width),
        mode="sum",
        per_sample_weights=weights.flatten(),
    )
    return sums.view(len(hidden), n_texts, -1)
