"""What the model-agnostic Shapley methods share: the making of games, and of their results."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from xaigeo.ensemble.members import Scale
from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.explainers.background import Background
from xaigeo.explainers.base import Arrays, Block, resolved_scale
from xaigeo.explainers.blocks.once import once
from xaigeo.explainers.shapley.averaging import AveragingExplainer
from xaigeo.explainers.shapley.game import Game, Shares
from xaigeo.explainers.shapley.links import Link, check_link_of, linked
from xaigeo.explainers.shapley.players import Groups, PlayerCodes, Players, check_groups
from xaigeo.explainers.shapley.reference_rows import (
    ReferenceRows,
)
from xaigeo.explainers.shapley.shap_models import Predict
from xaigeo.explainers.shapley.worths import mean_outputs
from xaigeo.explanations import Attributions, Explanation
from xaigeo.options import check_option
from xaigeo.schema import FeatureSchema, Matrix


@dataclass(frozen=True, kw_only=True)
class ShapleyExplainer(AveragingExplainer):
    """Base of the model-agnostic Shapley methods.

    A subclass divides a game with two players or more (`_divide`), and calls the shap package
    for one instance (`_theirs`). Everything else is here: reference rows, players, the games
    in which nothing is to be divided, and the arrays of the result.

    Parameters
    ----------
    n_background : int, optional
        Background rows to average over when there are more; the same for all instances and
        seeds. None uses all rows. Which rows are drawn changes the answer; where any are left
        out, no method that averages over rows reports it as exact or free of error.
    background_summary : {"sample", "stratified", "kmeans"}
        How they are chosen: see `reference_rows`.
    groups : mapping of str to sequence of str, optional
        Columns that act as one player, by the player's name: a block of indicators, say, or
        latitude with longitude. Every other column is a player of its own.
    scale : {"probability", "logit", "value"}, optional
        The outputs that are explained; the ensemble's default unless given.
    """

    result: ClassVar[type[Explanation]] = Attributions
    packages: ClassVar[tuple[str, ...]] = ("shap", "numba")
    additive: ClassVar[bool] = True
    randomised: ClassVar[bool] = True

    groups: Groups | None = None
    scale: Scale | None = None

    def __post_init__(self) -> None:
        if self.scale is not None:
            check_option("scale", self.scale, Scale)
        self._check_choice()
        check_groups(self.groups)

    @abstractmethod
    def _divide(self, game: Game, seed: np.random.SeedSequence) -> Shares:
        """Divide the worth of everybody among two players or more."""

    @abstractmethod
    def _theirs(self, predict: Predict, background: ReferenceRows) -> Any:
        """Return shap's explainer of a model, for players as columns of codes."""

    @abstractmethod
    def _their_shares(
        self, theirs: Any, own: np.ndarray, game: Game, seed: np.random.SeedSequence
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return attribution (n_players, n_outputs) and base value (n_outputs) by shap."""

    def _has_error(self, n_players: int, *, whole: bool) -> bool:
        """Whether standard errors are known.

        Given are the players of the whole schema, and whether all background rows are used.
        """
        return False

    @property
    def _link(self) -> Link:
        return "identity"

    def players(self, ensemble: SeedEnsemble) -> Players:
        """Return who plays, given the ensemble's columns."""
        return Players.of(ensemble.schema, self.groups)

    def check(self, ensemble: SeedEnsemble) -> None:
        """Raise when groups or link do not fit the ensemble."""
        self.players(ensemble)
        check_link_of(self, self._link, ensemble)

    def parameters(self) -> dict[str, Any]:
        """Return the parameters as a JSON-able dict."""
        groups = self.groups and {name: list(members) for name, members in self.groups.items()}
        return super().parameters() | {"groups": groups or None}

    def uses_all(self, background: Background) -> bool:
        """Return whether every background row is averaged over, and none chosen."""
        return self.n_background is None or self.n_background >= len(background.rows)

    def shown(
        self, schema: FeatureSchema, rows: Matrix, background: Matrix
    ) -> tuple[FeatureSchema, Matrix, Matrix]:
        """Return schema and rows with one column a player."""
        return Players.of(schema, self.groups).shown(rows, background)

    def explain_batched(self, block: Block) -> Arrays:
        """Divide each instance's game among its players, for all models at once."""
        games = self._games(block)
        shape = (len(games), games[0].ensemble.n_seeds, len(games[0].players))
        attribution = np.zeros((*shape, block.ensemble.n_outputs))
        whole = self.uses_all(block.background)
        has_error = self._has_error(shape[-1], whole=whole)
        error = np.zeros(attribution.shape)
        for i, game in enumerate(games):
            if not whole:  # nobody knows what other rows would have given
                moved = game.players.varying(game.instance, block.background.rows)
                error[i][:, moved] = np.nan
            if not game.n_players:
                continue
            found = self.divided(game, block.seeds[i])
            attribution[i][:, game.varying] = found.attribution
            if found.std_error is not None:
                error[i][:, game.varying] = found.std_error
        errors = {"std_error": error.swapaxes(0, 1)} if has_error else {}
        return self._arrays(games, attribution.swapaxes(0, 1)) | errors

    def explain_upstream(self, block: Block) -> Arrays:
        """Call the shap package for every model and instance."""
        games = self._games(block)
        attribution, base = self.divided_upstream(games, block.seeds)
        return self._arrays(games, attribution) | {"base_value": base}

    def divided(self, game: Game, seed: np.random.SeedSequence) -> Shares:
        """Return what each player that varies gets, of whom there is at least one."""
        if game.n_players == 1:
            return Shares(game.total[:, None])
        return self._divide(game, seed)

    def divided_upstream(
        self, games: list[Game], seeds: Sequence[np.random.SeedSequence]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Call the shap package for every model and each of some games against the same rows.

        Returns
        -------
        attribution : ndarray, shape (n_seeds, n_games, n_players, n_outputs)
            Of all players, those that do not vary among them.
        base_value : ndarray, shape (n_seeds, n_games, n_outputs)
        """
        first, ensemble = games[0], games[0].ensemble
        instances = np.stack([game.instance for game in games])
        codes = PlayerCodes.of(first.players, np.vstack([first.reference.rows, instances]))
        background = ReferenceRows(codes.encode(first.reference.rows), first.reference.weights)
        shape = (ensemble.n_seeds, len(games), len(first.players), ensemble.n_outputs)
        attribution, base = np.empty(shape), np.empty((shape[0], shape[1], shape[3]))
        for places in self._together(ensemble):
            predict = Predict(ensemble, places, codes, first.scale)
            theirs = self._theirs(predict, background)
            for i, game in enumerate(games):
                own = codes.encode(game.instance[None])
                found, start = self._their_shares(theirs, own, game, seeds[i])
                found = np.reshape(found, (shape[2], len(places), shape[3]))
                attribution[places, i] = found.swapaxes(0, 1)
                base[places, i] = np.reshape(start, (len(places), shape[3]))
        return attribution, base

    def _together(self, ensemble: SeedEnsemble) -> list[list[int]]:
        """Return the places of the models that one of shap's explainers is given together."""
        return [[place] for place in range(ensemble.n_seeds)]

    def _games(self, block: Block) -> list[Game]:
        ensemble = block.ensemble
        scale = resolved_scale(self.scale, ensemble)
        reference = self.references(block)
        players = self.players(ensemble)
        seed = block.shared_seed
        wanted = (self.n_background, self.background_summary, seed.entropy, seed.spawn_key)
        mean = once(
            block.background,
            ("mean", ensemble, scale, *wanted),
            lambda: mean_outputs(ensemble, scale, reference, block.max_memory),
        )
        return [
            Game(
                ensemble=ensemble,
                scale=scale,
                link=self._link,
                instance=row,
                reference=reference,
                players=players,
                varying=players.varying(row, reference.rows),
                base=linked(mean, self._link),
                # Row by row: products of other shapes round otherwise, and cuts would show.
                value=linked(ensemble.outputs_encoded(row[None], scale=scale)[:, 0], self._link),
                max_memory=block.max_memory,
            )
            for row in block.rows
        ]

    def _arrays(self, games: list[Game], attribution: np.ndarray) -> Arrays:
        first = games[0]
        return {
            "attribution": attribution,
            "base_value": np.repeat(first.base[:, None], len(games), axis=1),
            "explained_value": np.stack([game.value for game in games], axis=1),
            "feature_location": first.players.of_columns(first.reference.location),
            "feature_scale": first.players.of_columns(first.reference.scale),
        }
