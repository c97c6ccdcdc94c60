"""Draws of LIME for texts: which words of a text stay, and how much each draw counts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from xaigeo.explainers.shapley.legacy_draws import LegacyDraws
from xaigeo.explainers.shapley.worths import distinct_masks
from xaigeo.explainers.texts.removal.token_removal import TokenRemoval

# lime 0.2.0.1, lime_text.py: distances are multiplied by this.
DISTANCE_UNIT = 100.0


@dataclass(frozen=True, eq=False)
class WordGroups:
    """The words of one text that are hidden together.

    Attributes
    ----------
    owner : ndarray of int, shape (n_tokens,)
        The word of each token that may be removed, numbered by first occurrence.
    """

    owner: np.ndarray

    @classmethod
    def of(cls, text: TokenRemoval, *, by_word: bool) -> WordGroups:
        """Make a word of each token, or of all tokens that are equal."""
        if not by_word:
            return cls(np.arange(text.n_tokens))
        numbers: dict[tuple[float, ...], int] = {}
        return cls(np.array([numbers.setdefault(word, len(numbers)) for word in text.words]))

    @cached_property
    def n_words(self) -> int:
        """Number of words."""
        return int(self.owner.max()) + 1

    @cached_property
    def counts(self) -> np.ndarray:
        """Number of tokens of each word, shape (n_words,)."""
        return np.bincount(self.owner)

    def of_tokens(self, values: np.ndarray) -> np.ndarray:
        """Return values of words (..., n_words) by token, (..., n_tokens)."""
        return np.asarray(values[..., self.owner])


@dataclass(frozen=True, eq=False)
class Neighbourhood:
    """Different draws of the words that stay, and how often each came.

    Attributes
    ----------
    kept : ndarray of bool, shape (n_draws, n_words)
        The first keeps all.
    counts : ndarray of int, shape (n_draws,)
    """

    kept: np.ndarray
    counts: np.ndarray

    def weights(self, kernel_width: float) -> np.ndarray:
        """Return how much each draw counts: the kernel times how often it came.

        The kernel is ``exp(-d**2 / (2 kernel_width**2))`` over d, the cosine distance between the
        words that stay and all of them as vectors of 0 and 1, times 100.
        """
        distance = DISTANCE_UNIT * (1.0 - np.sqrt(self.kept.mean(axis=1)))
        kernel = np.exp(-np.square(distance) / (2 * kernel_width**2))
        return np.asarray(kernel * self.counts)


def draw_neighbourhood(
    n_words: int, n_samples: int, stream: np.random.RandomState
) -> Neighbourhood:
    """Draw which words stay: a number to hide, from 1 to all, then which.

    The stream is read as ``lime.lime_text.LimeTextExplainer`` (0.2.0.1) reads it.

    Parameters
    ----------
    n_words : int
    n_samples : int
        Draws, the whole text being the first.
    stream : RandomState
    """
    sizes = stream.randint(1, n_words + 1, n_samples - 1)
    hidden = LegacyDraws(stream).subsets(sizes, n_words)
    kept = np.vstack([np.ones((1, n_words), dtype=bool), ~hidden])
    distinct, places = distinct_masks(kept)
    if places is None:
        return Neighbourhood(distinct, np.ones(len(distinct), dtype=np.intp))
    return Neighbourhood(distinct, np.bincount(places))
