"""A text network of one seed as a plain module."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from xaigeo.ensemble.texts.text_architecture import TextArchitecture
from xaigeo.ensemble.texts.text_encoders import (
    ConvolutionEncoder,
    RecurrentEncoder,
    TransformerEncoder,
)
from xaigeo.ensemble.texts.text_pooling import AdditiveAttention, MeanPooling, ScaledDotAttention


class TextModule(nn.Module):
    """Word vectors -> encoder -> weights of tokens -> pooled text -> linear output.

    Parameters
    ----------
    architecture : TextArchitecture

    Notes
    -----
    Initial weights are those of ``nn.Embedding``, ``nn.Conv1d``, ``nn.LSTM``,
    ``nn.MultiheadAttention`` and ``nn.Linear``.
    """

    def __init__(self, architecture: TextArchitecture) -> None:
        super().__init__()
        self.embedding = nn.Embedding(architecture.n_tokens, architecture.embedding_size)
        self.encoder = _encoder(architecture)
        self.attention = _attention(architecture)
        self.dropout = nn.Dropout(architecture.dropout)
        self.output = nn.Linear(architecture.encoded_size, architecture.n_raw)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return raw outputs, shape (n_texts, n_raw).

        Parameters
        ----------
        tokens : Tensor of int, shape (n_texts, T)
            Numbers of tokens, negative where there is none, at whatever place.
        """
        tokens = side_by_side(tokens)
        return self.outputs_of_embedded(self.embed(tokens), tokens >= 0)

    def embed(self, tokens: Tensor) -> Tensor:
        """Return word vectors, 0 where there is no token, shape (n_texts, T, embedding_size)."""
        vectors: Tensor = self.embedding(tokens.clamp(min=0))
        return vectors * (tokens >= 0)[..., None]

    def outputs_of_embedded(self, vectors: Tensor, there: Tensor) -> Tensor:
        """Return raw outputs of word vectors; `there`, (n_texts, T), tells where tokens are."""
        hidden = self.encoder(vectors, there)
        weights = self.attention(hidden, there)
        pooled = (weights[:, None] @ hidden)[:, 0]
        outputs: Tensor = self.output(self.dropout(pooled))
        return outputs

    def weights_of(self, tokens: Tensor) -> Tensor:
        """Return the weights that pool, 0 where there is no token, shape (n_texts, T).

        Tokens stand side by side.
        """
        there = tokens >= 0
        weights: Tensor = self.attention(self.encoder(self.embed(tokens), there), there)
        return weights


def side_by_side(tokens: Tensor) -> Tensor:
    """Return numbers of tokens with those that are missing, the negative ones, moved to the end."""
    order = torch.argsort((tokens < 0).to(torch.int8), dim=-1, stable=True)
    return tokens.gather(-1, order)


def _encoder(architecture: TextArchitecture) -> nn.Module:
    if architecture.encoder == "cnn":
        return ConvolutionEncoder(
            architecture.embedding_size, architecture.hidden_size, architecture.kernel_sizes
        )
    if architecture.encoder == "lstm":
        return RecurrentEncoder(architecture.embedding_size, architecture.hidden_size)
    return TransformerEncoder(
        architecture.embedding_size,
        architecture.hidden_size,
        architecture.n_layers,
        architecture.n_heads,
        architecture.max_tokens,
    )


def _attention(architecture: TextArchitecture) -> nn.Module:
    if architecture.attention == "additive":
        return AdditiveAttention(architecture.encoded_size)
    if architecture.attention == "scaled_dot":
        return ScaledDotAttention(architecture.encoded_size)
    return MeanPooling()
