"""Texts in which one word gave way to a near one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import cast

import numpy as np

from xaigeo.errors import InputError
from xaigeo.explainers.blocks.block import Block
from xaigeo.explainers.blocks.streams import instance_seed, shared_seed
from xaigeo.explainers.texts.base import members_of
from xaigeo.explainers.texts.gradients.vector_baselines import WORDS, vectors_of
from xaigeo.explainers.texts.removal.replacements import (
    NEAR_AMONG,
    background_words,
    tokens_going_on,
)
from xaigeo.explanations import TokenAttributions
from xaigeo.faithfulness.subject import Subject
from xaigeo.text.schema import TextSchema

# Ends the spawn key of a text's changes, so that they are no explainer's draws.
PERTURBED = 2


@dataclass(frozen=True, eq=False)
class NearWords:
    """One token of a text at a time in whose place a near one is put.

    A token's near ones are those of the background's 2000 commonest tokens whose vectors have the
    largest cosine with its own, in the mean over seeds, so that all seeds read the same texts.
    Parts that go on with a word take the place of such parts alone. Tokens that the tokenizer
    added or does not know stay.

    Attributes
    ----------
    subject : Subject
    n_nearest : int
        Near tokens of each token.
    random_state : int
    max_memory : int
    """

    subject: Subject
    n_nearest: int
    random_state: int
    max_memory: int

    def draw(self, n_samples: int) -> tuple[np.ndarray, np.ndarray]:
        """Return changed texts, and where they are.

        Changes of a text are drawn at random without repeats, all once before any twice.

        Returns
        -------
        rows : ndarray, shape (n_samples, n_instances, max_tokens)
            Encoded; a text without a token that can change stays as it is.
        tokens : ndarray of int, shape (n_samples, n_instances)
            Place of the token that changed, -1 for none.

        Raises
        ------
        InputError
            If no token of any text has a near one.
        """
        rows = np.repeat(self.subject.rows[None], n_samples, axis=0)
        tokens = np.full((n_samples, rows.shape[1]), -1)
        for place in range(rows.shape[1]):
            changes = self._changes(place)
            if not changes:
                continue
            turn = self._generator(place).permutation(len(changes))
            for sample in range(n_samples):
                token, code = changes[turn[sample % len(changes)]]
                rows[sample, place, token] = code
                tokens[sample, place] = token
        if (tokens < 0).all():
            raise InputError(
                expected="texts with words to which the background has near ones",
                arrived="none with a word that can change",
                do="Explain with background=train_texts, whose words may take a word's place.",
            )
        return rows, tokens

    def similarity(self, rows: np.ndarray, tokens: np.ndarray) -> np.ndarray:
        """Return the cosine between a token's vector and its near one's, mean over samples.

        Parameters
        ----------
        rows, tokens : ndarray
            As `draw` gives them.

        Returns
        -------
        ndarray, shape (n_seeds, n_instances)
            NaN for a text that has not changed.
        """
        sample, text = np.nonzero(tokens >= 0)
        place = tokens[sample, text]
        codes = self.subject.rows[text, place], rows[sample, text, place]
        one, other = (np.searchsorted(self._tokens, each) for each in codes)
        pairs, where = np.unique(np.stack([one, other]), axis=1, return_inverse=True)
        cosine = np.stack(
            [self._cosine(*pair) for pair in pairs.T.tolist()], axis=1, dtype=np.float64
        )
        each = cosine[:, where.reshape(-1)]
        n_texts = rows.shape[1]
        total = np.stack([np.bincount(text, weights=e, minlength=n_texts) for e in each])
        count = (tokens >= 0).sum(axis=0)
        return np.where(count > 0, total / np.maximum(count, 1), np.nan)

    def _changes(self, place: int) -> list[tuple[int, float]]:
        """Return the changes of a text: which token, and what takes its place."""
        row = self.subject.rows[place]
        explanation = cast(TokenAttributions, self.subject.explanation)
        tokenizer = self._schema.tokenizer
        stay = {tokenizer.unknown, getattr(tokenizer, "unknown_word", None)} - {None}
        own = np.flatnonzero(explanation.word_mask[place])
        going_on = tokens_going_on(row[own], self._schema)
        return [
            (token, code)
            # The first token starts a word, whatever its number says elsewhere.
            for k, token in enumerate(own.tolist())
            if row[token] not in stay
            for code in self._near(row[token], goes_on=k > 0 and row[token] in going_on)
        ]

    def _near(self, token: float, *, goes_on: bool) -> list[float]:
        """Return the tokens nearest to one, those that fit its place."""
        key = float(token), goes_on
        if key not in self._known:
            fit = (self._candidates != token) & (self._goes_on == goes_on)
            own = self._vectors[:, np.searchsorted(self._tokens, token)]
            others = self._vectors[:, np.searchsorted(self._tokens, self._candidates)]
            cosine = np.einsum("kwd,kd->kw", others, own).mean(axis=0)
            order = np.argsort(-cosine, kind="stable")
            self._known[key] = self._candidates[order][fit[order]][: self.n_nearest].tolist()
        return self._known[key]

    @cached_property
    def _known(self) -> dict[tuple[float, bool], list[float]]:
        return {}

    @cached_property
    def _candidates(self) -> np.ndarray:
        return background_words(self._block)[:NEAR_AMONG]

    @cached_property
    def _goes_on(self) -> np.ndarray:
        going_on = tokens_going_on(self._candidates, self._schema)
        return np.isin(self._candidates, sorted(going_on))

    @cached_property
    def _tokens(self) -> np.ndarray:
        """The tokens whose vectors are known, in the order of their numbers."""
        own = self.subject.rows[cast(TokenAttributions, self.subject.explanation).word_mask]
        return np.union1d(self._candidates, own)

    @cached_property
    def _vectors(self) -> np.ndarray:
        """Vectors of length 1, asked once for all tokens, shape (n_seeds, n_tokens, d)."""
        members = members_of(self._block)
        parts = [
            np.asarray(vectors_of(members, self._tokens[start : start + WORDS]))
            for start in range(0, len(self._tokens), WORDS)
        ]
        vectors = np.concatenate(parts, axis=1)
        length = np.linalg.norm(vectors, axis=-1, keepdims=True)
        return np.asarray(vectors / np.where(length > 0, length, 1.0))

    @cached_property
    def _block(self) -> Block:
        subject = self.subject
        shared = shared_seed(self.random_state)
        return Block(
            subject.ensemble, subject.rows, subject.background, [], shared, self.max_memory
        )

    @property
    def _schema(self) -> TextSchema:
        return cast(TextSchema, self.subject.ensemble.schema)

    def _generator(self, place: int) -> np.random.Generator:
        key = instance_seed(self.random_state, self.subject.identities[place]).spawn_key
        seed = np.random.SeedSequence(self.random_state, spawn_key=(*key, PERTURBED))
        return np.random.default_rng(seed)

    def _cosine(self, one: int, other: int) -> np.ndarray:
        """Return the cosine of two of the known tokens in every model, shape (n_seeds,)."""
        return np.asarray((self._vectors[:, one] * self._vectors[:, other]).sum(axis=-1))
