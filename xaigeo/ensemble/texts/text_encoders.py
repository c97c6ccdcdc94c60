"""Encoders of one seed: from word vectors to a vector a token that knows its neighbours."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class ConvolutionEncoder(nn.Module):
    """Convolutions of several widths side by side, each with ReLU.

    Parameters
    ----------
    embedding_size, n_filters : int
    kernel_sizes : sequence of int
        Odd; each kernel has `n_filters` filters.
    """

    def __init__(self, embedding_size: int, n_filters: int, kernel_sizes: Sequence[int]) -> None:
        super().__init__()
        self.convolutions = nn.ModuleList(
            nn.Conv1d(embedding_size, n_filters, size, padding=size // 2) for size in kernel_sizes
        )

    def forward(self, vectors: Tensor, there: Tensor) -> Tensor:
        """Return hidden vectors, shape (n_texts, T, n_filters * n_kernels).

        Parameters
        ----------
        vectors : Tensor, shape (n_texts, T, embedding_size)
            0 where there is no token.
        there : Tensor of bool, shape (n_texts, T)
        """
        channels = vectors.transpose(1, 2)
        parts = [torch.relu(convolution(channels)) for convolution in self.convolutions]
        return torch.cat(parts, dim=1).transpose(1, 2)


class RecurrentEncoder(nn.Module):
    """An LSTM in both directions.

    Parameters
    ----------
    embedding_size, n_units : int
        `n_units` of each direction.
    """

    def __init__(self, embedding_size: int, n_units: int) -> None:
        super().__init__()
        self.lstm = nn.LSTM(embedding_size, n_units, batch_first=True, bidirectional=True)

    def forward(self, vectors: Tensor, there: Tensor) -> Tensor:
        """Return hidden vectors, shape (n_texts, T, 2 * n_units); see `ConvolutionEncoder`."""
        lengths = there.sum(dim=1).clamp(min=1)  # a packed sequence is not empty
        packed = nn.utils.rnn.pack_padded_sequence(
            vectors, lengths, batch_first=True, enforce_sorted=False
        )
        hidden: Tensor = nn.utils.rnn.pad_packed_sequence(
            self.lstm(packed)[0], batch_first=True, total_length=vectors.shape[1]
        )[0]
        return hidden * there[..., None]


class TransformerEncoder(nn.Module):
    """Word vectors and vectors of places, then layers of self-attention, and a last norm.

    Parameters
    ----------
    embedding_size, feed_forward_size, n_layers, n_heads, max_tokens : int
    """

    def __init__(
        self,
        embedding_size: int,
        feed_forward_size: int,
        n_layers: int,
        n_heads: int,
        max_tokens: int,
    ) -> None:
        super().__init__()
        self.places = nn.Embedding(max_tokens, embedding_size)
        self.layers = nn.ModuleList(
            TransformerLayer(embedding_size, feed_forward_size, n_heads) for _ in range(n_layers)
        )
        self.norm = nn.LayerNorm(embedding_size)

    def forward(self, vectors: Tensor, there: Tensor) -> Tensor:
        """Return hidden vectors, shape (n_texts, T, embedding_size); see `ConvolutionEncoder`."""
        return self.with_attention(vectors, there)[0]

    def with_attention(self, vectors: Tensor, there: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Return hidden vectors, and the attention of each layer, (n_texts, n_heads, T, T)."""
        x = vectors + self.places.weight[: vectors.shape[1]]
        maps = []
        for layer in self.layers:
            x, weights = layer(x, there)
            maps.append(weights)
        hidden: Tensor = self.norm(x)
        return hidden, maps


class TransformerLayer(nn.Module):
    """Self-attention and a feed-forward layer, each on normed numbers and added to them.

    Norms stand before (pre-norm; Xiong et al. 2020, arXiv:2002.04745), so that training needs no
    warm-up of the learning rate.

    Parameters
    ----------
    embedding_size, feed_forward_size, n_heads : int
    """

    def __init__(self, embedding_size: int, feed_forward_size: int, n_heads: int) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(embedding_size)
        self.attention = nn.MultiheadAttention(embedding_size, n_heads, batch_first=True)
        self.feed_forward_norm = nn.LayerNorm(embedding_size)
        self.widen = nn.Linear(embedding_size, feed_forward_size)
        self.narrow = nn.Linear(feed_forward_size, embedding_size)

    def forward(self, x: Tensor, there: Tensor) -> tuple[Tensor, Tensor]:
        """Return new vectors, shape of `x`, and the attention, (n_texts, n_heads, T, T)."""
        # A text without a token would have nothing to attend to.
        absent = ~there & there.any(dim=1, keepdim=True)
        normed = self.attention_norm(x)
        mixed, weights = self.attention(
            normed, normed, normed, key_padding_mask=absent, average_attn_weights=False
        )
        x = x + mixed
        x = x + self.narrow(torch.relu(self.widen(self.feed_forward_norm(x))))
        return x, weights
