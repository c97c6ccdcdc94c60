"""Texts as rows of whole words, where the models read pieces of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from xaigeo.errors import InputError
from xaigeo.schema import Matrix
from xaigeo.text.schema import ABSENT, TextSchema, read_tokenizer
from xaigeo.text.tokenizer import Tokenizer
from xaigeo.text.whole_words import WholeWords, whole_words, word_label

# How a word is shown that is not in the vocabulary.
OTHER = "<other word>"


@dataclass(frozen=True)
class WholeWordTokenizer:
    """A tokenizer whose tokens are whole words, made of the pieces of another.

    A word of one piece keeps that piece's number; words of several have the numbers behind, in
    the order of `words`; the last number stands for every other word.

    Attributes
    ----------
    own : Tokenizer
        That of the models.
    words : tuple of tuple of int
        The different words of several pieces, as the numbers of these, sorted.
    """

    own: Tokenizer
    words: tuple[tuple[int, ...], ...] = field(repr=False)

    @property
    def kind(self) -> str:
        """Name under which `to_dict` describes it."""
        return "whole_words"

    @property
    def n_tokens(self) -> int:
        """Pieces, words of several, and one for every other word."""
        return self.own.n_tokens + len(self.words) + 1

    @property
    def unknown(self) -> int | None:
        """That of the models' tokenizer."""
        return self.own.unknown

    @property
    def special(self) -> frozenset[int]:
        """Those of the models' tokenizer."""
        return self.own.special

    @cached_property
    def _numbers(self) -> dict[tuple[int, ...], int]:
        return {word: self.own.n_tokens + place for place, word in enumerate(self.words)}

    def number(self, pieces: tuple[int, ...]) -> int:
        """Return the number of the word of some pieces."""
        return pieces[0] if len(pieces) == 1 else self._numbers.get(pieces, self.n_tokens - 1)

    def split(self, text: str) -> list[tuple[str, int]]:
        """Return the words of a text, in order: what a reader sees of each, and its number."""
        return [(label, self.number(pieces)) for label, pieces in labelled_words(text, self.own)]

    def shown(self, token: int) -> str:
        """Return what a reader sees of the word with a number."""
        place = token - self.own.n_tokens
        if place == len(self.words):
            return OTHER
        pieces = self.words[place] if 0 <= place < len(self.words) else (token,)
        return word_label([self.own.shown(piece) for piece in pieces], pieces, self.own)

    def shortened(
        self, tokens: Sequence[tuple[str, int]], max_tokens: int
    ) -> list[tuple[str, int]]:
        """Return the first words of a text that is too long, with the special tokens of it."""
        return self.own.shortened(tokens, max_tokens)

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-able description."""
        return {
            "kind": self.kind,
            "tokenizer": self.own.to_dict(),
            "words": [list(word) for word in self.words],
        }

    @classmethod
    def from_dict(cls, description: Mapping[str, Any]) -> WholeWordTokenizer:
        """Build the tokenizer that `to_dict` described."""
        words = tuple(tuple(int(piece) for piece in word) for word in description["words"])
        return cls(read_tokenizer(description["tokenizer"]), words)


@dataclass(frozen=True)
class WholeWordSchema(TextSchema):
    """The schema of results that speak of whole words: a place of a row is a word.

    Rows are as long as those of the models, which texts of fewer words than pieces do not fill.
    Models do not read such rows.
    """

    @classmethod
    def of_rows(cls, schema: TextSchema, rows: Matrix) -> WholeWordSchema:
        """Make the schema of the words of some encoded texts.

        Parameters
        ----------
        schema : TextSchema
            Of the models.
        rows : ndarray, shape (n_texts, max_tokens)
        """
        every = {word for words in whole_words(rows, schema.tokenizer) for word in words}
        several = tuple(sorted(word for word in every if len(word) > 1))
        words = WholeWordTokenizer(schema.tokenizer, several)
        return cls(features=(), tokenizer=words, max_tokens=schema.max_tokens)

    def __post_init__(self) -> None:
        if not isinstance(self.tokenizer, WholeWordTokenizer):
            raise InputError(
                expected="a WholeWordTokenizer",
                arrived=type(self.tokenizer).__name__,
                do="Make the schema with WholeWordSchema.of_rows(schema, rows).",
            )
        super().__post_init__()

    @property
    def words(self) -> WholeWordTokenizer:
        """Its tokenizer."""
        assert isinstance(self.tokenizer, WholeWordTokenizer)  # checked when made
        return self.tokenizer

    def of_pieces(self, rows: Matrix) -> Matrix:
        """Return rows of pieces, as models read them, as rows of words.

        Parameters
        ----------
        rows : ndarray, shape (n_texts, max_tokens)

        Returns
        -------
        ndarray, shape (n_texts, max_tokens)
        """
        found = np.full(rows.shape, ABSENT)
        for place, words in enumerate(whole_words(rows, self.words.own)):
            found[place, : len(words)] = [self.words.number(pieces) for pieces in words]
        return found

    def unread(self, text: str) -> list[str]:
        """Return what a reader sees of the words beyond those that models read.

        Of a word that is cut the rest is one of them.
        """
        own = TextSchema.of(self.words.own, self.max_tokens)
        return own.unread(text)


def labelled_words(text: str, tokenizer: Tokenizer) -> list[tuple[str, tuple[int, ...]]]:
    """Return the words of a text: what a reader sees of each, and its pieces."""
    return joined_pieces(tokenizer.split(text), WholeWords(tokenizer))


def joined_pieces(
    pieces: Sequence[tuple[str, int]], rule: WholeWords
) -> list[tuple[str, tuple[int, ...]]]:
    """Return the words of the pieces of a text: what a reader sees of each, and its pieces."""
    words: list[list[tuple[str, int]]] = []
    for piece, begins in zip(pieces, rule.begin([code for _, code in pieces]), strict=True):
        if begins:
            words.append([])
        words[-1].append(piece)
    return [
        (word_label(shown, codes, rule.tokenizer), codes)
        for shown, codes in (tuple(zip(*word, strict=True)) for word in words)
    ]
