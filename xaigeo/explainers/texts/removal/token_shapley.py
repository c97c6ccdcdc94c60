"""A text as a game whose players are its tokens, divided by the Shapley methods of tables."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, cast

import numpy as np

from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.errors import InputError
from xaigeo.explainers.base import Arrays, Block, Engine
from xaigeo.explainers.shapley.game import Game
from xaigeo.explainers.shapley.links import Link, check_link_of, linked
from xaigeo.explainers.shapley.players import Players
from xaigeo.explainers.shapley.shapley import ShapleyExplainer
from xaigeo.explainers.texts.base import schema_of
from xaigeo.explainers.texts.removal.removal_explainer import TokenRemovalExplainer
from xaigeo.explainers.texts.removal.token_removal import TokenRemoval, removed_token
from xaigeo.explanations.token_attributions import TEXT
from xaigeo.schema import Matrix
from xaigeo.text.schema import ABSENT, TextSchema
from xaigeo.text.tokenizer import Tokenizer
from xaigeo.text.whole_words import WholeWords

# Of a text that a message names.
SHOWN_LETTERS = 60


@dataclass(frozen=True, kw_only=True)
class TextShapleyExplainer(TokenRemovalExplainer):
    """Base of the Shapley methods for texts.

    A text is a game whose players are its tokens. A coalition is worth the output for the text
    with these tokens alone; nobody is worth the output for the text without any, which is
    `base_value`. So there is one background, the empty text, and nothing is averaged. `base_value`
    plus the attributions is `explained_value`, the output for the whole text.

    Coalitions are drawn once for a text and shared by all seeds. A token whose removal leaves the
    text as it is, one that is what would be put in its place, gets 0.

    A subclass names the method for tables that divides the game (`divider`) and among how many
    tokens it can (`most_tokens`). Texts that are too long are told before the work.
    """

    engines: ClassVar[tuple[Engine, ...]] = ("batched", "upstream")
    packages: ClassVar[tuple[str, ...]] = ("shap", "numba")
    additive: ClassVar[bool] = True
    randomised: ClassVar[bool] = True

    @property
    @abstractmethod
    def divider(self) -> ShapleyExplainer:
        """The method for tables that divides the game."""

    @property
    def has_error(self) -> bool:
        """Whether standard errors are known."""
        return True

    @property
    def used_link(self) -> Link:
        """Scale on which worths are shared out."""
        return "identity"

    @property
    def most_tokens(self) -> int | None:
        """Most tokens among which it can divide; None for any number."""
        return None

    def divider_of(self, n_tokens: int) -> ShapleyExplainer:
        """Return the method for tables that divides a game of so many tokens."""
        return self.divider

    def advice(self, n_tokens: int) -> str:
        """Return what to do about a text of so many tokens, more than `most_tokens`."""
        return "Leave longer texts out."

    def check(self, ensemble: SeedEnsemble) -> None:
        """Raise when tokenizer or link do not fit the ensemble."""
        super().check(ensemble)
        check_link_of(self, self.used_link, ensemble)

    def _read(
        self, ensemble: SeedEnsemble, X: Any
    ) -> tuple[Matrix, np.ndarray, dict[str, np.ndarray]]:
        rows, labels, beside = super()._read(ensemble, X)
        if self.most_tokens is not None:
            schema = cast(TextSchema, ensemble.schema)
            divided = (rows != ABSENT) & ~schema.special(rows)
            divided &= rows != removed_token(schema, self.removal)
            self._check_lengths(self._lengths(rows, divided, schema), labels, beside[TEXT])
        return rows, labels, beside

    def _lengths(self, rows: Matrix, divided: np.ndarray, schema: TextSchema) -> np.ndarray:
        """Return among how many tokens, or words, each text is divided, shape (n_texts,)."""
        if not self._joins(schema):
            return np.asarray(divided.sum(axis=1))
        rule = WholeWords(schema.tokenizer)
        told = zip(rows, divided, strict=True)
        return np.array([len(np.unique(rule.owners(row)[own])) for row, own in told])

    def _check_lengths(self, n_tokens: np.ndarray, labels: np.ndarray, texts: np.ndarray) -> None:
        most = self.most_tokens
        assert most is not None  # asked before
        long = np.flatnonzero(n_tokens > most)
        if not len(long):
            return
        worst = int(n_tokens.argmax())
        begin = " ".join(str(texts[worst]).split())
        begin = begin if len(begin) <= SHOWN_LETTERS else begin[:SHOWN_LETTERS].rstrip() + "..."
        raise InputError(
            expected=f"texts of up to {most} {self.units} for {self.name}{self._budget()}",
            arrived=f"{len(long)} of {len(n_tokens)} that are longer, the longest the text at "
            f"{labels[worst]!r} with {n_tokens[worst]}: {begin!r}",
            do=self.advice(int(n_tokens[worst])),
        )

    def _budget(self) -> str:
        given = getattr(self, "n_samples", "auto")
        return "" if given == "auto" else f" with n_samples={given}"

    def explain_batched(self, block: Block) -> Arrays:
        """Divide each text's game among its tokens, for all models at once."""
        games = self._games(block)
        shape = (block.ensemble.n_seeds, *block.rows.shape, block.ensemble.n_outputs)
        attribution, error = np.zeros((2, *shape))
        for i, (text, game) in enumerate(games):
            if game.n_players:
                shares = self.divider_of(game.n_players).divided(game, block.seeds[i])
                places = text.places[text.varying]
                attribution[:, i, places] = shares.attribution
                if shares.std_error is not None:
                    error[:, i, places] = shares.std_error
        errors = {"std_error": error} if self.has_error else {}
        return self._arrays(block, games, attribution) | errors

    def explain_upstream(self, block: Block) -> Arrays:
        """Call the shap package for every model and text, over tokens that are there or not."""
        games = self._games(block)
        shape = (block.ensemble.n_seeds, *block.rows.shape, block.ensemble.n_outputs)
        attribution, base = np.zeros(shape), np.empty((shape[0], shape[1], shape[3]))
        for i, (text, game) in enumerate(games):
            divider = self.divider_of(game.n_players)
            shares, start = divider.divided_upstream([game], [block.seeds[i]])
            attribution[:, i, text.places[text.varying]] = shares[:, 0, game.varying]
            base[:, i] = start[:, 0]
        return self._arrays(block, games, attribution) | {"base_value": base}

    def _games(self, block: Block) -> list[tuple[TokenRemoval, Game]]:
        tokenizer = schema_of(block).tokenizer
        return [(text, self._game(text, tokenizer)) for _, text in self.texts(block)]

    def _game(self, text: TokenRemoval, tokenizer: Tokenizer) -> Game:
        # Of the places that the text reaches alone.
        columns = Players.of(TextSchema.of(tokenizer, len(text.row)), None)
        players, own = _players(text, columns)
        return Game(
            ensemble=text.ensemble,
            scale=text.scale,
            link=self.used_link,
            instance=text.row,
            reference=text.reference,
            players=players,
            varying=own[text.varying],
            base=linked(text.base, self.used_link),
            value=linked(text.value, self.used_link),
            max_memory=text.max_memory,
        )

    def _arrays(
        self, block: Block, games: list[tuple[TokenRemoval, Game]], attribution: np.ndarray
    ) -> Arrays:
        return {
            "attribution": attribution,
            "base_value": np.stack([game.base for _, game in games], axis=1),
            "explained_value": np.stack([game.value for _, game in games], axis=1),
            "mask": self.mask(block),
        }


def _players(text: TokenRemoval, columns: Players) -> tuple[Players, np.ndarray]:
    """Return who plays for a text, and which player each token that may be removed is.

    Every place of a row is a player, or all places of a word together.
    """
    if text.owners is None:
        return columns, text.places
    places = [np.array([place]) for place in range(len(text.row)) if place not in text.pieces]
    every = sorted([*text.standing, *places], key=lambda own: int(own[0]))
    firsts = [int(own[0]) for own in every]
    names = tuple(" ".join(columns.names[place] for place in own) for own in every)
    own = np.searchsorted(firsts, [int(pieces[0]) for pieces in text.standing])
    return Players(columns.schema, names, tuple(every)), own
