"""The plane in which the data vary most."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from xaigeo.errors import InputError
from xaigeo.explanations import Explanation
from xaigeo.geometry.data_space import DataSpace
from xaigeo.geometry.principal_axes import principal_axes
from xaigeo.geometry.view import Projection
from xaigeo.schema import FeatureSchema


def pca_view(explanations: Explanation | Sequence[Explanation]) -> Projection:
    """Return the plane of the first two principal components of the background.

    Numeric columns are standardised first, so units do not count. Axis labels tell the share
    of variance, which is also in `variance_shares`.

    Raises
    ------
    InputError
        Unless the background varies in two directions at least.

    Notes
    -----
    Signs of components are those of `principal_axes`.
    """
    return principal_plane(DataSpace.gathered(explanations))


def principal_plane(space: DataSpace) -> Projection:
    """Return the plane of the first two principal components of a space."""
    space.need(2, "principal components")
    directions, shares = principal_directions(space)
    if len(shares) < 2 or shares[1] < 1e-12:
        raise InputError(
            expected="a background that varies in two directions",
            arrived=f"{len(space.rows)} rows that vary in fewer",
            do="Explain with a larger background, or look at a pair of columns.",
        )
    return plane_of_components(directions, shares, space.schema)


def plane_of_components(
    directions: np.ndarray, shares: np.ndarray, schema: FeatureSchema
) -> Projection:
    """Return the plane of the first two components, labelled by their shares of variance.

    Parameters
    ----------
    directions : ndarray, shape (n_features, n_components)
    shares : ndarray, shape (n_components,)
    schema : FeatureSchema
    """
    return Projection(
        directions[:, :2],
        f"PC 1 ({shares[0]:.0%} of variance)",
        f"PC 2 ({shares[1]:.0%} of variance)",
        "PCA",
        (float(shares[0]), float(shares[1])),
        tuple(schema.names),
    )


def principal_directions(space: DataSpace) -> tuple[np.ndarray, np.ndarray]:
    """Return all components as columns (n_features, n_components) and their variance shares."""
    axes, sizes = principal_axes(space.z[:, space.numeric])
    total = (sizes**2).sum()
    shares = sizes**2 / total if total > 0 else np.zeros_like(sizes)
    return space.embed(axes.T), shares
