"""Words that answers about texts are made of (anchors, counterfactuals), ready to compare."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from xaigeo.agreement.compared_attributions import Compared


@dataclass(frozen=True, eq=False, kw_only=True)
class ComparedWords(Compared):
    """Tokens that are enough for an answer, or whose change gives another one.

    Attributes
    ----------
    chosen : ndarray of bool, shape (n_seeds, n_instances, n_tokens)
        Tokens of the anchor, or those that the counterfactual changes.
    there : ndarray of bool, shape (n_instances, n_tokens)
        Tokens that could have been chosen.
    answer : ndarray of int, shape (n_seeds, n_instances)
        The class that the words are about: that of the seed, or the wanted one.
    valid : ndarray of bool, shape (n_seeds, n_instances)
        Whether there is an answer: a counterfactual was found.
    cross : ndarray, shape (n_seeds, n_seeds, n_instances), or None
        How far one seed's words do for the other seed's model; NaN where undefined.
    empty : ndarray, shape (n_seeds, n_seeds, n_instances)
        The share of background texts to which the other seed gives the class.
    """

    chosen: np.ndarray
    there: np.ndarray
    answer: np.ndarray
    valid: np.ndarray
    cross: np.ndarray | None
    empty: np.ndarray

    @cached_property
    def comparable(self) -> np.ndarray:
        """Pairs of seeds with words about the same class, shape (n_instances, n_seeds, n_seeds)."""
        valid, answer = self.valid.T, self.answer.T
        both = valid[:, :, None] & valid[:, None, :]
        return np.asarray(both & (answer[:, :, None] == answer[:, None, :]))

    def shuffled(self, rng: np.random.Generator) -> ComparedWords:
        """Let every seed choose as many tokens of the same text at random."""
        keys = np.where(self.there, rng.random(self.chosen.shape), 2.0)
        rank = np.argsort(np.argsort(keys, axis=-1), axis=-1)
        return replace(self, chosen=rank < self.chosen.sum(axis=-1, keepdims=True))

    def at(self, places: np.ndarray) -> ComparedWords:
        """Return the comparison of some texts."""
        return replace(
            self,
            labels=self.labels[:, places],
            reference=self.reference[places],
            chosen=self.chosen[:, places],
            there=self.there[places],
            answer=self.answer[:, places],
            valid=self.valid[:, places],
            cross=None if self.cross is None else self.cross[..., places],
            empty=self.empty[..., places],
        )
