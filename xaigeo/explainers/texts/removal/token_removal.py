"""One text, what it becomes without some of its tokens, and what all models answer to that."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, get_args

import numpy as np

from xaigeo.ensemble.members import Scale
from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.errors import InputError
from xaigeo.explainers.base import Block
from xaigeo.explainers.shapley.reference_rows import ReferenceRows
from xaigeo.explainers.shapley.worths import worths
from xaigeo.explainers.texts.base import schema_of
from xaigeo.options import check_option
from xaigeo.schema import Matrix
from xaigeo.text.schema import ABSENT, TextSchema, reached
from xaigeo.text.whole_words import WholeWords

Removal = Literal["delete", "unknown"]
Units = Literal["tokens", "words"]


@dataclass(frozen=True, eq=False)
class TokenRemoval:
    """One text whose tokens may be removed, or its words, of one token or of several.

    What is said of tokens here and in the methods that read this holds for words where these are
    removed.

    Attributes
    ----------
    ensemble : SeedEnsemble
    scale : {"logit", "probability", "value"}
        Of the outputs.
    row : ndarray, shape (length,)
        The encoded text, as far as it has tokens: work and memory follow its length, however
        many tokens a text may have.
    places : ndarray of int, shape (n_tokens,)
        Where the tokens that may be removed, all but those that the tokenizer added, stand in a
        result: in the text itself, or among its words.
    empty : ndarray, shape (length,)
        The text without any of these.
    max_memory : int
    owners : ndarray of int, shape (length,), optional
        The place in a result of every token of the text, where words are removed.
    """

    ensemble: SeedEnsemble
    scale: Scale
    row: np.ndarray
    places: np.ndarray
    empty: np.ndarray
    max_memory: int
    owners: np.ndarray | None = None

    @classmethod
    def at(
        cls,
        block: Block,
        place: int,
        *,
        removal: Removal,
        scale: Scale,
        units: Units = "tokens",
    ) -> TokenRemoval:
        """Read the text at a place of a block.

        Parameters
        ----------
        block : Block
        place : int
        removal : {"delete", "unknown"}
            Whether a token is taken out, so that its neighbours stand side by side, or gives way
            to the tokenizer's mask token where it has one, else its unknown token.
        scale : {"logit", "probability", "value"}
        units : {"tokens", "words"}
            What is removed: tokens, or all pieces of a word together.
        """
        row, schema = reached(block.rows[place]), schema_of(block)
        pieces = np.flatnonzero((row != ABSENT) & ~schema.special(row))
        empty = row.copy()
        empty[pieces] = removed_token(schema, removal)
        places, owners = pieces, None
        if units == "words":
            owners = WholeWords(schema.tokenizer).owners(row)
            places = np.unique(owners[pieces])
        return cls(block.ensemble, scale, row, places, empty, block.max_memory, owners)

    @property
    def n_tokens(self) -> int:
        """Number of tokens that may be removed."""
        return len(self.places)

    @property
    def reference(self) -> ReferenceRows:
        """The text without its tokens, as the row that stands for absent players."""
        return ReferenceRows(self.empty[None])

    @cached_property
    def varying(self) -> np.ndarray:
        """Which tokens make a difference when removed, shape (n_tokens,).

        One that is what would be put in its place makes none.
        """
        differs = (self.row != self.empty)[self.pieces]
        return np.bincount(self.owner, differs, self.n_tokens) > 0

    @cached_property
    def pieces(self) -> np.ndarray:
        """Where what may be removed stands in the text, shape (n_pieces,)."""
        if self.owners is None:
            return self.places
        return np.flatnonzero(np.isin(self.owners, self.places))

    @cached_property
    def owner(self) -> np.ndarray:
        """Which token that may be removed each piece belongs to, shape (n_pieces,)."""
        if self.owners is None:
            return np.arange(self.n_tokens)
        return np.asarray(np.searchsorted(self.places, self.owners[self.pieces]))

    @cached_property
    def standing(self) -> list[np.ndarray]:
        """Where each token that may be removed stands in the text: its pieces, in order."""
        return [self.pieces[self.owner == token] for token in range(self.n_tokens)]

    @cached_property
    def words(self) -> list[tuple[float, ...]]:
        """The numbers that each is made of: its own, or those of a word's pieces."""
        return [tuple(self.row[own].tolist()) for own in self.standing]

    @cached_property
    def value(self) -> np.ndarray:
        """Outputs for the whole text, shape (n_seeds, n_outputs)."""
        return self._alone(self.row)

    @cached_property
    def base(self) -> np.ndarray:
        """Outputs for the text without its tokens, shape (n_seeds, n_outputs)."""
        return self._alone(self.empty)

    def rows(self, kept: np.ndarray) -> Matrix:
        """Return texts of which some tokens are kept.

        Parameters
        ----------
        kept : ndarray of bool, shape (n_texts, n_tokens)

        Returns
        -------
        ndarray, shape (n_texts, length)
        """
        rows = np.repeat(self.row[None], len(kept), axis=0)
        there = kept[:, self.owner]
        rows[:, self.pieces] = np.where(there, self.row[self.pieces], self.empty[self.pieces])
        return rows

    def outputs(self, kept: np.ndarray) -> np.ndarray:
        """Return outputs for texts of which some tokens are kept, each asked once.

        Parameters
        ----------
        kept : ndarray of bool, shape (n_texts, n_tokens)

        Returns
        -------
        ndarray, shape (n_seeds, n_texts, n_outputs)
        """
        masks = np.ones((len(kept), len(self.row)), dtype=bool)
        masks[:, self.pieces] = kept[:, self.owner]
        return worths(
            self.ensemble, self.scale, self.row, self.reference, masks, self.max_memory // 2
        )

    def _alone(self, row: np.ndarray) -> np.ndarray:
        # Row by row: products of other shapes round otherwise, and cuts would show.
        return np.asarray(self.ensemble.outputs_encoded(row[None], scale=self.scale)[:, 0])


def removed_token(schema: TextSchema, removal: Removal) -> float:
    """Return what stands at the place of a removed token."""
    if removal == "delete":
        return ABSENT
    unknown = schema.tokenizer.unknown
    assert unknown is not None  # check_removal has seen to it
    return float(unknown)


def check_removal_option(name: str, value: object, literal: Any) -> None:
    """Raise unless this is a way of removal that is known; tells of "mask" what it is called.

    Raises
    ------
    InputError
    """
    if value == "mask":
        allowed = ", ".join(map(repr, get_args(literal)))
        raise InputError(
            expected=f"{name} to be one of {allowed}",
            arrived="'mask'",
            do=f"Pass {name}='unknown': it puts in the tokenizer's mask token where it has one, "
            "else its unknown token.",
        )
    check_option(name, value, literal)


def check_removal(name: str, removal: str, schema: TextSchema, *, out: str) -> None:
    """Raise where tokens are to give way to one that the tokenizer does not have.

    Parameters
    ----------
    name : str
        Of the parameter, for the message.
    removal : str
    schema : TextSchema
    out : str
        The value that takes tokens out.

    Raises
    ------
    InputError
    """
    if removal == "unknown" and schema.tokenizer.unknown is None:
        raise InputError(
            expected=f"a tokenizer with a mask or an unknown token for {name}='unknown'",
            arrived=f"one of kind {schema.tokenizer.kind!r} without it",
            do=f"Take tokens out instead: {name}={out!r}.",
        )
