"""Rows drawn around an instance, in the order in which the lime package draws them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np

from xaigeo.explainers.background import Background
from xaigeo.explainers.surrogates.discretisers import Bins, Discretiser, bin_columns
from xaigeo.schema import Matrix

# Metrics of sklearn.metrics.pairwise_distances that look at one pair of rows alone.
Metric = Literal[
    "euclidean",
    "l2",
    "sqeuclidean",
    "manhattan",
    "cityblock",
    "l1",
    "chebyshev",
    "minkowski",
    "cosine",
    "correlation",
    "canberra",
    "braycurtis",
    "hamming",
]


def random_stream(seed: np.random.SeedSequence) -> np.random.RandomState:
    """Return a random stream that the lime package can read.

    A `RandomState` as lime wants, over a generator that gives its normal numbers in half the
    time of the usual Mersenne twister.
    """
    return np.random.RandomState(np.random.SFC64(seed))


@dataclass(frozen=True, eq=False)
class Drawn:
    """Rows drawn at random, as the models and as a surrogate see them.

    Attributes
    ----------
    rows : ndarray, shape (n_rows, n_features)
        Encoded rows for the models.
    places : ndarray, shape (n_features, n_rows)
        The standardised value of a numeric column, the bin of a binned one, or the code of a
        category.
    """

    rows: Matrix
    places: np.ndarray


@dataclass(frozen=True, eq=False)
class NeighbourhoodSampler:
    """Draws rows and says where they lie from an instance.

    A surrogate is linear in coordinates z: of a numeric column the standardised value, of a
    binned column or one of categories 1 in the instance's own bin or category and else 0.

    Attributes
    ----------
    location, scale : ndarray, shape (n_features,)
        Mean and population standard deviation of numeric columns (scale 1 for a constant
        one); 0 and 1 for columns that enter as 0 or 1.
    still : ndarray of bool, shape (n_features,)
        Columns that enter with their value but are constant in the background: the rows drawn
        do not vary them, and their coordinate z is 0 for every row, the instance's too.
    categories : dict of int to (ndarray, ndarray)
        By place of a column of categories: the codes that the background holds and their
        shares.
    bins : dict of int to Bins
        By place of a binned column.
    binned : bool
        Whether numeric columns are binned.
    """

    location: np.ndarray
    scale: np.ndarray
    still: np.ndarray
    categories: dict[int, tuple[np.ndarray, np.ndarray]]
    bins: dict[int, Bins]
    binned: bool

    @classmethod
    def from_background(
        cls,
        background: Background,
        *,
        discretiser: Discretiser | None = None,
        labels: Any = None,
    ) -> NeighbourhoodSampler:
        """Read locations, scales, shares and bins from background rows."""
        from sklearn.preprocessing import StandardScaler

        # lime's own scaler: it sets the rule for columns that are constant up to rounding.
        scaler = StandardScaler(with_mean=False).fit(background.rows)
        discrete = background.schema.discrete
        binary = np.ones_like(discrete) if discretiser else discrete
        constant = scaler.scale_ != np.sqrt(scaler.var_)
        mean = np.where(background.spread > 0, scaler.mean_, background.location)
        shares = background.frequencies
        return cls(
            location=np.where(binary, 0.0, mean),
            scale=np.where(binary, 1.0, scaler.scale_),
            still=np.asarray((constant | (background.spread == 0)) & ~binary),
            categories={
                int(j): (np.flatnonzero(shares[j]).astype(np.float64), shares[j][shares[j] > 0])
                for j in np.flatnonzero(discrete)
            },
            bins={}
            if discretiser is None
            else bin_columns(background.rows, discrete, discretiser, labels),
            binned=discretiser is not None,
        )

    @cached_property
    def binary(self) -> np.ndarray:
        """Columns that enter a surrogate as 0 or 1, shape (n_features,)."""
        mask = np.zeros(len(self.location), dtype=bool)
        mask[[*self.categories, *self.bins]] = True
        return mask

    def places(self, rows: Matrix) -> np.ndarray:
        """Return what `Drawn.places` holds for given rows, shape (n_rows, n_features)."""
        places = (rows - self.location) / self.scale
        for j, bins in self.bins.items():
            places[:, j] = bins.place(rows[:, j])
        places[:, self.still] = 0.0
        return np.asarray(places)

    def bounds(self, rows: Matrix) -> tuple[np.ndarray, np.ndarray]:
        """Return the ends of the bins in which rows lie, NaN where a column has none.

        Shapes (n_rows, n_features); a row's value is above the first and at most the second.
        """
        lower, upper = np.full((2, *rows.shape), np.nan)
        for j, bins in self.bins.items():
            lower[:, j], upper[:, j] = bins.bounds(rows[:, j])
        return lower, upper

    def coordinates(self, places: np.ndarray) -> np.ndarray:
        """Return the coordinates z of an instance at its own `places`, shape (n_features,)."""
        return np.asarray(np.where(self.binary, 1.0, places))

    def differences(
        self, places: np.ndarray, own: np.ndarray, out: np.ndarray | None = None
    ) -> np.ndarray:
        """Return coordinates minus those of an instance, shape (n_features, n_rows).

        Parameters
        ----------
        places : ndarray, shape (n_features, n_rows)
        own : ndarray, shape (n_features,)
            Places of the instance.
        """
        if self.binned:  # so every column is 0 or 1
            return np.asarray(np.subtract(places == own[:, None], 1.0, out=out))
        found: np.ndarray = np.subtract(places, own[:, None], out=out)
        for j in self.categories:
            found[j] = np.where(found[j] == 0, 0.0, -1.0)
        return found

    def distances(
        self, differences: np.ndarray, coordinates: np.ndarray, metric: Metric
    ) -> np.ndarray:
        """Return distances of rows to the instance, shape (n_rows,).

        Parameters
        ----------
        differences : ndarray, shape (n_features, n_rows)
            As `differences` gives them.
        coordinates : ndarray, shape (n_features,)
            Of the instance.
        """
        if metric in ("euclidean", "l2"):
            return np.asarray(np.sqrt(np.einsum("jn,jn->n", differences, differences)))
        from sklearn.metrics import pairwise_distances

        rows = differences.T + coordinates
        return np.asarray(pairwise_distances(rows, coordinates[None], metric=metric).ravel())

    def draw(
        self,
        n_samples: int,
        random_state: np.random.RandomState,
        *,
        around: np.ndarray | None = None,
    ) -> Drawn:
        """Draw rows around the background's mean, or around the row `around`.

        Returns ``n_samples - 1`` rows: lime puts the instance in the place of the first. The
        stream of `random_state` is read as `LimeTabularExplainer` (lime 0.2.0.1) reads it:
        without bins, normals for all columns at once (of `still` ones they are not used), then
        each column of categories; with bins, the bin or category of each column, then the values
        in the bins.
        """
        if self.binned:
            return self._draw_bins(n_samples, random_state)
        normals = random_state.standard_normal((n_samples, len(self.location)))[1:]
        centre = self.location if around is None else around
        rows = normals * self.scale
        rows += centre
        places = np.array(normals.T, order="C")
        if around is not None:
            places += ((around - self.location) / self.scale)[:, None]
        rows[:, self.still] = centre[self.still]
        places[self.still] = 0.0
        for j, (codes, shares) in self.categories.items():
            rows[:, j] = places[j] = _choose(codes, shares, n_samples, random_state)
        return Drawn(rows, places)

    def _draw_bins(self, n_samples: int, random_state: np.random.RandomState) -> Drawn:
        places = np.empty((len(self.location), n_samples - 1))
        for j in range(len(places)):
            codes, shares = (
                (self.bins[j].codes, self.bins[j].shares) if j in self.bins else self.categories[j]
            )
            places[j] = _choose(codes, shares, n_samples, random_state)
        values = places.copy()
        for j, bins in self.bins.items():
            values[j] = bins.draw(places[j].astype(np.intp), random_state)
        return Drawn(np.ascontiguousarray(values.T), places)


def _choose(
    codes: np.ndarray, shares: np.ndarray, n_samples: int, random_state: np.random.RandomState
) -> np.ndarray:
    """Return what ``random_state.choice(codes, n_samples, p=shares)[1:]`` returns."""
    ends = np.cumsum(shares)
    ends /= ends[-1]
    uniform = random_state.random_sample(n_samples)[1:]
    return np.asarray(codes.take(ends.searchsorted(uniform, side="right")))
