"""Text models with known answers, and a tokenizer that adds a token, for tests of text methods."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from xaigeo.ensemble.texts.text_ensemble import TextEnsemble
from xaigeo.ensemble.texts.text_members import AttentionMaps
from xaigeo.errors import InputError
from xaigeo.text import ABSENT, TextSchema, WordTokenizer

TEXTS = [
    "a good film with a good plot",
    "not a good film",
    "the plot is thin and the film is long",
    "fine acting , fine music",
]


# Encoder and attention of every network that is trained.
KINDS = [
    ("cnn", "additive"),
    ("cnn", "scaled_dot"),
    ("lstm", "additive"),
    ("lstm", "scaled_dot"),
    ("cnn", "none"),
    ("lstm", "none"),
    ("transformer", None),
]


class LinearText(nn.Module):
    """One bag of words: a weight vector a word, a score of attention a word, and a bias."""

    def __init__(self, weights, scores, bias):
        super().__init__()
        self.weights = nn.Parameter(torch.as_tensor(weights, dtype=torch.float64))
        self.scores = nn.Parameter(torch.as_tensor(scores, dtype=torch.float64))
        self.bias = nn.Parameter(torch.as_tensor(bias, dtype=torch.float64))


class LinearTextMembers:
    """K bags of words: outputs are the bias and the sum of the words' weight vectors.

    The weight vector of a word is what embeds it. Attention is the softmax over a text's tokens of
    the words' scores, one layer, one head, the whole text the query. With `pooled` the outputs are
    the bias and the mean of weight vectors weighted by attention; otherwise nothing depends on it.

    Parameters
    ----------
    weights : ndarray, shape (n_members, n_words, n_outputs)
    scores : ndarray, shape (n_members, n_words)
    bias : ndarray, shape (n_members, n_outputs)
    schema : TextSchema
    """

    kind = "text"
    has_logits = True

    def __init__(self, weights, scores, bias, schema: TextSchema, *, pooled: bool = False):
        self.weights, self.scores, self.bias = weights, scores, bias
        self.schema, self.pooled = schema, pooled
        self.n_members = len(weights)

    def values(self, rows, scale):
        with torch.no_grad():
            return self._outputs(self._embedded(rows), rows, scale).numpy()

    def member_values(self, place, rows, scale):
        return self.subset([place]).values(rows, scale)[0]

    def subset(self, places: Sequence[int]) -> LinearTextMembers:
        part = list(places)
        return LinearTextMembers(
            self.weights[part], self.scores[part], self.bias[part], self.schema, pooled=self.pooled
        )

    @property
    def modules(self) -> list[Any]:
        return [
            LinearText(*parts) for parts in zip(self.weights, self.scores, self.bias, strict=True)
        ]

    def embed(self, rows):
        longest = max(1, int((rows != ABSENT).sum(axis=1).max()))
        return self._embedded(rows[:, :longest])

    def outputs_of_embedded(self, embedded, rows, scale):
        return self._outputs(embedded, rows[:, : embedded.shape[2]], scale)

    def attention(self, rows):
        weights = self._attention(rows).numpy()[:, :, None, None, None, :]
        return AttentionMaps(weights=weights, layers=("attention",), pooling=True, reads="pool")

    def outputs_with_attention(self, rows, weights, scale):
        if not self.pooled:
            raise InputError(
                expected="models that pool by attention",
                arrived="sums of words",
                do="Ask pooled models.",
            )
        values = (
            torch.einsum("kndt,knto->kndo", torch.as_tensor(weights), self._embedded(rows))
            + torch.as_tensor(self.bias)[:, None, None]
        )
        return _scaled(values, scale).numpy()

    def _embedded(self, rows):
        tokens = np.where(rows == ABSENT, 0, rows).astype(int)
        there = (rows != ABSENT)[None, :, :, None]
        return torch.as_tensor(self.weights[:, tokens] * there)

    def _attention(self, rows):
        there = rows != ABSENT
        tokens = np.where(there, rows, 0).astype(int)
        raw = np.exp(self.scores[:, tokens]) * there
        total = raw.sum(axis=2, keepdims=True)
        return torch.as_tensor(raw / np.where(total > 0, total, 1.0))

    def _outputs(self, embedded, rows, scale):
        there = torch.as_tensor((rows != ABSENT)[None, :, :, None])
        counted = torch.where(there, embedded, torch.zeros_like(embedded))
        if self.pooled:
            counted = counted * self._attention(rows)[:, :, :, None]
        return _scaled(counted.sum(dim=2) + torch.as_tensor(self.bias)[:, None], scale)


@dataclass(frozen=True)
class MarkedTokenizer:
    """Words with one token that the tokenizer adds, at the start, as Hugging Face's do.

    The mark has the number after the last word's; `unknown` may be None.
    """

    words: WordTokenizer
    hides: bool = True

    kind = "marked"

    @property
    def n_tokens(self) -> int:
        return self.words.n_tokens + 1

    @property
    def unknown(self) -> int | None:
        return self.words.unknown if self.hides else None

    @property
    def special(self) -> frozenset[int]:
        return frozenset({self.words.n_tokens})

    def split(self, text):
        return [("[start]", self.words.n_tokens), *self.words.split(text)]

    def shown(self, token):
        return "[start]" if token == self.words.n_tokens else self.words.shown(token)

    def shortened(self, tokens, max_tokens):
        return list(tokens[:max_tokens])

    def to_dict(self):
        return {"kind": self.kind, "words": self.words.to_dict()}


def linear_text_ensemble(
    texts: Sequence[str] = tuple(TEXTS),
    *,
    n_seeds: int = 3,
    n_outputs: int = 2,
    max_tokens: int = 10,
    task: str = "classification",
    pooled: bool = False,
    marked: bool = False,
    hides: bool = True,
    random_state: int = 0,
) -> TextEnsemble:
    """Return linear models of random weights over the words of some texts.

    With `marked` a token is added at the start of each text; with ``hides=False`` the tokenizer has
    no unknown token.
    """
    words = WordTokenizer.from_texts(texts)
    tokenizer = MarkedTokenizer(words, hides) if marked or not hides else words
    schema = TextSchema.of(tokenizer, max_tokens)
    rng = np.random.default_rng(random_state)
    members = LinearTextMembers(
        rng.normal(size=(n_seeds, tokenizer.n_tokens, n_outputs)),
        rng.normal(size=(n_seeds, tokenizer.n_tokens)),
        rng.normal(size=(n_seeds, n_outputs)),
        schema,
        pooled=pooled,
    )
    return TextEnsemble(
        members=members,
        seeds=tuple(range(n_seeds)),
        schema=schema,
        classes=tuple(f"class{i}" for i in range(n_outputs)),
        task=task,
        record={},
    )


def _scaled(values, scale):
    return torch.softmax(values, dim=-1) if scale == "probability" else values
