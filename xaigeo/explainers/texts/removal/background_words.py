"""The background texts as whole words: which there are, and how often each text has each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from xaigeo.errors import InputError
from xaigeo.explainers.base import Block
from xaigeo.explainers.blocks.once import once
from xaigeo.explainers.texts.base import schema_of
from xaigeo.schema import Matrix
from xaigeo.text.schema import ABSENT
from xaigeo.text.whole_words import WholeWords, whole_words


@dataclass(frozen=True, eq=False)
class BackgroundWords:
    """The words of the background texts of a block.

    Attributes
    ----------
    known : dict of tuple to int
        Number of each word, by the numbers of its pieces.
    rows : ndarray, shape (n_background, max_tokens)
        Texts as numbers of words, -1 beyond their end.
    single : ndarray, shape (n_places,)
        The tokens that are whole words, once for every place where they stand as such. They can
        take the place of any word. Those that the tokenizer added are none of them.
    """

    known: dict[tuple[int, ...], int]
    rows: Matrix
    single: np.ndarray

    @classmethod
    def of(cls, block: Block) -> BackgroundWords:
        """Read the background of a block, once for all blocks of a process."""

        def make() -> BackgroundWords:
            rows, tokenizer = block.background.rows, schema_of(block).tokenizer
            every = whole_words(rows, tokenizer)
            known: dict[tuple[int, ...], int] = {}
            numbers = np.full(rows.shape, ABSENT)
            for place, words in enumerate(every):
                numbers[place, : len(words)] = [known.setdefault(w, len(known)) for w in words]
            rule = WholeWords(tokenizer)
            begins = {
                word: len(word) == 1
                and word[0] not in tokenizer.special
                and rule.always_begins(word[0])
                for word in known
            }
            single = [word[0] for words in every for word in words if begins[word]]
            return cls(known, numbers, np.array(single, dtype=np.float64))

        return once(block.background, "whole words", make)

    def numbers(self, words: Sequence[tuple[float, ...]]) -> np.ndarray:
        """Return the number of each word, shape (n_words,); other ones for words not there."""
        every = dict(self.known)
        read = [tuple(int(piece) for piece in word) for word in words]
        return np.array([every.setdefault(word, len(every)) for word in read], dtype=np.float64)


def single_words(block: Block) -> np.ndarray:
    """Return the tokens of the background that are whole words, each as often as it stands there.

    Raises
    ------
    InputError
        If there are none.
    """
    single = BackgroundWords.of(block).single
    if not len(single):
        raise InputError(
            expected="background texts with words of one token, which can replace others",
            arrived="texts whose words are all made of several",
            do="Pass background=train_texts, or units='tokens', or remove words instead.",
        )
    return single
