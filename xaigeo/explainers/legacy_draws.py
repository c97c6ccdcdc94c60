"""Draws as shap takes them from numpy's legacy stream, many at a time."""

from __future__ import annotations

import copy

import numpy as np


class LegacyDraws:
    """The legacy stream of a seed, read as shap reads the global one."""

    def __init__(self, seed: np.random.SeedSequence) -> None:
        self.stream = np.random.RandomState(seed.generate_state(4))
        self.start_over()

    def start_over(self) -> None:
        """Let the next joiner's first order shuffle the players as they stand."""
        self._joiner = -1
        self._order = np.empty(0, dtype=np.intp)

    def copy(self) -> LegacyDraws:
        """Return the stream as it stands, to be read on its own."""
        return copy.deepcopy(self)

    def orders(self, n_players: int, n_orders: int) -> np.ndarray:
        """Return orders of players, each a shuffle of the one before, (n_orders, n_players)."""
        order = np.arange(n_players)
        orders = np.empty((n_orders, n_players), dtype=np.intp)
        for place in range(n_orders):
            self.stream.shuffle(order)
            orders[place] = order
        return orders

    def joining(
        self, joiners: np.ndarray, n_players: int, n_rows: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return who is in when each joiner joins in a random order, and a row for each.

        Parameters
        ----------
        joiners : ndarray of int, shape (n_draws,)
            A joiner's draws come one after another; its first order shuffles the players as
            they stand, each further one the order before.
        n_players, n_rows : int

        Returns
        -------
        masks : ndarray of bool, shape (n_draws, n_players)
            Players up to and including the joiner.
        rows : ndarray of int, shape (n_draws,)
        """
        masks = np.zeros((len(joiners), n_players), dtype=bool)
        rows = np.empty(len(joiners), dtype=np.intp)
        for place, joiner in enumerate(joiners):
            if joiner != self._joiner:
                self._joiner, self._order = int(joiner), np.arange(n_players)
            self.stream.shuffle(self._order)
            rows[place] = self.stream.randint(n_rows)
            end = int(np.flatnonzero(self._order == joiner)[0])
            masks[place, self._order[: end + 1]] = True
        return masks, rows
