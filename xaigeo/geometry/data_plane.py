"""A plane of some rows that no explanation stands behind, and a grid over it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from xaigeo.errors import InputError
from xaigeo.geometry.principal_axes import principal_axes
from xaigeo.geometry.principal_components import plane_of_components
from xaigeo.geometry.standard_frame import StandardFrame
from xaigeo.geometry.view import FeaturePair, Projection
from xaigeo.schema import FeatureSchema, Matrix

PADDING: Final = 0.05


def plane_of(
    view: Sequence[str] | FeaturePair | Projection,
    schema: FeatureSchema,
    frame: StandardFrame,
    rows: Matrix,
) -> FeaturePair | Projection:
    """Return a view of some rows: two columns by name, "pca", or a projection.

    Parameters
    ----------
    view : pair of str, FeaturePair, Projection or "pca"
    schema : FeatureSchema
    frame : StandardFrame
    rows : ndarray, shape (n_rows, n_features)
        Encoded rows, from which principal components are taken.

    Raises
    ------
    InputError
        For columns that are not numeric, a projection of other columns, or rows that vary in
        fewer than two directions.
    """
    if isinstance(view, Projection):
        view.check_fits(schema)
        return view
    if isinstance(view, str) and view.lower() == "pca":
        return _principal_plane(schema, frame, rows)
    names = (view.x.name, view.y.name) if isinstance(view, FeaturePair) else view
    return FeaturePair.from_names(names, schema, frame)


def _principal_plane(schema: FeatureSchema, frame: StandardFrame, rows: Matrix) -> Projection:
    numeric = np.flatnonzero(~schema.discrete)
    axes, sizes = principal_axes(frame.points(rows)[:, numeric])
    if len(sizes) < 2 or sizes[1] <= 1e-9 * max(sizes[0], 1.0):
        raise InputError(
            expected="numeric columns that vary in two directions",
            arrived=f"{len(numeric)} numeric columns that vary in fewer",
            do="Name two columns as the view.",
        )
    directions = np.zeros((schema.n_features, len(axes)))
    directions[numeric] = axes.T
    return plane_of_components(directions, sizes**2 / (sizes**2).sum(), schema)


def cell_centres(
    points: np.ndarray, view: FeaturePair | Projection, n: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the centres of n columns and n rows of cells that span points, widened by 5 %."""
    low, high = points.min(axis=0), points.max(axis=0)
    room = np.where(high > low, high - low, view.scale)
    low, high = low - PADDING * room, high + PADDING * room
    steps = (np.arange(n) + 0.5) / n
    return low[0] + steps * (high[0] - low[0]), low[1] + steps * (high[1] - low[1])
