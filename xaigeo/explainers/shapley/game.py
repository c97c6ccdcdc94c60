"""One instance as a coalition game, and how its worth is divided."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from xaigeo.ensemble.members import Scale
from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.explainers.shapley.links import Link, linked
from xaigeo.explainers.shapley.players import Players
from xaigeo.explainers.shapley.reference_rows import ReferenceRows
from xaigeo.explainers.shapley.worths import worths

# Arrays of the size of all worths that a method holds at once.
COPIES = 4


@dataclass(frozen=True, eq=False)
class Game:
    """One instance as a game: what coalitions of the players that vary are worth to the models.

    Attributes
    ----------
    ensemble : SeedEnsemble
    scale, link : str
    instance : ndarray, shape (n_columns,)
    reference : ReferenceRows
    players : Players
    varying : ndarray of int
        Places of the players in which the instance differs from some reference row.
    base, value : ndarray, shape (n_seeds, n_outputs)
        Worth of nobody and of everybody.
    max_memory : int
    """

    ensemble: SeedEnsemble
    scale: Scale
    link: Link
    instance: np.ndarray
    reference: ReferenceRows
    players: Players
    varying: np.ndarray
    base: np.ndarray
    value: np.ndarray
    max_memory: int

    @property
    def n_players(self) -> int:
        """Number of players that vary."""
        return len(self.varying)

    @property
    def total(self) -> np.ndarray:
        """Worth of everybody above that of nobody, shape (n_seeds, n_outputs)."""
        return np.asarray(self.value - self.base)

    def columns(self, masks: np.ndarray) -> np.ndarray:
        """Return masks of columns, shape (n, n_columns), of masks of the players that vary."""
        wide = np.zeros((len(masks), len(self.players)), dtype=bool)
        wide[:, self.varying] = masks
        return np.asarray(wide[:, self.players.owners])

    def worth(self, masks: np.ndarray) -> np.ndarray:
        """Return the worth of coalitions above that of nobody.

        Parameters
        ----------
        masks : ndarray of bool, shape (n_coalitions, n_players)

        Returns
        -------
        ndarray, shape (n_seeds, n_coalitions, n_outputs)
        """
        if not len(masks):
            return np.empty((self.ensemble.n_seeds, 0, self.ensemble.n_outputs))
        means = worths(
            self.ensemble,
            self.scale,
            self.instance,
            self.reference,
            self.columns(masks),
            self.max_memory // 2,
        )
        return np.asarray(linked(means, self.link) - self.base[:, None])

    def parts(self, n_coalitions: int) -> Iterator[Game]:
        """Yield the game for groups of seeds that can hold so many worths in memory."""
        room = self.max_memory // (2 * COPIES * 8 * max(1, n_coalitions) * self.ensemble.n_outputs)
        n_seeds, step = self.ensemble.n_seeds, max(1, room)
        if step >= n_seeds:
            yield self
            return
        for start in range(0, n_seeds, step):
            seeds = self.ensemble.seeds[start : start + step]
            part = slice(start, start + step)
            yield replace(
                self,
                ensemble=self.ensemble.select(seeds),
                base=self.base[part],
                value=self.value[part],
            )


@dataclass(frozen=True)
class Shares:
    """What a method finds for the players of a game.

    Attributes
    ----------
    attribution : ndarray, shape (n_seeds, n_players, n_outputs)
    std_error : ndarray of that shape, or None
        None where nothing was drawn.
    """

    attribution: np.ndarray
    std_error: np.ndarray | None = None

    def without_rounding(self, game: Game, worth: np.ndarray) -> Shares:
        """Return 0, not a sign made of rounding, for a player that no output depends on.

        `worth` holds what the attributions were made of, shape (n_seeds, n, n_outputs).
        """
        largest = np.maximum(np.abs(worth).max(axis=1, initial=0.0), np.abs(game.total))
        rounding = 1e-12 * largest + 8 * np.finfo(np.float64).eps * np.abs(game.base)
        nothing = np.abs(self.attribution) <= rounding[:, None]
        return replace(self, attribution=np.where(nothing, 0.0, self.attribution))

    @classmethod
    def joined(cls, parts: list[Shares]) -> Shares:
        """Put groups of seeds together."""
        errors = [part.std_error for part in parts if part.std_error is not None]
        return cls(
            np.concatenate([part.attribution for part in parts]),
            np.concatenate(errors) if errors else None,
        )
