"""The sets of words of one size that race for one seed, and what they grew from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from xaigeo.explainers.rules.arm_race import Arms
from xaigeo.explainers.rules.rule_finder import Problem

# From sets (n_sets, n_tokens) to the background texts that hold their words, (n_sets,).
Counting = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, eq=False)
class WordArms(Arms):
    """Sets of words, each a shorter set and one word more.

    Attributes
    ----------
    parents : ndarray of bool, shape (n_parents, n_tokens)
        The shorter sets; none for the set without a word.
    added : ndarray of int, shape (n_arms,)
        The token that each set has more than its parent.
    n_shared : ndarray of int, shape (n_parents,)
        Batches drawn under each parent.
    n_own : ndarray of int, shape (n_arms,)
        Batches drawn under each set itself.
    """

    parents: np.ndarray
    added: np.ndarray
    n_shared: np.ndarray
    n_own: np.ndarray

    @classmethod
    def without_words(cls, problem: Problem, n_tokens: int, counting: Counting) -> WordArms:
        """Return the set without a word as the only arm."""
        nothing = np.zeros((1, n_tokens), dtype=bool)
        no_place = np.zeros(1, dtype=np.intp)
        return cls._of(problem, nothing, nothing[:0], no_place, no_place, counting)

    @classmethod
    def grown(
        cls, problem: Problem, parents: np.ndarray, usable: np.ndarray, counting: Counting
    ) -> WordArms:
        """Return the different sets with one word more than a parent; there may be none.

        Parameters
        ----------
        problem : Problem
        parents : ndarray of bool, shape (n_parents, n_tokens)
        usable : ndarray of bool, shape (n_tokens,)
            Tokens that a set may get.
        counting : callable
        """
        parent, added = np.nonzero(usable & ~parents)
        sets = parents[parent]
        sets[np.arange(len(sets)), added] = True
        # Of a set that several parents grow into, the first one's is taken.
        _, once = np.unique(np.packbits(sets, axis=1), axis=0, return_index=True)
        once.sort()
        return cls._of(problem, sets[once], parents, parent[once], added[once], counting)

    @classmethod
    def _of(
        cls,
        problem: Problem,
        sets: np.ndarray,
        parents: np.ndarray,
        parent: np.ndarray,
        added: np.ndarray,
        counting: Counting,
    ) -> WordArms:
        hits, draws, n_own = np.zeros((3, len(sets)), dtype=np.int64)
        n_shared = np.zeros(len(parents), dtype=np.int64)
        return cls(
            problem, sets, counting(sets), parent, hits, draws, parents, added, n_shared, n_own
        )

    def children(self, parent: int) -> np.ndarray:
        """Return the places of the sets that grew from a parent."""
        return np.flatnonzero(self.parent == parent)
