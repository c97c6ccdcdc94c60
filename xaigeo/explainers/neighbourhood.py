"""Rows drawn around an instance, in the order in which the lime package draws them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xaigeo.explainers.background import Background
from xaigeo.schema import Matrix


@dataclass(frozen=True, eq=False)
class Neighbourhood:
    """Perturbed rows and what a local surrogate sees of them; the first is the instance.

    Attributes
    ----------
    rows : ndarray, shape (n_samples, n_features)
        Encoded rows for the models.
    coordinates : ndarray, shape (n_samples, n_features)
        A numeric feature standardised, ``(x - location) / scale``; for a categorical or
        ordinal one 1 where the category is the instance's own, else 0.
    squared_distance : ndarray, shape (n_samples,)
        Squared Euclidean distance to the instance in `coordinates`.
    """

    rows: Matrix
    coordinates: np.ndarray
    squared_distance: np.ndarray


@dataclass(frozen=True, eq=False)
class NeighbourhoodSampler:
    """Draws neighbourhoods: normal for numeric features, background shares for categories.

    Attributes
    ----------
    location, scale : ndarray, shape (n_features,)
        Mean and population standard deviation of numeric features (scale 1 for a constant
        one); 0 and 1 for categories.
    categories : dict of int to (ndarray, ndarray)
        By place of a categorical or ordinal feature: the codes that the background holds
        and their shares.
    """

    location: np.ndarray
    scale: np.ndarray
    categories: dict[int, tuple[np.ndarray, np.ndarray]]

    @classmethod
    def from_background(cls, background: Background) -> NeighbourhoodSampler:
        """Read locations, scales and shares from background rows."""
        from sklearn.preprocessing import StandardScaler

        # lime's own scaler: it sets the rule for columns that are constant up to rounding.
        scaler = StandardScaler(with_mean=False).fit(background.rows)
        discrete = background.schema.discrete
        shares = background.frequencies
        return cls(
            location=np.where(discrete, 0.0, scaler.mean_),
            scale=np.where(discrete, 1.0, scaler.scale_),
            categories={
                int(j): (np.flatnonzero(shares[j]).astype(np.float64), shares[j][shares[j] > 0])
                for j in np.flatnonzero(discrete)
            },
        )

    def draw(
        self,
        instance: np.ndarray,
        n_samples: int,
        random_state: np.random.RandomState,
        *,
        around_instance: bool = False,
    ) -> Neighbourhood:
        """Draw `n_samples` rows, the instance first.

        The stream of `random_state` is read as `LimeTabularExplainer` (lime 0.2.0.1) reads
        it: normals for all columns at once, then each categorical column in order.
        """
        n_features = len(instance)
        own = (instance - self.location) / self.scale
        coordinates = random_state.normal(0, 1, n_samples * n_features)
        coordinates = coordinates.reshape(n_samples, n_features)
        if around_instance:
            coordinates += own
        rows = coordinates * self.scale + self.location
        for j, (codes, shares) in self.categories.items():
            rows[:, j] = random_state.choice(codes, size=n_samples, replace=True, p=shares)
            coordinates[:, j] = rows[:, j] == instance[j]
            own[j] = 1.0
        rows[0], coordinates[0] = instance, own
        squared_distance = np.square(coordinates - own).sum(axis=1)
        return Neighbourhood(rows, coordinates, squared_distance)
