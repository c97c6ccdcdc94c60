"""What the methods share that take a text apart: into tokens, or into whole words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from xaigeo.ensemble.members import Scale
from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.explainers.base import Block
from xaigeo.explainers.texts.base import TextExplainer, schema_of, token_mask
from xaigeo.explainers.texts.removal.token_removal import Removal, TokenRemoval, Units
from xaigeo.explanations.token_attributions import BETWEEN_WORDS, WORDS
from xaigeo.options import check_option
from xaigeo.schema import FeatureSchema, Matrix
from xaigeo.text.schema import ABSENT, TextSchema
from xaigeo.text.whole_word_schema import WholeWordSchema, joined_pieces
from xaigeo.text.whole_words import WholeWords


@dataclass(frozen=True, kw_only=True)
class UnitExplainer(TextExplainer):
    """Base of the methods that take something of a text away, or keep it, or replace it.

    Parameters
    ----------
    units : {"tokens", "words"}
        What is explained and taken away as one. With a tokenizer that cuts words into pieces
        ("superb", "##ness"), "words" takes all pieces of a word together and gives one number a
        word: the result has a place a word, so that seeds are compared on words. It then cannot be
        laid beside explanations by token, such as attention, nor checked for faithfulness, as is
        so for columns of a table that SHAP joins into groups; hence the default. The same as
        "tokens" where every token is a word.
    """

    units: Units = "tokens"

    def __post_init__(self) -> None:
        check_option("units", self.units, Units)

    def shown(
        self, schema: FeatureSchema, rows: Matrix, background: Matrix
    ) -> tuple[FeatureSchema, Matrix, Matrix]:
        """Return schema, instances and background with a place a word, where these are explained.

        Words of several pieces are numbered by the explained texts alone, so that explanations of
        the same texts by several methods are of the same rows.
        """
        own = cast(TextSchema, schema)
        if not self._joins(own):
            return schema, rows, background
        words = WholeWordSchema.of_rows(own, rows)
        return words, words.of_pieces(rows), words.of_pieces(background)

    def text(self, block: Block, place: int, *, removal: Removal, scale: Scale) -> TokenRemoval:
        """Return the text at a place, of which tokens or words may be removed."""
        joins = self._joins(schema_of(block))
        units: Units = "words" if joins else "tokens"
        return TokenRemoval.at(block, place, removal=removal, scale=scale, units=units)

    def mask(self, block: Block) -> np.ndarray:
        """Return which places of the result are explained, shape (n_instances, max_tokens)."""
        mask = token_mask(block, special=False)
        if not self._joins(schema_of(block)):
            return mask
        rule = WholeWords(schema_of(block).tokenizer)
        words = np.zeros_like(mask)
        for row, own, there in zip(block.rows, mask, words, strict=True):
            there[np.unique(rule.owners(row)[own])] = True
        return words

    def reads(self, n_tokens: int) -> int | None:
        """Return how many texts every model reads at most to explain one of so many tokens.

        Or words, where these are taken away. None where that is not known before.
        """
        return None

    def cost(self, ensemble: SeedEnsemble, rows: Matrix) -> str:
        """Return how many texts every model reads at most."""
        schema = cast(TextSchema, ensemble.schema)
        there = (rows != ABSENT) & ~schema.special(rows)
        lengths = there.sum(axis=1).tolist()
        if self._joins(schema):
            rule = WholeWords(schema.tokenizer)
            told = zip(rows, there, strict=True)
            lengths = [len(np.unique(rule.owners(row)[own])) for row, own in told]
        every = [self.reads(n) for n in lengths]
        known = [n for n in every if n is not None]
        if not known:
            return ""
        what = "1 text" if len(known) == 1 else f"{len(known)} texts"
        most = f", {max(known):,} of them for the longest" if len(known) > 1 else ""
        return (
            f"{self.name}: to explain {what} every model reads up to {sum(known):,} texts{most} "
            f"({max(lengths)} {self.units})."
        )

    def _joins(self, schema: TextSchema) -> bool:
        """Return whether words may have several pieces."""
        return self.units == "words" and schema.tokenizer.kind != "words"

    def _read(
        self, ensemble: SeedEnsemble, X: Any
    ) -> tuple[Matrix, np.ndarray, dict[str, np.ndarray]]:
        rows, labels, beside = super()._read(ensemble, X)
        schema = cast(TextSchema, ensemble.schema)
        if self._joins(schema):
            rule = WholeWords(schema.tokenizer)
            told = [
                _words(str(shown), row, rule)
                for shown, row in zip(beside[WORDS], rows, strict=True)
            ]
            beside = beside | {WORDS: np.array(told, dtype=object)}
        return rows, labels, beside


def _words(shown: str, row: np.ndarray, rule: WholeWords) -> str:
    """Return the words of an encoded text as a reader sees them, given the tokens as one does."""
    tokens = shown.split(BETWEEN_WORDS)
    pieces = list(zip(tokens, row[: len(tokens)].astype(int).tolist(), strict=True))
    return BETWEEN_WORDS.join(word for word, _ in joined_pieces(pieces, rule))
