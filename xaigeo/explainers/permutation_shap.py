"""Permutation SHAP: Shapley values by walks that let features in, and out, one by one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.errors import InputError
from xaigeo.explainers.background import Background
from xaigeo.explainers.blocks.streams import global_stream, legacy_stream
from xaigeo.explainers.catalogue import EXPLAINERS
from xaigeo.explainers.shapley.game import Game, Shares
from xaigeo.explainers.shapley.legacy_draws import LegacyDraws
from xaigeo.explainers.shapley.links import Link
from xaigeo.explainers.shapley.reference_rows import ReferenceRows
from xaigeo.explainers.shapley.shap_models import Predict, independent_masker, shap_link
from xaigeo.explainers.shapley.shapley import ShapleyExplainer
from xaigeo.options import check_count, check_option

# Permutations that "auto" pays for when every feature varies, as in shap.
AUTO_PERMUTATIONS = 10


@EXPLAINERS.register("permutation_shap")
@dataclass(frozen=True, kw_only=True)
class PermutationShapExplainer(ShapleyExplainer):
    """Permutation SHAP: each feature's share, over orders in which features become known.

    An order is walked twice: features take the instance's values one by one, then lose them in
    the same order. One walk there and back gives the exact Shapley values of a model without
    interactions of three features or more; further orders average over the rest. Orders are
    drawn once per instance and shared by all seeds.

    `base_value` plus the attributions is the explained output, exactly. A categorical column
    is one player. A column in which all background rows equal the instance gets 0.

    Parameters
    ----------
    max_evals : int or "auto"
        Coalitions per instance, ``2 n + 1`` for each order of n features that vary; "auto" is
        20 for every feature.
    n_permutations : int, optional
        Orders per instance; give it or `max_evals`, not both.
    link : {"identity", "logit"}
        "logit" averages probabilities and divides log-odds.
    n_background, background_summary, groups, scale
        See `ShapleyExplainer`.

    Notes
    -----
    Castro, Gomez and Tejada (2009), doi:10.1016/j.cor.2008.04.004; walks there and back:
    Mitchell et al. (2022), arXiv:2104.12199. Draws and numbers are those of
    ``shap.PermutationExplainer`` (0.51) with an ``Independent`` masker, which
    ``engine="upstream"`` calls model by model; a link is not made linear
    (``linearize_link=False``).

    `std_error` is the standard deviation over orders, each walked there and back, over the root
    of their number; NaN where there is one order only. It covers the drawing of orders, given the
    background rows used, and not which rows those are: with ``n_background=None`` nothing else is
    drawn. shap's ``error_bounds`` is instead the
    standard deviation over single walks.
    """

    name: ClassVar[str] = "permutation_shap"

    max_evals: int | str = "auto"
    n_permutations: int | None = None
    link: Link = "identity"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_option("link", self.link, Link)
        if self.max_evals != "auto":
            check_count("max_evals", self.max_evals, at_least=3)
        if self.n_permutations is not None:
            check_count("n_permutations", self.n_permutations)
            if self.max_evals != "auto":
                raise InputError(
                    expected="max_evals or n_permutations, which say the same in two ways",
                    arrived=f"max_evals={self.max_evals} and n_permutations={self.n_permutations}",
                    do="Leave one of them out.",
                )

    @property
    def _link(self) -> Link:
        return self.link

    def check(self, ensemble: SeedEnsemble) -> None:
        """Raise when the budget does not hold one order of all features."""
        super().check(ensemble)
        n_players = len(self.players(ensemble))
        if not self._n_orders(n_players, n_players):
            least = 2 * n_players + 1
            raise InputError(
                expected=f"max_evals of at least {least} for {n_players} features",
                arrived=str(self.max_evals),
                do="Allow more evaluations, or leave max_evals='auto'.",
            )

    def resolved(self, ensemble: SeedEnsemble, background: Background) -> dict[str, Any]:
        """Return the orders per instance where every feature varies, and the background rows."""
        n_players = len(self.players(ensemble))
        n_orders = self._n_orders(n_players, n_players)
        return super().resolved(ensemble, background) | {"n_permutations": n_orders}

    def _has_error(self, n_players: int, *, whole: bool) -> bool:
        return True

    def _divide(self, game: Game, seed: np.random.SeedSequence) -> Shares:
        n_orders = self._n_orders(game.n_players, len(game.players))
        orders = LegacyDraws(legacy_stream(seed)).orders(game.n_players, n_orders)
        there = _prefixes(orders)
        # Each next to its complement, which the quick ways to average take together.
        masks = np.stack([there, ~there], axis=2).reshape(-1, game.n_players)
        return Shares.joined([_walked(part, orders, masks) for part in game.parts(len(masks))])

    def _n_orders(self, n_varying: int, n_players: int) -> int:
        if self.n_permutations is not None:
            return self.n_permutations
        wanted = 2 * AUTO_PERMUTATIONS * n_players if self.max_evals == "auto" else self.max_evals
        return int(wanted) // (2 * n_varying + 1)

    def _theirs(self, predict: Predict, background: ReferenceRows) -> Any:
        from shap import PermutationExplainer

        masker = independent_masker(background.repeated)
        # It reseeds numpy's global stream when it is made.
        with global_stream(np.random.SeedSequence(0)):
            return PermutationExplainer(
                predict, masker, link=shap_link(self.link), linearize_link=False
            )

    def _their_shares(
        self, theirs: Any, own: np.ndarray, game: Game, seed: np.random.SeedSequence
    ) -> tuple[np.ndarray, np.ndarray]:
        n_orders = self._n_orders(game.n_players, len(game.players))
        with global_stream(seed):
            found = theirs(own, max_evals=n_orders * (2 * game.n_players + 1), silent=True)
        return found.values[0], found.base_values[0]


def _prefixes(orders: np.ndarray) -> np.ndarray:
    """Return who is in after each step but the last, shape (n_orders, n_players - 1, n_players)."""
    rank = np.argsort(orders, axis=1)
    steps = np.arange(1, orders.shape[1])
    return np.asarray(rank[:, None, :] < steps[:, None])


def _walked(game: Game, orders: np.ndarray, masks: np.ndarray) -> Shares:
    n_orders, n_players = orders.shape
    worth = game.worth(masks)
    n_seeds, _, n_outputs = worth.shape
    both = worth.reshape(n_seeds, n_orders, n_players - 1, 2, n_outputs)
    nobody = np.zeros((n_seeds, n_orders, 1, n_outputs))
    everybody = np.broadcast_to(game.total[:, None, None], nobody.shape)
    into = np.diff(np.concatenate([nobody, both[:, :, :, 0], everybody], axis=2), axis=2)
    out = -np.diff(np.concatenate([everybody, both[:, :, :, 1], nobody], axis=2), axis=2)
    steps = (into + out) / 2
    rank = np.argsort(orders, axis=1)
    by_player = np.take_along_axis(steps, rank[None, :, :, None], axis=2)
    error = np.full((n_seeds, n_players, n_outputs), np.nan)
    if n_orders > 1:
        error = by_player.std(axis=1, ddof=1) / np.sqrt(n_orders)
    return Shares(by_player.mean(axis=1), error).without_rounding(game, worth)
