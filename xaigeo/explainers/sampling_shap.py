"""Sampling SHAP: Shapley values from random orders, each against one random background row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

import numpy as np

from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.errors import InputError
from xaigeo.explainers.background import Background
from xaigeo.explainers.blocks.streams import global_stream, legacy_stream
from xaigeo.explainers.catalogue import EXPLAINERS
from xaigeo.explainers.shapley.game import Game, Shares
from xaigeo.explainers.shapley.legacy_draws import LegacyDraws
from xaigeo.explainers.shapley.reference_rows import ReferenceRows
from xaigeo.explainers.shapley.shap_models import Predict
from xaigeo.explainers.shapley.shapley import ShapleyExplainer
from xaigeo.explainers.shapley.worths import rows_at_once
from xaigeo.options import check_count, check_option

Allocation = Literal["shared", "per_model"]

# Draws for each feature that varies when n_samples is "auto", as in shap.
AUTO_SAMPLES = 1000


@EXPLAINERS.register("sampling_shap")
@dataclass(frozen=True, kw_only=True)
class SamplingShapExplainer(ShapleyExplainer):
    """Sampling SHAP: each feature's mean effect when it joins those before it in random orders.

    A draw for a feature is an order of all features and one background row: the features up to
    and including it hold the instance's values in one row, those before it in the other, and the
    difference of the two outputs counts. After `min_samples` draws for each feature, the rest
    goes where the outputs vary most. No row is averaged over, so a large background costs
    nothing more.

    `base_value` plus the attributions is the explained output, exactly. A categorical column
    is one player. A column in which all background rows equal the instance gets 0.

    Parameters
    ----------
    n_samples : int or "auto"
        Draws per instance, each of two model evaluations; "auto" is 1000 for each feature in
        which the instance differs from the background.
    min_samples : int
        Draws for each feature before the rest is given out by variance.
        With few, a feature whose rare effects the first draws miss gets no more of them, and
        its `std_error` is too small: keep the default unless effects are even.
    allocation : {"shared", "per_model"}
        Whether the rest is given out once, by the variance over all models, so that all models
        are asked about the same draws, or for each model by its own.
    n_background : int, optional
        Background rows to draw from when there are more; by default the whole background.
    background_summary, groups, scale
        See `ShapleyExplainer`.

    Notes
    -----
    Štrumbelj and Kononenko (2010), JMLR 11; (2014), doi:10.1007/s10115-013-0679-x. Draws and
    numbers are those of ``shap.SamplingExplainer`` (0.51), which ``engine="upstream"`` calls
    model by model or, for a shared allocation, with the outputs of all models side by side.
    shap leaves about a millionth of the error of the sum in place; here the sum is exact.
    Outputs that do not vary have no say in the allocation; in shap they spoil it with NaN.

    The error of the sum is spread in proportion to shap's estimates of each feature's variance,
    which mix the variances of the two rounds in different units. `std_error` is made of the
    variances themselves: with n draws of variance s² and a share a of the error of the sum, its
    square is ``(1 - a)² s²/n`` plus ``a²`` times the sum of ``s²/n`` over the other features.
    It covers the drawing of orders and of rows from the background; where `n_background` keeps
    some of its rows only, not which those are.
    """

    name: ClassVar[str] = "sampling_shap"

    n_samples: int | str = "auto"
    min_samples: int = 100
    allocation: Allocation = "shared"
    n_background: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.n_samples != "auto":
            check_count("n_samples", self.n_samples, at_least=2)
        check_count("min_samples", self.min_samples, at_least=2)
        check_option("allocation", self.allocation, Allocation)

    def check(self, ensemble: SeedEnsemble) -> None:
        """Raise when the budget does not hold two draws for each feature."""
        super().check(ensemble)
        least = 2 * len(self.players(ensemble))
        if not isinstance(self.n_samples, str) and self.n_samples < least:
            raise InputError(
                expected=f"n_samples of at least {least} for {least // 2} features",
                arrived=str(self.n_samples),
                do="Draw more, or leave n_samples='auto'.",
            )

    def resolved(self, ensemble: SeedEnsemble, background: Background) -> dict[str, Any]:
        """Return the draws per instance where every feature varies, and the background rows."""
        n_draws = sum(self._rounds(len(self.players(ensemble))))
        return {"n_samples": n_draws} | super().resolved(ensemble, background)

    def _has_error(self, n_players: int, *, whole: bool) -> bool:
        return True

    def _rounds(self, n_varying: int) -> tuple[int, int]:
        """Return the draws of the first round, the same for all features, and of the second."""
        wanted = AUTO_SAMPLES * n_varying if self.n_samples == "auto" else int(self.n_samples)
        first = min(wanted, n_varying * self.min_samples)
        return first, wanted - first

    def _divide(self, game: Game, seed: np.random.SeedSequence) -> Shares:
        n_first, n_second = self._rounds(game.n_players)
        draws = LegacyDraws(legacy_stream(seed))
        each = _equal_counts(n_first, game.n_players)
        first = _sampled(game, each, draws)
        if self.allocation == "shared":
            return _finished(game, first, n_second, draws)
        parts = []
        for place, own in enumerate(game.ensemble.seeds):
            part = slice(place, place + 1)
            alone = replace(
                game,
                ensemble=game.ensemble.select([own]),
                base=game.base[part],
                value=game.value[part],
            )
            parts.append(_finished(alone, first.of(part), n_second, draws.copy()))
        return Shares.joined(parts)

    def _together(self, ensemble: SeedEnsemble) -> list[list[int]]:
        if self.allocation == "shared":
            return [list(range(ensemble.n_seeds))]
        return super()._together(ensemble)

    def _theirs(self, predict: Predict, background: ReferenceRows) -> Any:
        from shap import SamplingExplainer

        return SamplingExplainer(predict, background.repeated)

    def _their_shares(
        self, theirs: Any, own: np.ndarray, game: Game, seed: np.random.SeedSequence
    ) -> tuple[np.ndarray, np.ndarray]:
        with global_stream(seed):
            values = theirs.shap_values(
                own,
                nsamples=self.n_samples,
                min_samples_per_feature=self.min_samples,
                silent=True,
            )
        return values, np.asarray(theirs.expected_value)


@dataclass(frozen=True, eq=False)
class Effects:
    """Means and variances of each player's effects over some draws.

    Attributes
    ----------
    counts : ndarray of int, shape (n_players,)
    mean, variance : ndarray, shape (n_seeds, n_players, n_outputs)
        `variance` divides by the count, as shap does; 0 without draws.
    """

    counts: np.ndarray
    mean: np.ndarray
    variance: np.ndarray

    @classmethod
    def none(cls, game: Game) -> Effects:
        """Return the effects of no draws."""
        shape = (game.ensemble.n_seeds, game.n_players, game.ensemble.n_outputs)
        return cls(np.zeros(game.n_players, dtype=np.intp), np.zeros(shape), np.zeros(shape))

    def of(self, seeds: slice) -> Effects:
        """Return those of some of the seeds."""
        return replace(self, mean=self.mean[seeds], variance=self.variance[seeds])

    def joined(self, other: Effects) -> Effects:
        """Return those of both sets of draws."""
        counts = self.counts + other.counts
        n = np.maximum(counts, 1)[:, None]
        mine, theirs = self.counts[:, None] / n, other.counts[:, None] / n
        step = other.mean - self.mean
        spread = mine * self.variance + theirs * other.variance + mine * theirs * step**2
        return Effects(counts, self.mean + theirs * step, spread)


def _finished(game: Game, first: Effects, n_second: int, draws: LegacyDraws) -> Shares:
    """Give out the second round, then spread the error of the sum."""
    spread = first.variance.transpose(1, 0, 2).reshape(game.n_players, -1)
    sums = spread.sum(axis=0)
    normal = np.where(sums > 0, spread / np.where(sums > 0, sums, 1.0), 1 / game.n_players)
    heard = normal[:, sums > 0] if (sums > 0).any() else normal
    counts = _given_out(heard.mean(axis=1), n_second)
    second = _sampled(game, np.maximum(counts, 0), draws)
    both = first.joined(second)
    normal = normal.reshape(game.n_players, *game.base.shape).swapaxes(0, 1)
    weight = _prior_variance(normal, first, second, counts)
    share = weight / weight.sum(axis=1, keepdims=True)
    missing = game.total - both.mean.sum(axis=1)
    own = both.variance / np.maximum(both.counts - 1, 1)[:, None]
    error = np.sqrt((1 - share) ** 2 * own + share**2 * (own.sum(axis=1, keepdims=True) - own))
    attribution = both.mean + share * missing[:, None]
    return Shares(attribution, error).without_rounding(game, both.mean)


def _prior_variance(
    normal: np.ndarray, first: Effects, second: Effects, given: np.ndarray
) -> np.ndarray:
    """Return shap's variances, (n_seeds, n_players, n_outputs); 1 for an output without any."""
    one, two = first.counts[:, None], second.counts[:, None]
    mixed = np.where(two > 0, (normal * one + second.variance * two) / (one + two), normal)
    answer = mixed / np.sqrt(np.maximum(one + given[:, None], 1))
    return np.where(answer.max(axis=1, keepdims=True) > 0, answer, 1.0)


