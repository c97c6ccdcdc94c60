"""How tokens are weighed for the pooled text, for one seed."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

# Score of a token that is not there. Finite, so that a text without tokens has no NaN.
NOWHERE = -1e30


class AdditiveAttention(nn.Module):
    """Weights softmax of ``v . tanh(W h + b)`` (Bahdanau et al. 2015, arXiv:1409.0473).

    W halves the size, as in Jain and Wallace (2019, arXiv:1902.10186).

    Parameters
    ----------
    encoded_size : int
    """

    def __init__(self, encoded_size: int) -> None:
        super().__init__()
        attention_size = max(1, encoded_size // 2)
        self.project = nn.Linear(encoded_size, attention_size)
        self.score = nn.Linear(attention_size, 1, bias=False)

    def forward(self, hidden: Tensor, there: Tensor) -> Tensor:
        """Return weights that sum to 1 over the tokens of a text, shape (n_texts, T).

        Parameters
        ----------
        hidden : Tensor, shape (n_texts, T, encoded_size)
        there : Tensor of bool, shape (n_texts, T)
        """
        return masked_softmax(self.score(torch.tanh(self.project(hidden)))[..., 0], there)


class ScaledDotAttention(nn.Module):
    """Weights softmax of ``q . h / sqrt(d)`` with a learned query (arXiv:1706.03762).

    Parameters
    ----------
    encoded_size : int
    """

    def __init__(self, encoded_size: int) -> None:
        super().__init__()
        self.query = nn.Linear(encoded_size, 1, bias=False)

    def forward(self, hidden: Tensor, there: Tensor) -> Tensor:
        """Return weights, shape (n_texts, T); see `AdditiveAttention`."""
        return masked_softmax(self.query(hidden)[..., 0] / math.sqrt(hidden.shape[-1]), there)


class MeanPooling(nn.Module):
    """The same weight for every token of a text: the mean, 0 for a text without tokens."""

    def forward(self, hidden: Tensor, there: Tensor) -> Tensor:
        """Return weights, shape (n_texts, T); see `AdditiveAttention`."""
        present = there.to(hidden.dtype)
        return present / present.sum(dim=1, keepdim=True).clamp(min=1)


def masked_softmax(scores: Tensor, there: Tensor) -> Tensor:
    """Return softmax over the last axis, 0 where no token is and for a text without tokens."""
    return torch.softmax(scores.masked_fill(~there, NOWHERE), dim=-1) * there
