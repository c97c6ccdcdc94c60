"""How many background texts hold some words of a text."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xaigeo.explainers.texts.removal.token_removal import TokenRemoval
from xaigeo.schema import Matrix


@dataclass(frozen=True, eq=False)
class WordCoverage:
    """Counts of one text's words in the background texts.

    Attributes
    ----------
    owner : ndarray of int, shape (n_tokens,)
        The word of each token of the text.
    held : ndarray of int, shape (n_background, n_words)
        How often each background text has each word.
    """

    owner: np.ndarray
    held: np.ndarray

    @classmethod
    def of(cls, text: TokenRemoval, background: Matrix) -> WordCoverage:
        """Count the words of a text in the background rows."""
        return cls.of_numbers(text.row[text.places], background)

    @classmethod
    def of_numbers(cls, numbers: np.ndarray, background: Matrix) -> WordCoverage:
        """Count words by their numbers.

        Parameters
        ----------
        numbers : ndarray, shape (n_tokens,)
        background : ndarray, shape (n_background, n_places)
            Numbers too.
        """
        words, owner = np.unique(numbers, return_inverse=True)
        held = [(background == word).sum(axis=1) for word in words]
        return cls(owner.reshape(-1), np.stack(held, axis=1))

    def counted(self, sets: np.ndarray) -> np.ndarray:
        """Return how many background texts hold the words of sets, each as often as the set does.

        Parameters
        ----------
        sets : ndarray of bool, shape (n_sets, n_tokens)

        Returns
        -------
        ndarray of int, shape (n_sets,)
        """
        n_words = self.held.shape[1]
        wanted = [np.bincount(self.owner[chosen], minlength=n_words) for chosen in sets]
        return np.array([int((self.held >= one).all(axis=1).sum()) for one in wanted])

    def share(self, chosen: np.ndarray) -> float:
        """Return the share of background texts that hold the words of one set."""
        return float(self.counted(chosen[None])[0] / len(self.held))
