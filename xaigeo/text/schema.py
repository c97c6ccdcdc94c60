"""Texts as rows: a token a place, so that ensembles, explainers and stores take them as rows."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from xaigeo.errors import InputError, LongTextWarning
from xaigeo.options import check_count
from xaigeo.schema import FeatureSchema, Matrix
from xaigeo.text.tokenizer import Tokenizer

# A text, or several.
Texts = str | Sequence[str] | np.ndarray | pd.Series
# What stands at the places of a row where there is no token.
ABSENT = -1.0


@dataclass(frozen=True)
class TextSchema(FeatureSchema):
    """What a text is to a model: a tokenizer, and the most tokens that a text may have.

    A text travels as a row of a matrix, float64, shape (n_texts, max_tokens): the numbers of its
    tokens, in order, then `ABSENT`. Where a row has `ABSENT` in the middle a token was
    removed: models read the tokens that are left as if they stood side by side.

    Attributes
    ----------
    tokenizer : Tokenizer
    max_tokens : int
        Length of a row. Longer texts lose their end, with a warning.
    """

    tokenizer: Tokenizer = None  # type: ignore[assignment]  # fields of the base have defaults
    max_tokens: int = 0

    def __post_init__(self) -> None:
        if not isinstance(self.tokenizer, Tokenizer):
            raise InputError(
                expected="a tokenizer",
                arrived=type(self.tokenizer).__name__,
                do="Make one with xaigeo.text.WordTokenizer.from_texts(texts), or pass that of "
                "your models to xaigeo.text.HuggingFaceTokenizer.from_tokenizer(tokenizer).",
            )
        check_count("max_tokens", self.max_tokens, at_least=1)

    @classmethod
    def of(cls, tokenizer: Tokenizer, max_tokens: int) -> TextSchema:
        """Make a schema of a tokenizer."""
        return cls(features=(), tokenizer=tokenizer, max_tokens=max_tokens)

    @cached_property
    def names(self) -> list[str]:
        """Places of tokens as text: "1", "2", ..."""
        return [str(place + 1) for place in range(self.max_tokens)]

    @property
    def n_features(self) -> int:
        """Length of a row, `max_tokens`."""
        return self.max_tokens

    @cached_property
    def discrete(self) -> np.ndarray:
        """Mask of places that hold codes, shape (max_tokens,): all."""
        return np.ones(self.max_tokens, dtype=bool)

    def encode(self, X: Any, *, what: str = "texts", tell_cut: bool = True) -> Matrix:
        """Return texts as a float64 matrix, shape (n_texts, max_tokens).

        Parameters
        ----------
        X : Series, array or list of str, or one str
        what : str
            What they are called in messages.
        tell_cut : bool
            Whether to warn of texts that lose their end; not where it has been told.

        Raises
        ------
        InputError
            For no texts, something other than texts, texts without an order or that cannot be
            written, missing values, or a text without a token.

        Warns
        -----
        LongTextWarning
            If texts have more than `max_tokens` tokens: what is beyond is not read.
        """
        every = self.split(X, what=what, tell_cut=tell_cut)
        rows = [[token for _, token in tokens] for tokens in every]
        matrix = np.full((len(rows), self.max_tokens), ABSENT)
        for place, row in enumerate(rows):
            matrix[place, : len(row)] = row
        return matrix

    def split(
        self, X: Any, *, what: str = "texts", tell_cut: bool = True
    ) -> list[list[tuple[str, int]]]:
        """Return the tokens of each text: what a reader sees of each, and its number.

        Parameters, errors and warnings as of `encode`.
        """
        texts = as_texts(X, what=what)
        every = [self.tokenizer.split(text) for text in texts]
        empty = [place for place, tokens in enumerate(every) if not _said(self, tokens)]
        if empty:
            raise InputError(
                expected=f"{what} with at least one word each",
                arrived=f"{texts[empty[0]]!r} at place {empty[0]}"
                + (f" and {len(empty) - 1} more without" if len(empty) > 1 else ""),
                do="Leave such texts out.",
            )
        long = [place for place, tokens in enumerate(every) if len(tokens) > self.max_tokens]
        if long and tell_cut:
            most = max(len(every[place]) for place in long)
            warnings.warn(
                f"{len(long)} of {len(every)} {what} have more than {self.max_tokens} tokens "
                f"(up to {most}); what is beyond is not read. Make the ensemble with a larger "
                "max_tokens, if the models read as many, or cut the texts.",
                LongTextWarning,
                stacklevel=3,
            )
        for place in long:
            every[place] = self.tokenizer.shortened(every[place], self.max_tokens)
        return every

    def unread(self, text: str) -> list[str]:
        """Return what a reader sees of a text's tokens beyond `max_tokens`, which are not read.

        Examples
        --------
        >>> from xaigeo.text import WordTokenizer
        >>> words = WordTokenizer.from_texts(["a film as good as few"])
        >>> TextSchema.of(words, 4).unread("a film as good as few")
        ['as', 'few']
        """
        tokens = self.tokenizer.split(text)
        if len(tokens) <= self.max_tokens:
            return []
        n_cut = len(tokens) - len(self.tokenizer.shortened(tokens, self.max_tokens))
        stop = len(tokens)  # special tokens that close a text stay
        while stop and tokens[stop - 1][1] in self.tokenizer.special:
            stop -= 1
        return [shown for shown, _ in tokens[stop - n_cut : stop]]

    def words_of(self, row: np.ndarray) -> list[str]:
        """Return what a reader sees of an encoded text's tokens, those removed left out."""
        return [self.tokenizer.shown(int(token)) for token in row if token != ABSENT]

    def decode(self, matrix: Matrix) -> pd.DataFrame:
        """Return encoded texts as a frame of one column, `text`: tokens with a space between.

        Unknown words are lost in a matrix, and read ``<unk>``.
        """
        shown = {
            token: self.tokenizer.shown(int(token))
            for token in np.unique(matrix).tolist()
            if token != ABSENT
        }
        texts = [" ".join([shown[t] for t in row if t != ABSENT]) for row in matrix.tolist()]
        return pd.DataFrame({"text": texts})

    def special(self, matrix: Matrix) -> np.ndarray:
        """Return which places hold tokens that the tokenizer added, shape of `matrix`."""
        return np.isin(matrix, sorted(self.tokenizer.special))

    def to_model_input(self, matrix: Matrix) -> Any:
        """Return encoded texts as texts, a Series of str."""
        return self.decode(matrix)["text"]

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-able description."""
        return {"tokenizer": self.tokenizer.to_dict(), "max_tokens": self.max_tokens}

    @classmethod
    def from_dict(cls, description: Mapping[str, Any]) -> TextSchema:
        """Build a schema from `to_dict`'s answer, that of whole words where it tells of them."""
        tokenizer = read_tokenizer(description["tokenizer"])
        if tokenizer.kind == "whole_words":
            from xaigeo.text.whole_word_schema import WholeWordSchema

            return WholeWordSchema.of(tokenizer, int(description["max_tokens"]))
        return cls.of(tokenizer, int(description["max_tokens"]))


