"""What the explorer's map is drawn in: the data's space, and the views that are offered first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from xaigeo.errors import InputError
from xaigeo.explanations import Anchors, Attributions, Counterfactuals, Explanation
from xaigeo.geometry.data_space import DataSpace
from xaigeo.geometry.principal_components import principal_plane
from xaigeo.geometry.view import FeaturePair, Projection


@dataclass(frozen=True, eq=False)
class Drawing:
    """The space of the map.

    Attributes
    ----------
    space : DataSpace
    pairs : list of FeaturePair
        Views to begin with; empty without two numeric columns.
    plane : Projection or None
        The principal components, where the data vary in two directions.
    no_map : str
        Why there is no map at all; empty when there is one.
    """

    space: DataSpace
    pairs: list[FeaturePair]
    plane: Projection | None
    no_map: str = ""


def draw(explanations: Sequence[Explanation], views: Sequence[Sequence[str]] | None) -> Drawing:
    """Return the space of the map; without views, with the reason, where it cannot be drawn.

    Raises
    ------
    InputError
        For a view that cannot be drawn.
    """
    space = DataSpace.of(explanations)
    numeric = [space.schema.names[j] for j in space.numeric]
    if views is None and len(numeric) < 2:
        why = f"only {numeric[0]} is numeric" if numeric else "no column is numeric"
        return Drawing(space, [], None, f"A map needs two numeric columns, and {why}.")
    if views is None:
        views = [default_view(explanations)]
    pairs = isinstance(views, Sequence) and not isinstance(views, str)
    if not pairs or not all(isinstance(v, Sequence) and not isinstance(v, str) for v in views):
        raise InputError(
            expected="views to be a list of pairs of numeric columns",
            arrived=repr(views),
            do="Write views=[('column for x', 'column for y')], also for a single view.",
        )
    if not views:
        raise InputError(
            expected="at least one view, a pair of numeric columns",
            arrived="an empty list",
            do="Leave views out, or pass views=[('column for x', 'column for y')].",
        )
    found = [FeaturePair.from_names(tuple(v), space.schema, space.frame) for v in views]
    return Drawing(space, found, _plane(space))


def default_view(explanations: Sequence[Explanation]) -> tuple[str, str]:
    """Return the two numeric columns that the explanations speak of most.

    By mean absolute attribution, else by how often rules and counterfactuals use a column.
    """
    schema = explanations[0].schema
    numeric = np.flatnonzero(~schema.discrete)
    weight = np.sum([_use(explanation) for explanation in explanations], axis=0)[numeric]
    first, second = sorted(numeric[np.argsort(-weight, kind="stable")[:2]].tolist())
    return schema.names[first], schema.names[second]


def _use(explanation: Explanation) -> np.ndarray:
    if isinstance(explanation, Attributions):
        size = np.abs(explanation.array("attribution")).mean(axis=(0, 1, 3))
    elif isinstance(explanation, Counterfactuals):
        size = explanation.array("changed").mean(axis=(0, 1, 2))
    else:
        assert isinstance(explanation, Anchors)  # there is no fourth kind
        bound = np.isfinite(explanation.array("lower")) | np.isfinite(explanation.array("upper"))
        size = bound.mean(axis=(0, 1))
    return np.asarray(size / (size.sum() or 1.0))


def _plane(space: DataSpace) -> Projection | None:
    try:
        return principal_plane(space)
    except InputError:  # the rows vary in one direction alone
        return None
