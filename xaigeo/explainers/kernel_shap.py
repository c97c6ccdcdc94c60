"""KernelSHAP: Shapley values by weighted regression for every model of the ensemble."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.errors import InputError
from xaigeo.explainers.background import Background
from xaigeo.explainers.base import Arrays, Block
from xaigeo.explainers.blocks.streams import global_stream, legacy_stream, repeat_seed
from xaigeo.explainers.catalogue import EXPLAINERS
from xaigeo.explainers.shapley.coalitions import (
    Coalitions,
    count_coalitions,
    draw_coalitions,
    n_proper,
)
from xaigeo.explainers.shapley.game import Game, Shares
from xaigeo.explainers.shapley.lasso_selection import (
    Selection,
    check_selection,
    selected_players,
    selects,
)
from xaigeo.explainers.shapley.least_squares import sum_constrained
from xaigeo.explainers.shapley.links import Link
from xaigeo.explainers.shapley.reference_rows import ReferenceRows
from xaigeo.explainers.shapley.repeated_backgrounds import over_backgrounds
from xaigeo.explainers.shapley.shap_models import Predict
from xaigeo.explainers.shapley.shapley import ShapleyExplainer
from xaigeo.options import check_count, check_option


@EXPLAINERS.register("kernel_shap")
@dataclass(frozen=True, kw_only=True)
class KernelShapExplainer(ShapleyExplainer):
    """Kernel SHAP: each feature's share of the way from the mean output to the prediction.

    A coalition's worth is the mean output over background rows in which the coalition's
    features hold the instance's values. Coalitions are drawn once per instance and shared by
    all seeds. With up to 11 features and the default budget every coalition is
    evaluated and the Shapley values are exact for the background rows used, and where
    those are all (``provenance["resolved"]["exact"]``) for the background.

    `base_value` plus the attributions is the explained output, exactly. A categorical
    column is one player. A column in which all background rows equal the instance gets 0.

    Parameters
    ----------
    n_samples : int or "auto"
        Coalitions per instance; "auto" is ``2 * n_features + 2048``, counting the features in
        which the instance differs from the background. Never more than there are.
    n_repeats : int
        Independent draws of coalitions and, where not all are used, of background rows. With
        more than one, the attribution is their mean and `std_error` the standard deviation
        between them over the root of their number, which covers both. Where every coalition is
        evaluated against all background rows, nothing is drawn and the error is 0. Rows chosen
        by "kmeans" are the same in every repeat: the error is then that of the coalitions
        alone, and NaN where those are complete.
    l1_reg : str or float, optional
        Feature selection, which sets small attributions to zero, for each model and output:
        "aic", "bic", "num_features(k)", the penalty of a lasso, or "auto": "aic" where fewer
        than a fifth of all coalitions are evaluated. Off by default: what it selects differs
        between seeds whose models hardly do. Where it keeps no feature at all, every attribution
        is 0 and they do not add up, as in shap.
    link : {"identity", "logit"}
        "logit" averages probabilities and divides log-odds.
    n_background, background_summary, groups, scale
        See `ShapleyExplainer`.

    Notes
    -----
    Lundberg and Lee (2017), arXiv:1705.07874. Coalitions, weights and fit are those of
    ``shap.KernelExplainer`` (0.51), whose ``l1_reg`` is "num_features(10)" unless told
    otherwise; ``engine="upstream"`` calls it model by model. shap finds columns that
    do not vary with ``np.allclose``, an answer that depends on units; here they are equal or not.

    `feature_location` and `feature_scale` are those of the background rows used, so that for a
    linear model ``attribution / (x - feature_location)`` is the slope.
    """

    name: ClassVar[str] = "kernel_shap"

    n_samples: int | str = "auto"
    n_repeats: int = 1
    l1_reg: Selection | None = None
    link: Link = "identity"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.n_samples != "auto":
            check_count("n_samples", self.n_samples, at_least=2)
        check_count("n_repeats", self.n_repeats)
        check_selection(self.l1_reg)
        check_option("link", self.link, Link)

    def check(self, ensemble: SeedEnsemble) -> None:
        """Raise when the budget cannot hold each feature alone and its complement."""
        super().check(ensemble)
        n_features = len(self.players(ensemble))
        least = min(2 * n_features, n_proper(n_features))
        if self._budget is not None and self._budget < least:
            raise InputError(
                expected=f"n_samples of at least {least} for {n_features} features",
                arrived=str(self.n_samples),
                do="Draw more coalitions, or leave n_samples='auto'.",
            )

    def resolved(self, ensemble: SeedEnsemble, background: Background) -> dict[str, Any]:
        """Return the most coalitions per instance and the background rows averaged over."""
        n_features = len(self.players(ensemble))
        n_coalitions = count_coalitions(n_features, self._budget)
        return (
            {"n_coalitions": n_coalitions}
            | super().resolved(ensemble, background)
            | {"exact": self._complete(n_features) and self.uses_all(background)}
        )

    @property
    def _budget(self) -> int | None:
        return None if isinstance(self.n_samples, str) else int(self.n_samples)

    @property
    def _link(self) -> Link:
        return self.link

    def explain_batched(self, block: Block) -> Arrays:
        """Divide each instance's game, against new background rows at each repeat."""
        if self._redraws(block.background):
            return over_backgrounds(replace(self, n_repeats=1), block, self.n_repeats, "batched")
        return super().explain_batched(block)

    def explain_upstream(self, block: Block) -> Arrays:
        """Call the shap package for every model and instance, and repeat."""
        if self._redraws(block.background):
            return over_backgrounds(replace(self, n_repeats=1), block, self.n_repeats, "upstream")
        return super().explain_upstream(block)

    def background_places(
        self, ensemble: SeedEnsemble, background: Background, seed: np.random.SeedSequence
    ) -> list[int] | None:
        """Return the places of the background rows used, those of one repeat after another."""
        if not self._redraws(background):
            return super().background_places(ensemble, background, seed)
        seeds = [repeat_seed(seed, repeat) for repeat in range(self.n_repeats)]
        found = [
            super(KernelShapExplainer, self).background_places(ensemble, background, s)
            for s in seeds
        ]
        return [place for places in found for place in places or ()]

    def _redraws(self, background: Background) -> bool:
        """Whether repeats differ in their background rows."""
        drawn = self.background_summary != "kmeans" and not self.uses_all(background)
        return drawn and self.n_repeats > 1

    def _has_error(self, n_players: int, *, whole: bool) -> bool:
        return self.n_repeats > 1 or (whole and self._complete(n_players))

    def _complete(self, n_players: int) -> bool:
        return count_coalitions(n_players, self._budget) == n_proper(n_players)

    def _divide(self, game: Game, seed: np.random.SeedSequence) -> Shares:
        draws = self._draws(game.n_players, seed)
        n_worths = max(len(draw.masks) for draw in draws)
        return Shares.joined([self._fitted(part, draws) for part in game.parts(n_worths)])

    def _fitted(self, game: Game, draws: Sequence[Coalitions]) -> Shares:
        """Fit each draw, asking the models once about the coalitions that all draws hold."""
        fits = []
        n_common = draws[0].n_enumerated if len(draws) > 1 else 0
        common = game.worth(draws[0].masks[:n_common])
        for draw in draws:
            worth = np.concatenate([common, game.worth(draw.masks[n_common:])], axis=1)
            shares = Shares(self._solved(game, draw, worth)).without_rounding(game, worth)
            fits.append(shares.attribution)
        if len(fits) == 1:
            return Shares(fits[0])
        error = np.std(fits, axis=0, ddof=1) / np.sqrt(len(fits))
        return Shares(np.mean(fits, axis=0), error)

    def _solved(self, game: Game, draw: Coalitions, worth: np.ndarray) -> np.ndarray:
        evaluated = len(draw.masks) / n_proper(game.n_players)
        if self.l1_reg is None or not selects(self.l1_reg, evaluated):
            return sum_constrained(draw.masks, draw.weights, worth, game.total)
        attribution = np.zeros((len(worth), game.n_players, worth.shape[2]))
        for s, o in np.ndindex(*game.total.shape):
            own, total = worth[s, :, o], float(game.total[s, o])
            kept = selected_players(draw.masks, draw.weights, own, total, self.l1_reg)
            if len(kept):
                fit = sum_constrained(
                    draw.masks[:, kept],
                    draw.weights,
                    own[None, :, None],
                    game.total[[s], [o]][None],
                )
                attribution[s, kept, o] = fit[0, :, 0]
        return attribution

    def _draws(self, n_players: int, seed: np.random.SeedSequence) -> list[Coalitions]:
        first = self._coalitions(n_players, seed)
        if first.complete:
            return [first]
        others = [repeat_seed(seed, repeat) for repeat in range(1, self.n_repeats)]
        return [first, *(self._coalitions(n_players, other) for other in others)]

    def _coalitions(self, n_players: int, seed: np.random.SeedSequence) -> Coalitions:
        coalitions = draw_coalitions(n_players, self._budget, legacy_stream(seed))
        if not coalitions.determining:
            raise InputError(
                expected=f"coalitions that tell {n_players} features apart",
                arrived=f"{len(coalitions.masks)} that do not",
                do="Raise n_samples, or leave n_samples='auto'.",
            )
        return coalitions

    def _theirs(self, predict: Predict, background: ReferenceRows) -> Any:
        from shap import KernelExplainer
        from shap.utils._legacy import DenseData  # what shap.kmeans returns

        rows, names = background.rows, [str(j) for j in range(background.rows.shape[1])]
        return KernelExplainer(
            predict, DenseData(rows, names, None, background.shares.copy()), link=self.link
        )

    def _their_shares(
        self, theirs: Any, own: np.ndarray, game: Game, seed: np.random.SeedSequence
    ) -> tuple[np.ndarray, np.ndarray]:
        # shap would warn and go on where the coalitions do not determine the answer.
        draws = self._draws(game.n_players, seed) if game.n_players > 1 else [None]
        found = []
        for repeat in range(len(draws)):
            with global_stream(repeat_seed(seed, repeat)), warnings.catch_warnings():
                # shap (0.51) means to drop "auto".
                warnings.filterwarnings("ignore", "l1_reg='auto'", DeprecationWarning)
                values = theirs.shap_values(
                    own,
                    nsamples=self.n_samples,
                    l1_reg=False if self.l1_reg is None else self.l1_reg,
                    silent=True,
                )
            found.append(values[0])
        return np.mean(found, axis=0), np.asarray(theirs.expected_value)
