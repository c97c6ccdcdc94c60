"""Draws as shap takes them from numpy's legacy stream, many at a time."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np


class LegacyDraws:
    """The legacy stream of a seed, read as shap reads the global one.

    Parameters
    ----------
    stream : RandomState
    """

    def __init__(self, stream: np.random.RandomState) -> None:
        self.stream = stream
        self.start_over()

    def start_over(self) -> None:
        """Let the next joiner's first order shuffle the players as they stand."""
        self._joiner = -1
        self._order = np.empty(0, dtype=np.int64)

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

    def subsets(self, sizes: np.ndarray, n_players: int) -> np.ndarray:
        """Return the first players of new permutations, as masks (n_draws, n_players).

        Parameters
        ----------
        sizes : ndarray of int, shape (n_draws,)
        n_players : int
        """
        from xaigeo.explainers.shapley.draw_kernels import draw_subsets

        masks = np.zeros((len(sizes), n_players), dtype=bool)
        self._read(draw_subsets, np.asarray(sizes, dtype=np.int64), masks)
        return masks

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
        from xaigeo.explainers.shapley.draw_kernels import draw_joining

        masks = np.zeros((len(joiners), n_players), dtype=bool)
        rows = np.empty(len(joiners), dtype=np.int64)
        if self._joiner < 0:
            self._order = np.arange(n_players)
        joiners = np.asarray(joiners, dtype=np.int64)
        self._read(draw_joining, joiners, self._order, self._joiner, n_rows, masks, rows)
        self._joiner = int(joiners[-1])
        return masks, rows

    def _read(self, kernel: Callable[..., int], *arguments: Any) -> None:
        """Let a kernel read on from where the stream stands."""
        state: Any = self.stream.get_state(legacy=False)
        key = state["state"]["key"].astype(np.int64)
        state["state"]["pos"] = kernel(key, int(state["state"]["pos"]), *arguments)
        state["state"]["key"] = key.astype(np.uint32)
        self.stream.set_state(state)
