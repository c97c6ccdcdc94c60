"""Attributions to the tokens of texts, made ready for comparison: each text on its own tokens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from xaigeo.agreement.compared_attributions import ComparedAttributions

# A text of one explained token has no order, and no choice of the most important ones.
FEWEST_TOKENS = 2


@dataclass(frozen=True, eq=False, kw_only=True)
class ComparedTokens(ComparedAttributions):
    """Attributions to tokens, of which every text has its own number.

    Tokens that the tokenizer adds to every text, such as [CLS], are not compared, whether explained
    or not: models of any weights may look at them alike, which is no agreement on a text.

    A text's other explained tokens stand side by side in `values`, (n_seeds, n_instances, the most
    that a text has), and 0 beyond them. What is beyond is no attribution: zeros there would tie,
    and make any seeds agree. So nothing is computed over `values` as they are. Texts of one number
    of tokens are an ordinary comparison (`by_length`), with chance levels of its own, and what is
    found goes back to the places of the texts (`by_instance`).

    Attributes
    ----------
    n_tokens : ndarray of int, shape (n_instances,)
        Compared tokens of each text.
    k : int
        Number of top tokens; of a text of no more than `k` tokens all but one, since all of them
        would agree by construction.
    """

    n_tokens: np.ndarray

    @cached_property
    def by_length(self) -> list[tuple[np.ndarray, ComparedAttributions]]:
        """Places of the texts of each number of tokens, and the comparison of these texts."""
        parts = []
        for n in np.unique(self.n_tokens[self.n_tokens > 0]).tolist():
            places = np.flatnonzero(self.n_tokens == n)
            part = ComparedAttributions(
                values=self.values[:, places, :n],
                labels=self.labels[:, places],
                reference=self.reference[places],
                k=max(1, min(self.k, n - 1)),
                signed=self.signed,
            )
            parts.append((places, part))
        return parts

    @cached_property
    def has_ties(self) -> bool:
        """Whether any seed ties two tokens of a text."""
        return any(part.has_ties for _, part in self.by_length)

    @property
    def there(self) -> np.ndarray:
        """Where `values` are attributions, shape (n_instances, n_places)."""
        return np.asarray(np.arange(self.values.shape[-1]) < self.n_tokens[:, None])

    @property
    def cells(self) -> np.ndarray:
        """The attributions of all texts and tokens, shape (n_seeds, n_cells)."""
        return self.values[:, self.there]

    def shuffled(self, rng: np.random.Generator) -> ComparedTokens:
        """Deal every seed's attributions to the tokens of the same text at random."""
        keys = np.where(self.there, rng.random(self.values.shape), 2.0)
        order = np.argsort(keys, axis=-1, kind="stable")
        return replace(self, values=np.take_along_axis(self.values, order, axis=-1))

    def at(self, places: np.ndarray) -> ComparedTokens:
        """Return the comparison of some texts."""
        return replace(
            self,
            values=self.values[:, places],
            labels=self.labels[:, places],
            reference=self.reference[places],
            n_tokens=self.n_tokens[places],
        )


def side_by_side(values: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Return the values at masked places, moved to the left in their order, 0 beyond them.

    Parameters
    ----------
    values : ndarray, shape (..., n_instances, n_places)
    mask : ndarray of bool, shape (n_instances, n_places)

    Returns
    -------
    ndarray, shape (..., n_instances, most places that are masked)

    Examples
    --------
    >>> side_by_side(np.array([[5.0, 0.0, 7.0]]), np.array([[True, False, True]])).tolist()
    [[5.0, 7.0]]
    """
    order = np.argsort(~mask, axis=-1, kind="stable")[:, : int(mask.sum(axis=-1).max(initial=0))]
    moved = np.take_along_axis(
        values, np.broadcast_to(order, (*values.shape[:-1], order.shape[-1])), -1
    )
    return np.where(np.take_along_axis(mask, order, axis=-1), moved, 0.0)


def by_instance(
    function: Callable[[ComparedAttributions], np.ndarray],
    compared: ComparedAttributions,
    shape: tuple[int, ...] = (),
) -> np.ndarray:
    """Return what a function tells of every instance; of texts, each on its own tokens.

    Parameters
    ----------
    function : callable
        From a comparison of instances that have equally many features to an array of shape
        (n_instances, *shape).
    compared : ComparedAttributions
    shape : tuple of int
        Of what is told of one instance.

    Returns
    -------
    ndarray, shape (n_instances, *shape)
        NaN for texts of fewer than `FEWEST_TOKENS` compared tokens.
    """
    if not isinstance(compared, ComparedTokens):
        return function(compared)
    found = np.full((compared.n_instances, *shape), np.nan)
    for places, part in compared.by_length:
        if part.values.shape[-1] >= FEWEST_TOKENS:
            found[places] = function(part)
    return found
