"""Exact SHAP: Shapley values from every coalition of a few features."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import comb
from typing import Any, ClassVar

import numpy as np

from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.errors import InputError
from xaigeo.explainers.background import Background
from xaigeo.explainers.catalogue import EXPLAINERS
from xaigeo.explainers.shapley.game import Game, Shares
from xaigeo.explainers.shapley.links import Link
from xaigeo.explainers.shapley.reference_rows import ReferenceRows
from xaigeo.explainers.shapley.shap_models import Predict, independent_masker, shap_link
from xaigeo.explainers.shapley.shapley import ShapleyExplainer
from xaigeo.options import check_option

# 65,536 coalitions: as many as shap's own explainer takes on by default.
MAX_PLAYERS = 16


@EXPLAINERS.register("exact_shap")
@dataclass(frozen=True, kw_only=True)
class ExactShapExplainer(ShapleyExplainer):
    """Exact SHAP: each feature's share, from the worth of every coalition.

    For up to 16 features that differ between an instance and the background; group columns
    (`groups`) where there are more. Exact for the background rows used.

    `base_value` plus the attributions is the explained output. A categorical column is one
    player. A column in which all background rows equal the instance gets 0. `std_error` is 0
    where all background rows are used (``n_background=None``, or no fewer than there are); where
    some were chosen it is left out, since others would have given other values.

    Parameters
    ----------
    link : {"identity", "logit"}
        "logit" averages probabilities and divides log-odds.
    n_background, background_summary, groups, scale
        See `ShapleyExplainer`.

    Notes
    -----
    Shapley (1953): with n players, joining a coalition of s counts ``s! (n - s - 1)! / n!``.
    The numbers are those of ``shap.ExactExplainer`` (0.51) with an ``Independent`` masker,
    which ``engine="upstream"`` calls model by model; a link is not made linear
    (``linearize_link=False``).
    """

    name: ClassVar[str] = "exact_shap"

    link: Link = "identity"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_option("link", self.link, Link)

    @property
    def _link(self) -> Link:
        return self.link

    def resolved(self, ensemble: SeedEnsemble, background: Background) -> dict[str, Any]:
        """Return the background rows averaged over, and whether those are all."""
        return super().resolved(ensemble, background) | {"exact": self.uses_all(background)}

    def _has_error(self, n_players: int, *, whole: bool) -> bool:
        return whole

    def _divide(self, game: Game, seed: np.random.SeedSequence) -> Shares:
        _check_players(game)
        masks, counts = all_coalitions(game.n_players)
        return Shares.joined([_summed(part, masks, counts) for part in game.parts(len(masks))])

    def _theirs(self, predict: Predict, background: ReferenceRows) -> Any:
        from shap import ExactExplainer

        masker = independent_masker(background.repeated)
        return ExactExplainer(predict, masker, link=shap_link(self.link), linearize_link=False)

    def _their_shares(
        self, theirs: Any, own: np.ndarray, game: Game, seed: np.random.SeedSequence
    ) -> tuple[np.ndarray, np.ndarray]:
        _check_players(game)
        found = theirs(own, silent=True)
        return found.values[0], found.base_values[0]


@lru_cache(maxsize=4)
def all_coalitions(n_players: int) -> tuple[np.ndarray, np.ndarray]:
    """Return all coalitions but that of nobody and everybody, and what each counts.

    Coalitions without the last player follow a Gray code, each with its complement next to it.

    Returns
    -------
    masks : ndarray of bool, shape (2**n_players - 2, n_players)
    counts : ndarray, shape (n_players, 2**n_players - 2)
        A player's share is the sum of counts times worth, and everybody's worth over
        `n_players`.
    """
    places = np.arange(1, 1 << (n_players - 1))
    gray = places ^ (places >> 1)
    half = (gray[:, None] >> np.arange(n_players)) & 1 == 1
    masks = np.stack([half, ~half], axis=1).reshape(-1, n_players)
    sizes = masks.sum(axis=1)
    joining = np.array([1 / (n_players * comb(n_players - 1, s)) for s in range(n_players)])
    counts = np.where(masks, joining[sizes - 1, None], -joining[sizes, None])
    answer = masks, np.ascontiguousarray(counts.T)
    for array in answer:
        array.setflags(write=False)  # the cache hands the same arrays to every caller
    return answer


def _summed(game: Game, masks: np.ndarray, counts: np.ndarray) -> Shares:
    worth = game.worth(masks)
    attribution = counts @ worth + game.total[:, None] / game.n_players
    return Shares(attribution).without_rounding(game, worth)


def _check_players(game: Game) -> None:
    if game.n_players > MAX_PLAYERS:
        raise InputError(
            expected=f"up to {MAX_PLAYERS} features that differ from the background",
            arrived=f"{game.n_players}, with {2**game.n_players:,} coalitions",
            do="Join columns with groups=..., or explain with method='permutation_shap' or "
            "'kernel_shap'.",
        )