def _equal_counts(n_draws: int, n_players: int) -> np.ndarray:
    """Divide draws in twos among the players, the first ones getting what is left over."""
    counts = np.full(n_players, 2 * (n_draws // (2 * n_players)), dtype=np.intp)
    counts[: (n_draws % (2 * n_players)) // 2] += 2
    return counts


def _given_out(shares: np.ndarray, n_draws: int) -> np.ndarray:
    """Divide draws in twos in proportion, as shap (0.51) does, down to -2."""
    counts = (shares * n_draws).astype(np.intp)
    counts += counts % 2
    for place in range(len(counts)):
        total = counts.sum()
        if total == n_draws:
            break
        counts[place] += 2 if total < n_draws else -2
    return counts


def _sampled(game: Game, counts: np.ndarray, draws: LegacyDraws) -> Effects:
    """Draw for each player in turn, as many at once as memory allows."""
    n_columns = len(game.instance)
    room = max(1, rows_at_once(game.ensemble, n_columns, game.max_memory // 2) // 2)
    rows = game.reference.repeated
    effects = Effects.none(game)
    draws.start_over()
    for owners in _batches(counts, room):
        with_player, places = draws.joining(game.varying[owners], len(game.players), len(rows))
        without = with_player.copy()
        without[np.arange(len(owners)), game.varying[owners]] = False
        masks = np.concatenate([with_player, without])[:, game.players.owners]
        mixed = np.where(masks, game.instance, rows[np.tile(places, 2)])
        outputs = game.ensemble.outputs_encoded(mixed, scale=game.scale)
        difference = outputs[:, : len(owners)] - outputs[:, len(owners) :]
        effects = effects.joined(_summarised(game, owners, difference))
    return effects


def _batches(counts: np.ndarray, room: int) -> Iterator[np.ndarray]:
    """Yield the player of each draw, in turn, up to `room` draws at a time."""
    ends = np.cumsum(counts)
    for start in range(0, int(counts.sum()), room):
        stop = min(start + room, int(ends[-1]))
        yield np.searchsorted(ends, np.arange(start, stop), side="right")


def _summarised(game: Game, owners: np.ndarray, difference: np.ndarray) -> Effects:
    none = Effects.none(game)
    present, starts, counts = np.unique(owners, return_index=True, return_counts=True)
    mean, variance = none.mean.copy(), none.variance.copy()
    centre = np.add.reduceat(difference, starts, axis=1) / counts[:, None]
    mean[:, present] = centre
    rest = difference - np.repeat(centre, counts, axis=1)
    variance[:, present] = np.add.reduceat(rest**2, starts, axis=1) / counts[:, None]
    all_counts = none.counts.copy()
    all_counts[present] = counts
    return Effects(all_counts, mean, variance)
