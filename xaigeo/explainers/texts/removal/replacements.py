"""Which words may take a token's place: words of background texts, or words that are named."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from xaigeo.errors import InputError
from xaigeo.explainers.base import Block
from xaigeo.explainers.blocks.once import once
from xaigeo.explainers.texts.base import members_of, schema_of
from xaigeo.explainers.texts.removal.background_words import BackgroundWords
from xaigeo.text.huggingface_tokenizer import HuggingFaceTokenizer
from xaigeo.text.pieces import goes_on
from xaigeo.text.schema import ABSENT, TextSchema
from xaigeo.text.tokenizer import Tokenizer

Candidates = Literal["frequent", "near"]

# The commonest words of the background among which the nearest are looked for: the vectors of all
# of them are held for every seed.
NEAR_AMONG = 2000


def replacement_words(
    block: Block,
    candidates: Candidates | Sequence[str],
    n_candidates: int,
    *,
    whole: bool = False,
) -> Words:
    """Return which words may take the place of tokens.

    Parameters
    ----------
    block : Block
    candidates : {"frequent", "near"} or sequence of str
        The commonest words of the background texts (of equally common ones those with smaller
        numbers); of its 2000 commonest those whose word vectors lie nearest to the token's; or
        words by name.
    n_candidates : int
        The most words for a token, of the first two.
    whole : bool
        Whether whole words are replaced: then of the first two only words of one token are taken.
    """
    if not isinstance(candidates, str):
        return Words(np.array(named_tokens(candidates, schema_of(block)), dtype=np.float64))
    words = background_words(block, whole=whole)
    going_on = frozenset() if whole else tokens_going_on(words, schema_of(block))
    if candidates == "frequent":
        return Words(words, most=n_candidates, going_on=going_on)
    words = words[:NEAR_AMONG]
    return Words(words, _unit_vectors(block, words), n_candidates, block, going_on)


class Words:
    """Words that may take a token's place.

    Parameters
    ----------
    tokens : ndarray, shape (n_words,)
    vectors : ndarray, shape (n_seeds, n_words, d), optional
        Word vectors of length 1; where given, a token's nearest words are taken.
    most : int, optional
        Words for a token.
    block : Block, optional
        Whose models embed.
    going_on : frozenset of float
        Those that go on with the word before them, such as "##ing": they take the place of such
        tokens alone, and others that of others.
    """

    def __init__(
        self,
        tokens: np.ndarray,
        vectors: np.ndarray | None = None,
        most: int | None = None,
        block: Block | None = None,
        going_on: frozenset[float] = frozenset(),
    ) -> None:
        self.tokens, self.vectors, self.most, self.block = tokens, vectors, most, block
        self.going_on = going_on
        self._goes_on = np.isin(tokens, sorted(going_on))

    def of(self, *token: float, goes_on: bool = False) -> np.ndarray:
        """Return the words that may take the place of a token, itself not among them.

        Parameters
        ----------
        *token : float
            Its number, or those of a word's pieces: near words are near to the mean of these.
        goes_on : bool
            Whether it goes on with the word before it.
        """
        fit = np.ones(len(self.tokens), dtype=bool)
        if len(token) == 1:
            fit = self.tokens != token[0]
        if self.going_on:
            fit &= self._goes_on == goes_on
        if self.vectors is None or self.block is None:
            return np.asarray(self.tokens[fit][: self.most])
        own = _unit_vectors(self.block, np.array([token]))
        # The same words for all seeds: the nearest in the mean over their own vectors.
        similarity = np.einsum("kwd,kd->kw", self.vectors, own[:, 0]).mean(axis=0)
        order = np.argsort(-similarity, kind="stable")
        return np.asarray(self.tokens[order][fit[order]][: self.most])


def tokens_going_on(tokens: np.ndarray, schema: TextSchema) -> frozenset[float]:
    """Return those tokens that go on with the word before them."""
    shown = schema.tokenizer.shown
    return frozenset(token for token in np.unique(tokens).tolist() if goes_on(shown(int(token))))


def background_words(block: Block, *, whole: bool = False) -> np.ndarray:
    """Return the words of the background texts, the commonest first.

    Tokens that hide words or stand for unknown ones are none of them, nor are those that the
    tokenizer added.

    Parameters
    ----------
    block : Block
    whole : bool
        Whether only tokens are taken that are whole words, and counted where they are.
    """

    def make() -> np.ndarray:
        rows, schema = block.background.rows, schema_of(block)
        tokens = rows[(rows != ABSENT) & ~schema.special(rows)]
        if whole:
            tokens = BackgroundWords.of(block).single
        usable = ~np.isin(tokens, sorted(_no_words(schema.tokenizer)))
        words, counts = np.unique(tokens[usable], return_counts=True)
        return np.asarray(words[np.argsort(-counts, kind="stable")])

    return once(block.background, ("words", whole), make)


def named_tokens(words: Sequence[str], schema: TextSchema) -> list[int]:
    """Return the tokens of words.

    Raises
    ------
    InputError
        For something other than words, and for one that is not a single known token.
    """
    tokens, tokenizer = [], schema.tokenizer
    for word in words:
        if not isinstance(word, str):
            raise InputError(
                expected="candidates to be 'frequent', 'near' or a list of words",
                arrived=f"{word!r} in the list",
                do="Write candidates=['good', 'bad'].",
            )
        # Behind a space first: some tokenizers know a word's start by it.
        ways = [
            [token for _, token in tokenizer.split(text) if token not in tokenizer.special]
            for text in (f" {word}", word)
        ]
        own = next((way for way in ways if len(way) == 1), ways[1])
        if len(own) != 1 or own[0] in _no_words(tokenizer):
            raise InputError(
                expected="candidates that are one token each, which the tokenizer knows",
                arrived=f"{word!r}, which is {len(own)} tokens" if len(own) != 1 else repr(word),
                do="Name words of the vocabulary, or use candidates='frequent'.",
            )
        tokens.append(own[0])
    return tokens


def _no_words(tokenizer: Tokenizer) -> set[int]:
    """Return the tokens that hide words or stand for unknown ones."""
    known = {tokenizer.unknown}
    if isinstance(tokenizer, HuggingFaceTokenizer):
        known.add(tokenizer.unknown_word)
    return {token for token in known if token is not None}


def _unit_vectors(block: Block, words: np.ndarray) -> np.ndarray:
    """Return the vector of each word as a text of its own, shape (n_seeds, n_words, d).

    Parameters
    ----------
    block : Block
    words : ndarray, shape (n_words,) or (n_words, n_pieces)
    """
    rows = np.full((len(words), schema_of(block).max_tokens), ABSENT)
    pieces = words.reshape(len(words), -1)
    rows[:, : pieces.shape[1]] = pieces

    def make() -> np.ndarray:
        every = members_of(block).embed(rows)[:, :, : pieces.shape[1]].detach().cpu().numpy()
        vectors = every[:, :, 0] if pieces.shape[1] == 1 else every.mean(axis=2)
        length = np.linalg.norm(vectors, axis=2, keepdims=True)
        return np.asarray(vectors / np.where(length > 0, length, 1.0))

    return once(block.background, ("vectors", block.ensemble, pieces.tobytes(), pieces.shape), make)
