"""Text networks trained here as members of an ensemble."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

import numpy as np
import torch
from torch import Tensor, nn

from xaigeo.ensemble.members import Scale, finite_outputs
from xaigeo.ensemble.texts.line_words import LineWords
from xaigeo.ensemble.texts.raw_outputs import RawOutputs
from xaigeo.ensemble.texts.stacked_pooling import pooling_weights
from xaigeo.ensemble.texts.stacked_transformer import stacked_transformer
from xaigeo.ensemble.texts.text_members import AttentionMaps
from xaigeo.ensemble.texts.text_network import TextNetwork
from xaigeo.ensemble.torch_members import keep_freed_memory
from xaigeo.errors import InputError
from xaigeo.schema import Matrix
from xaigeo.text.schema import ABSENT, TextSchema, reached

# Bytes that the hidden vectors of one pass may take, and the most texts of a pass: whole maps of
# attention are as wide for each of them as for the longest.
MEMORY_LIMIT = 16 * 2**20
MOST_TEXTS = 64
# Widths of texts whose attention is kept are multiples of it: torch's softmax is several times
# slower over fewer numbers than a vector register holds.
WIDTH_STEP = 16


class StackedTextMembers:
    """K text networks, asked all at once; see `TextMembers`.

    Parameters
    ----------
    network : TextNetwork
    schema : TextSchema
    outputs : RawOutputs
    """

    kind = "text"

    def __init__(self, network: TextNetwork, schema: TextSchema, outputs: RawOutputs) -> None:
        self.network = network
        self.schema = schema
        self.outputs = outputs
        self.n_members = network.n_members
        self.has_logits = outputs.task == "classification"

    @property
    def n_outputs(self) -> int:
        """Number of outputs."""
        return 2 if self.outputs.single_logit else self.network.architecture.n_raw

    @property
    def dtype(self) -> torch.dtype:
        """Type of the weights."""
        return self.network.dtype

    @cached_property
    def modules(self) -> list[nn.Module]:
        """The K plain modules, `TextModule`: tokens (n_texts, T) to raw outputs."""
        return self.network.modules()

    def values(self, rows: Matrix, scale: Scale) -> np.ndarray:
        """Return outputs, shape (n_members, n_texts, n_outputs), in bounded memory."""
        keep_freed_memory()
        answer = np.empty((self.n_members, len(rows), self.n_outputs))
        with torch.no_grad():
            for part in self._parts(rows):
                raw = self.network.forward(_tokens(rows[part]))
                answer[:, part] = self.outputs.finished(raw, scale).numpy()
        return finite_outputs(answer)

    def member_values(self, place: int, rows: Matrix, scale: Scale) -> np.ndarray:
        """Return one member's outputs, shape (n_texts, n_outputs)."""
        return np.asarray(self._each[place].values(rows, scale)[0])

    def subset(self, places: Sequence[int]) -> StackedTextMembers:
        """Return the members at these places."""
        return StackedTextMembers(self.network.subset(places), self.schema, self.outputs)

    def embed(self, rows: Matrix) -> Tensor:
        """Return word vectors, shape (n_members, n_texts, T, d); see `TextMembers`."""
        tokens = _tokens(rows)
        there = tokens >= 0
        with torch.no_grad():
            vectors = self.network.state["embedding.weight"]
            taken = vectors.index_select(1, tokens.clamp(min=0).flatten())
            return taken.view(len(vectors), *tokens.shape, -1) * there[..., None]

    def outputs_of_embedded(self, embedded: Tensor, rows: Matrix, scale: Scale) -> Tensor:
        """Return outputs for given word vectors, with gradients; see `TextMembers`."""
        tokens = torch.as_tensor(rows[:, : embedded.shape[2]]).to(torch.int64)
        line = self.network.line(tokens)
        words = LineWords.of_embedded(embedded.to(self.dtype), line)
        return self.outputs.finished(self.network.run_line(self.network.state, words, line), scale)

    def attention(self, rows: Matrix) -> AttentionMaps:
        """Return the attention over texts in one pass; see `TextMembers`.

        Raises
        ------
        InputError
            For networks that were trained with ``attention="none"``.
        """
        architecture = self.network.architecture
        pooling = architecture.pools_by_attention
        if not pooling and architecture.encoder != "transformer":
            raise _no_attention("text networks with attention")
        n_texts, width = rows.shape
        shape = (1, 1, 1) if pooling else (architecture.n_layers, architecture.n_heads, width)
        maps = np.zeros((self.n_members, n_texts, *shape, width))
        # Texts of like length together, so that maps of short texts are small.
        order = np.argsort((rows != ABSENT).sum(axis=1), kind="stable")
        with torch.no_grad():
            for part in self._parts(rows[order]):
                texts = order[part]
                weights = self._weights(_tokens(rows[texts], WIDTH_STEP))
                n_queries = 1 if pooling else weights.shape[-1]
                maps[:, texts, :, :, :n_queries, : weights.shape[-1]] = weights.numpy()
        layers = ("pooling",) if pooling else tuple(f"layer {k + 1}" for k in range(shape[0]))
        return AttentionMaps(
            weights=maps, layers=layers, pooling=pooling, reads="pool" if pooling else "mean"
        )

    def outputs_with_attention(self, rows: Matrix, weights: np.ndarray, scale: Scale) -> np.ndarray:
        """Return outputs under other weights of pooling; see `TextMembers`.

        Raises
        ------
        InputError
            For networks that do not pool by attention, or weights of another shape.
        """
        self._check_pools()
        expected = (self.n_members, len(rows), rows.shape[1])
        if weights.ndim != 4 or (*weights.shape[:2], weights.shape[3]) != expected:
            raise InputError(
                expected=f"weights of shape ({expected[0]}, {expected[1]}, n_draws, {expected[2]})",
                arrived=f"shape {weights.shape}",
                do="Give every model, text and draw a weight for each place of the rows.",
            )
        answer = np.empty((*weights.shape[:3], self.n_outputs))
        network = self.network
        with torch.no_grad():
            for part in self._parts(rows):
                tokens = _tokens(rows[part])
                line = network.line(tokens)
                words = network.words_on(network.state, tokens, line)
                hidden = line.give(network.hidden(network.state, words, line))
                drawn = torch.as_tensor(weights[:, part, :, : tokens.shape[1]], dtype=self.dtype)
                raw = network.raw_of_pooled(network.state, (drawn @ hidden).flatten(1, 2))
                raw = raw.view(*drawn.shape[:3], -1)
                answer[:, part] = self.outputs.finished(raw, scale).numpy()
        return finite_outputs(answer)

    @cached_property
    def _each(self) -> list[StackedTextMembers]:
        return [self.subset([place]) for place in range(self.n_members)]

    def _weights(self, tokens: Tensor) -> Tensor:
        """Return attention, shape (K, n_texts, n_layers, n_heads, n_queries, T)."""
        network, architecture = self.network, self.network.architecture
        line = network.line(tokens)
        words = network.words_on(network.state, tokens, line)
        if not architecture.pools_by_attention:
            maps = stacked_transformer(architecture, network.state, words, line, with_maps=True)[1]
            return torch.stack(maps, dim=2) * line.there[:, :, None, None, :, None]
        hidden = network.hidden(network.state, words, line)
        weights = pooling_weights(architecture, network.state, hidden, line)
        return weights[:, :, None, None, None]

    def _check_pools(self) -> None:
        architecture = self.network.architecture
        if architecture.encoder == "transformer":
            raise InputError(
                expected="models that pool by attention",
                arrived="transformers, which take the mean of all tokens",
                do="Train with encoder='cnn' or encoder='lstm'.",
            )
        if not architecture.pools_by_attention:
            raise _no_attention("text networks that pool by attention")

    def _parts(self, rows: Matrix) -> Iterator[slice]:
        """Yield texts that are asked at once, in bounded memory."""
        architecture = self.network.architecture
        widest = max(architecture.encoded_size, architecture.hidden_size) * 4
        if architecture.encoder == "transformer":
            # Scores of every token by every token.
            widest = max(widest, architecture.n_heads * rows.shape[1])
        bytes_each = self.n_members * widest * self.dtype.itemsize
        most_tokens = max(1, MEMORY_LIMIT // bytes_each)
        lengths = np.maximum((rows != ABSENT).sum(axis=1), 1)
        start = 0
        while start < len(rows):
            within = np.cumsum(lengths[start : start + MOST_TEXTS]) <= most_tokens
            stop = start + max(1, int(within.sum()))
            yield slice(start, stop)
            start = stop


def _no_attention(expected: str) -> InputError:
    return InputError(
        expected=expected,
        arrived="networks that take the mean of all tokens (attention='none')",
        do="Train with attention='additive' or attention='scaled_dot', or explain by another "
        "method.",
    )


def _tokens(rows: Matrix, step: int = 1) -> Tensor:
    """Return rows as whole numbers, as far as `reached` leaves them."""
    return torch.from_numpy(reached(rows, step).astype(np.int64))
