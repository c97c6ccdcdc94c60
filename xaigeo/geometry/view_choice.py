"""The view that a scene was asked for."""

from __future__ import annotations

from collections.abc import Sequence

from xaigeo.geometry.data_space import DataSpace
from xaigeo.geometry.principal_components import principal_plane
from xaigeo.geometry.view import FeaturePair, Projection

ViewLike = Sequence[str] | FeaturePair | Projection


def chosen_view(view: ViewLike, space: DataSpace) -> FeaturePair | Projection:
    """Return a view of a space: two columns by name, "pca", or a projection.

    Raises
    ------
    InputError
        For columns that are not numeric, or a projection of other features.
    """
    if isinstance(view, Projection):
        view.check_fits(space.schema)
        return view
    if isinstance(view, FeaturePair):
        view = (view.x.name, view.y.name)
    if isinstance(view, str) and view.lower() == "pca":
        return principal_plane(space)
    return FeaturePair.from_names(view, space.schema, space.frame)
