"""Tours that need no index: grand, little, radial and local."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from xaigeo.errors import InputError
from xaigeo.explanations import Explanation
from xaigeo.geometry.data_space import DataSpace
from xaigeo.geometry.geodesic import Geodesic, random_frame
from xaigeo.geometry.principal_components import principal_directions
from xaigeo.geometry.tour import Tour
from xaigeo.geometry.view_choice import ViewLike, chosen_view
from xaigeo.options import check_count, is_number

Given = Explanation | Sequence[Explanation]
# Part of a direction that must lie outside a plane to be turned into it.
_OUTSIDE = 1e-9


def grand_tour(
    explanations: Given, *, n_bases: int = 10, random_state: int = 0, start: ViewLike = "pca"
) -> Tour:
    """Return a tour through planes drawn uniformly: a look at the data from all sides.

    Parameters
    ----------
    explanations : Explanation or sequence of Explanation
        Whose data it leads through: at least three numeric columns.
    n_bases : int
        Planes drawn, after the first.
    random_state : int
        Seed of the draws.
    start : pair of str, "pca" or Projection
        First plane.

    Notes
    -----
    Asimov (1985, doi:10.1137/0906011); planes are drawn as in Buja et al. (2005).
    """
    space = tour_space(explanations)
    check_count("n_bases", n_bases)
    rng = np.random.default_rng(random_state)
    drawn = [space.embed(random_frame(len(space.numeric), rng)) for _ in range(n_bases)]
    return Tour.through(
        "grand",
        space.schema.names,
        [chosen_view(start, space).projection, *drawn],
        parameters={"n_bases": n_bases, "random_state": random_state},
    )


def little_tour(explanations: Given) -> Tour:
    """Return a tour that stops at every pair of numeric columns, turning one axis at a time.

    Parameters
    ----------
    explanations : Explanation or sequence of Explanation
        Whose data it leads through: at least three numeric columns.

    Notes
    -----
    McDonald (1982), "Interactive graphics for data analysis", Stanford.
    """
    space = tour_space(explanations)
    axes = np.eye(space.schema.n_features)
    planes = [axes[:, [int(space.numeric[i]), int(space.numeric[j])]] for i, j in _pairs(space)]
    return Tour.through("little", space.schema.names, planes)


def radial_tour(explanations: Given, feature: str, *, start: ViewLike = "pca") -> Tour:
    """Return a tour that turns one feature out of a plane, back, wholly into it, and back.

    What moves while the feature leaves depends on it; what stays does not.

    Parameters
    ----------
    explanations : Explanation or sequence of Explanation
        Whose data it leads through: at least three numeric columns.
    feature : str
        A numeric column.
    start : pair of str, "pca" or Projection
        The plane.

    Raises
    ------
    InputError
        For a column that is not numeric.

    Notes
    -----
    Cook and Buja (1997, doi:10.1080/10618600.1997.10474754).
    """
    space = tour_space(explanations)
    place = space.schema.index(feature)
    if place not in space.numeric:
        raise InputError(
            expected="a numeric column to turn",
            arrived=f"{feature!r}, which is {space.schema[feature].kind}",
            do=f"Choose one of {', '.join(space.schema.names[j] for j in space.numeric)}.",
        )
    plane = chosen_view(start, space).projection
    without, within = _without(space, plane, place), _with(plane, place)
    return Tour.through(
        "radial",
        space.schema.names,
        [plane, without, plane, within, plane],
        parameters={"feature": feature},
    )


def local_tour(
    explanations: Given,
    *,
    start: ViewLike = "pca",
    angle: float = 20.0,
    n_bases: int = 8,
    random_state: int = 0,
) -> Tour:
    """Return a tour that rocks about a plane: to planes close by and back each time.

    Parameters
    ----------
    explanations : Explanation or sequence of Explanation
        Whose data it leads through: at least three numeric columns.
    start : pair of str, "pca" or Projection
        The plane.
    angle : float
        Largest turn away from it, in degrees, at most 90.
    n_bases : int
        Planes close by.
    random_state : int
        Seed of the draws.
    """
    space = tour_space(explanations)
    check_count("n_bases", n_bases)
    if not is_number(angle) or not 0 < angle <= 90:
        raise InputError(
            expected="angle in degrees, above 0 and at most 90",
            arrived=repr(angle),
            do="Pass a number such as angle=20.0.",
        )
    plane = chosen_view(start, space).projection
    rng = np.random.default_rng(random_state)
    planes = [plane]
    for _ in range(n_bases):
        way = Geodesic(plane, space.embed(random_frame(len(space.numeric), rng)))
        planes += [way.frame(min(np.radians(angle) / way.angles.max(), 1.0)), plane]
    return Tour.through(
        "local",
        space.schema.names,
        planes,
        parameters={"angle": float(angle), "n_bases": n_bases, "random_state": random_state},
    )


def tour_space(explanations: Given) -> DataSpace:
    """Return the space of a tour.

    Raises
    ------
    InputError
        With fewer than three numeric columns, which have one plane only.
    """
    space = DataSpace.gathered(explanations)
    space.need(3, "a tour")
    return space


def _pairs(space: DataSpace) -> list[tuple[int, int]]:
    """Return all pairs in an order in which neighbours share one, each in its own column.

    Row i of the triangle of pairs is walked forwards for even i and backwards for odd i, so that
    every row begins where the one before ended.
    """
    n = len(space.numeric)
    walked: list[tuple[int, int]] = []
    for i in range(n - 1):
        row = [(i, j) for j in range(i + 1, n)]
        walked += row if i % 2 == 0 else row[::-1]
    placed = [walked[0]]
    for pair in walked[1:]:
        x, y = placed[-1]
        (new,) = set(pair) - {x, y}
        placed.append((x, new) if x in pair else (new, y))
    return placed


def _without(space: DataSpace, plane: np.ndarray, place: int) -> np.ndarray:
    """Return the plane with one feature turned out of it by the shortest way."""
    along, across = _split(plane, place)
    axis = np.eye(len(plane))[place]
    rest = plane @ along - axis * (plane @ along)[place]
    if np.linalg.norm(rest) < _OUTSIDE:
        # The feature is an axis of the plane: the way out is free, so lead to most variance.
        for direction in principal_directions(space)[0].T:
            rest = direction - axis * direction[place]
            rest = rest - plane @ across * ((plane @ across) @ rest)
            if np.linalg.norm(rest) > _OUTSIDE:
                break
    return _replaced(plane, along, across, rest / np.linalg.norm(rest))


def _with(plane: np.ndarray, place: int) -> np.ndarray:
    """Return the plane with one feature's axis turned into it by the shortest way."""
    along, across = _split(plane, place)
    return _replaced(plane, along, across, np.eye(len(plane))[place])


def _split(plane: np.ndarray, place: int) -> tuple[np.ndarray, np.ndarray]:
    """Return where in the plane a feature points, and the direction across it."""
    row = plane[place]
    length = np.linalg.norm(row)
    along = row / length if length > _OUTSIDE else np.array([1.0, 0.0])
    return along, np.array([-along[1], along[0]])


def _replaced(
    plane: np.ndarray, along: np.ndarray, across: np.ndarray, direction: np.ndarray
) -> np.ndarray:
    """Return the plane with what lay along a direction of it replaced by another."""
    return np.asarray(np.outer(direction, along) + np.outer(plane @ across, across))