def reached(rows: Matrix, step: int = 1) -> Matrix:
    """Return encoded texts, shape (..., max_tokens), without the last places, which none reaches.

    What is left is a multiple of `step` places, as far as there are as many, and one step at least.
    """
    places = np.flatnonzero((rows != ABSENT).reshape(-1, rows.shape[-1]).any(axis=0))
    return rows[..., : int(places[-1]) // step * step + step if len(places) else step]


def read_tokenizer(description: Mapping[str, Any]) -> Tokenizer:
    """Build the tokenizer that its `to_dict` described.

    Raises
    ------
    InputError
        For a kind that is not known.
    """
    kind = description.get("kind")
    if kind == "words":
        from xaigeo.text.word_tokenizer import WordTokenizer

        return WordTokenizer.from_dict(description)
    if kind == "huggingface":
        from xaigeo.text.huggingface_tokenizer import HuggingFaceTokenizer

        return HuggingFaceTokenizer.from_dict(description)
    if kind == "whole_words":
        from xaigeo.text.whole_word_schema import WholeWordTokenizer

        return WholeWordTokenizer.from_dict(description)
    raise InputError(
        expected="the description of a tokenizer of kind 'words', 'huggingface' or 'whole_words'",
        arrived=repr(kind),
        do="Read it with the version of xaigeo that wrote it.",
    )


def as_texts(X: Any, *, what: str = "texts") -> list[str]:
    """Return texts as a list of str.

    Raises
    ------
    InputError
        For no texts, missing values, something other than texts, texts that have no order, such as
        a set, or a text that holds half a character.
    """
    if isinstance(X, str):
        return [X]
    _check_ordered(X, what)
    texts = list(X)
    if not texts:
        raise InputError(expected=f"at least one of {what}", arrived="none", do="Pass some texts.")
    for place, text in enumerate(texts):
        if not isinstance(text, str):
            raise InputError(
                expected=f"str in {what}",
                arrived=f"{text!r} ({type(text).__name__}) at place {place}",
                do="Convert or leave out what is no text; nothing is filled in silence.",
            )
        if not _writable(text):
            raise InputError(
                expected=f"{what} that can be written as UTF-8",
                arrived=f"half a character (a lone surrogate) in {ascii(text)[:80]} at place "
                f"{place}",
                do="Repair it with text.encode('utf-16', 'surrogatepass').decode('utf-16', "
                "'replace').",
            )
    return texts


def _check_ordered(X: Any, what: str) -> None:
    """Raise for what does not hold texts in an order that can be read again."""
    advice = "Pass one column, such as frame['text']."
    if isinstance(X, Mapping):
        advice = "Pass list(texts.values()), and labels in the same order."
    elif isinstance(X, Set):
        advice = "Pass a list: a set has no order, so that labels would not belong to their texts."
    elif hasattr(X, "__iter__") and not hasattr(X, "__getitem__"):
        advice = "Pass list(texts): they are read more than once."
    elif hasattr(X, "__iter__") and not isinstance(X, pd.DataFrame | bytes):
        return
    raise InputError(
        expected=f"{what} as a Series, an array or a list of str",
        arrived=type(X).__name__,
        do=advice,
    )


def _writable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _said(schema: TextSchema, tokens: list[tuple[str, int]]) -> bool:
    """Return whether a text has a token beside those that the tokenizer adds."""
    return any(token not in schema.tokenizer.special for _, token in tokens)
