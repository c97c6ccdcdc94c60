"""Which tokens of a text are the pieces of one word."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Literal

import numpy as np

from xaigeo.schema import Matrix
from xaigeo.text.huggingface_tokenizer import VISIBLE, HuggingFaceTokenizer
from xaigeo.text.pieces import GOES_ON, goes_on
from xaigeo.text.schema import ABSENT
from xaigeo.text.tokenizer import Tokenizer

# A piece that always begins a word; one that always goes on with the word before it; letters
# without a space before them, which go on with letters.
Kind = Literal["begins", "goes on", "letters"]
# What some tokenizers write for the space before a word, and what stands for part of a character.
SPACES, PART = ("Ġ", "▁"), "�"


class WholeWords:
    """The words of encoded texts, by the tokenizer's marks alone.

    A row holds numbers of tokens and not the text, and rows are what models are asked about; so
    the rule reads numbers. A piece goes on with the word before it if it carries the tokenizer's
    mark for that ("##ing"), if the piece before lacks the mark of a word's end ("ing</w>"), or,
    where a mark tells the space before a word ("Ġgood", "▁good"), if it has none and letters or
    digits stand on both sides; a space that is a piece of its own belongs to what follows. Signs
    are words of their own, as are the tokens that the tokenizer adds, and every token of a
    tokenizer without such marks, as `WordTokenizer`.

    Parameters
    ----------
    tokenizer : Tokenizer

    Notes
    -----
    Where a fast tokenizer parts a text into words before it parts these into pieces
    (``encoding.word_ids``), its words are those of this rule, but for signs that it keeps with a
    word ("good." of SentencePiece) and for runs of letters and digits that it parts ("abc123" of
    GPT-2), which are one word here.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokenizer = tokenizer
        self._ends = _end_mark(tokenizer)
        self._known: dict[int, tuple[Kind, str]] = {}

    def begin(self, tokens: Sequence[int]) -> list[bool]:
        """Return which of the tokens of a text, in order, begin a word; the first always does."""
        found: list[bool] = []
        before: tuple[Kind, str] | None = None
        for token in tokens:
            own = self._piece(token)
            found.append(before is None or self._begins(before, own))
            before = None if token in self.tokenizer.special else own
        return found

    def owners(self, row: np.ndarray) -> np.ndarray:
        """Return the word of every token of an encoded text, from 0; -1 where there is no token.

        Parameters
        ----------
        row : ndarray, shape (max_tokens,)

        Returns
        -------
        ndarray of int, shape (max_tokens,)
        """
        there = row != ABSENT
        owners = np.full(len(row), -1)
        owners[there] = np.cumsum(self.begin(row[there].astype(int).tolist())) - 1
        return owners

    def words(self, row: np.ndarray) -> list[tuple[int, ...]]:
        """Return the tokens of every word of an encoded text, in order."""
        owners = self.owners(row)
        return [tuple(row[owners == word].astype(int).tolist()) for word in range(owners.max() + 1)]

    def always_begins(self, token: int) -> bool:
        """Return whether a token begins a word wherever it stands, and can be a whole one."""
        kind, text = self._piece(token)
        return kind == "begins" and (not self._ends or text.endswith(self._ends))

    def _begins(self, before: tuple[Kind, str], own: tuple[Kind, str]) -> bool:
        if self._ends:
            return before[1].endswith(self._ends) or own[1] == "" or before[1] == ""
        if before[1] == " ":
            return not own[1] or own[1][0].isspace()
        if own[0] != "letters":
            return own[0] == "begins"
        return not _lettered(before[1][-1:])

    def _piece(self, token: int) -> tuple[Kind, str]:
        """Return what a token is, and its text as far as the next piece asks for it."""
        if token not in self._known:
            self._known[token] = self._read(token)
        return self._known[token]

    def _read(self, token: int) -> tuple[Kind, str]:
        tokenizer = self.tokenizer
        if tokenizer.kind == "words" or token in tokenizer.special:
            return "begins", ""
        if not isinstance(tokenizer, HuggingFaceTokenizer):
            return self._marked(tokenizer.shown(token))
        style, written = tokenizer.style, tokenizer.written(token)
        if token == tokenizer.unknown_word and style == "spaces":
            return "letters", PART  # its space, if there is one, is a token of its own
        if written in tokenizer.added:
            return "begins", ""
        if style == "words":
            return ("goes on" if goes_on(tokenizer.shown(token)) else "begins"), written
        return ("letters" if _lettered(written[:1]) else "begins"), written

    def _marked(self, shown: str) -> tuple[Kind, str]:
        """Read a token of a tokenizer from elsewhere by the marks that are in common use."""
        if goes_on(shown):
            return "goes on", shown
        return ("letters" if self._spaced and _lettered(shown[:1]) else "begins"), shown

    @cached_property
    def _spaced(self) -> bool:
        """Whether tokens of such a tokenizer tell the space before a word."""
        shown = map(self.tokenizer.shown, range(self.tokenizer.n_tokens))
        return any(token.startswith(SPACES) for token in shown)


def whole_words(rows: Matrix, tokenizer: Tokenizer) -> list[list[tuple[int, ...]]]:
    """Return the words of every encoded text as the tokens that they are made of.

    Examples
    --------
    >>> from xaigeo.text import WordTokenizer
    >>> whole_words(np.array([[2.0, 1.0, ABSENT]]), WordTokenizer(("<unk>", "good", "a")))
    [[(2,), (1,)]]
    """
    rule = WholeWords(tokenizer)
    return [rule.words(row) for row in rows]


def word_label(
    shown: Sequence[str], pieces: Sequence[int] = (), tokenizer: Tokenizer | None = None
) -> str:
    """Return a word as a reader sees it.

    Parameters
    ----------
    shown : sequence of str
        Its pieces as a reader sees them.
    pieces : sequence of int
        Their numbers.
    tokenizer : Tokenizer, optional
        One whose pieces may be bytes writes them together by itself.

    Examples
    --------
    >>> word_label(["super", "##b"])
    'superb'
    """
    if isinstance(tokenizer, HuggingFaceTokenizer) and tokenizer.style == "bytes" and pieces[1:]:
        return tokenizer.together(pieces).strip()
    if len(shown) > 1 and shown[0] == VISIBLE[ord(" ")]:
        shown = shown[1:]
    return "".join(piece.removeprefix(GOES_ON) if goes_on(piece) else piece for piece in shown)


def _lettered(sign: str) -> bool:
    return sign.isalnum() or sign == PART


def _end_mark(tokenizer: Tokenizer) -> str:
    if isinstance(tokenizer, HuggingFaceTokenizer) and tokenizer.style == "words":
        return tokenizer.end_mark
    return ""
