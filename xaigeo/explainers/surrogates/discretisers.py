"""Bins of numeric columns, and values drawn inside them, as the lime package makes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np

from xaigeo.errors import InputError
from xaigeo.schema import Matrix

Discretiser = Literal["quartile", "decile", "entropy"]

PERCENTILES = {"quartile": [25, 50, 75], "decile": [10, 20, 30, 40, 50, 60, 70, 80, 90]}

# lime 0.2.0.1, discretize.py: what keeps the standard deviation of a bin above zero.
LEAST_SPREAD = 0.00000000001
# Below this mass the quantile is computed in logarithms: elsewhere they only cost time.
SMALL_MASS = 1e-6


@dataclass(frozen=True, eq=False)
class Bins:
    """The bins of one numeric column: bin b holds ``edges[b - 1] < x <= edges[b]``.

    Attributes
    ----------
    edges : ndarray, shape (n_bins - 1,)
        Increasing.
    low, high : ndarray, shape (n_bins,)
        Ends of a bin; outermost, the smallest and largest background value.
    location, scale : ndarray, shape (n_bins,)
        Mean and standard deviation of the background values in a bin.
    codes, shares : ndarray
        The bins that hold background rows, and what share of them.
    """

    edges: np.ndarray
    low: np.ndarray
    high: np.ndarray
    location: np.ndarray
    scale: np.ndarray
    codes: np.ndarray
    shares: np.ndarray

    @classmethod
    def from_column(cls, values: np.ndarray, edges: np.ndarray) -> Bins:
        """Read the statistics of the bins between `edges` from background values."""
        edges = np.unique(edges)
        place = np.searchsorted(edges, values)
        groups = [values[place == b] for b in range(len(edges) + 1)]
        counts = np.array([len(group) for group in groups])
        return cls(
            edges=edges,
            low=np.append(values.min(), edges),
            high=np.append(edges, values.max()),
            location=np.array([group.mean() if len(group) else 0.0 for group in groups]),
            scale=np.array([group.std() if len(group) else 0.0 for group in groups]) + LEAST_SPREAD,
            codes=np.flatnonzero(counts),
            shares=counts[counts > 0] / len(values),
        )

    def place(self, values: np.ndarray) -> np.ndarray:
        """Return the bin of each value."""
        return np.searchsorted(self.edges, values)

    def bounds(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the edges of each value's bin, infinite where it is open."""
        place = self.place(values)
        return np.append(-np.inf, self.edges)[place], np.append(self.edges, np.inf)[place]

    def draw(self, places: np.ndarray, random_state: np.random.RandomState) -> np.ndarray:
        """Draw a value in each bin from its normal distribution, cut off at the bin's ends.

        Notes
        -----
        The stream is read as ``scipy.stats.truncnorm.rvs`` reads it: one uniform number a
        value, none for a bin of one value. For such a bin lime 0.2.0.1 gives the models the
        number 0 in its place (the standardised value); here they are given the value.
        """
        single = self.low == self.high
        if not single.any():
            return self._quantile(places, random_state.random_sample(len(places)))
        drawn = np.asarray(self.low[places])
        inside = np.flatnonzero(~single[places])
        drawn[inside] = self._quantile(places[inside], random_state.random_sample(len(inside)))
        return drawn

    @cached_property
    def _tails(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Bins right of their mean, and the mass of the normal below and in each bin.

        Right of the mean the tail is taken from above, where no digits are lost.
        """
        from scipy.special import ndtr

        start, end = ((ends - self.location) / self.scale for ends in (self.low, self.high))
        right = start >= 0
        below = np.where(right, ndtr(-end), ndtr(start))
        return right, below, np.where(right, ndtr(-start), ndtr(end)) - below

    def _quantile(self, places: np.ndarray, share: np.ndarray) -> np.ndarray:
        from scipy.special import ndtri

        right, below, mass = self._tails
        mirrored = right.any()
        if mirrored:
            turn = right[places]
            share = np.where(turn, 1.0 - share, share)
        z = ndtri(below.take(places) + share * mass.take(places))
        if mirrored:
            z = np.where(turn, -z, z)
            share = np.where(turn, 1.0 - share, share)
        if (mass < SMALL_MASS).any():
            self._correct(z, places, share, mass < SMALL_MASS)
        return np.asarray(z * self.scale.take(places) + self.location.take(places))

    def _correct(
        self, z: np.ndarray, places: np.ndarray, share: np.ndarray, small: np.ndarray
    ) -> None:
        """Compute the quantiles of bins with next to no mass in logarithms, as scipy does."""
        from scipy.stats import truncnorm

        at = np.flatnonzero(small[places])
        b = places[at]
        start, end = (ends[b] - self.location[b] for ends in (self.low, self.high))
        z[at] = truncnorm.ppf(share[at], start / self.scale[b], end / self.scale[b])


def bin_columns(
    rows: Matrix, discrete: np.ndarray, kind: Discretiser, labels: Any = None
) -> dict[int, Bins]:
    """Return the bins of every numeric column by its place.

    Parameters
    ----------
    rows : ndarray, shape (n_rows, n_features)
        Encoded background rows.
    discrete : ndarray of bool, shape (n_features,)
        Columns of categories, which have no bins.
    kind : {"quartile", "decile", "entropy"}
    labels : array-like, shape (n_rows,), optional
        A class for every background row; "entropy" needs them.

    Notes
    -----
    "entropy" cuts where a decision tree of depth 3 on this column alone splits the labels, so at
    most into 8 bins, and at the median where it does not split.
    """
    return {
        int(j): Bins.from_column(rows[:, j], _edges(rows[:, j], kind, labels))
        for j in np.flatnonzero(~discrete)
    }


def _edges(values: np.ndarray, kind: Discretiser, labels: Any) -> np.ndarray:
    if kind != "entropy":
        return np.asarray(np.percentile(values, PERCENTILES[kind]))
    from sklearn.tree import DecisionTreeClassifier

    # One column leaves the tree no random choice; a fixed seed says so.
    tree = DecisionTreeClassifier(criterion="entropy", max_depth=3, random_state=0)
    grown = tree.fit(values[:, None], labels).tree_
    edges = grown.threshold[grown.children_left > -1]
    return np.sort(edges) if len(edges) else np.array([np.median(values)])


def background_labels(given: Sequence[Any] | None, predicted: np.ndarray, task: str) -> np.ndarray:
    """Return the class of every background row by which "entropy" cuts columns.

    Parameters
    ----------
    given : sequence, optional
        The caller's own labels.
    predicted : ndarray, shape (n_seeds, n_rows, n_outputs)
        Outputs of all models for the background.
    task : {"classification", "regression"}

    Raises
    ------
    InputError
        For labels of another number than rows, or a regression without labels.
    """
    n_rows = predicted.shape[1]
    if given is not None:
        if len(given) != n_rows:
            raise InputError(
                expected=f"labels for {n_rows} background rows",
                arrived=f"{len(given)} labels",
                do="Pass one label a background row, in the background's order.",
            )
        return np.asarray(given)
    if task != "classification":
        raise InputError(
            expected="labels for discretiser='entropy', which cuts columns where classes change",
            arrived="a regression ensemble without labels",
            do="Pass labels=..., a class a background row, or use discretiser='quartile'.",
        )
    votes = predicted.argmax(axis=-1)
    counts = np.stack([(votes == c).sum(axis=0) for c in range(predicted.shape[-1])])
    return np.asarray(counts.argmax(axis=0))
