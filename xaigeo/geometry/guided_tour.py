"""A tour that climbs to the plane that shows most of something."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal

import numpy as np

from xaigeo.errors import InputError
from xaigeo.explanations import Attributions, Explanation
from xaigeo.geometry.data_space import DataSpace
from xaigeo.geometry.geodesic import Geodesic, orthonormal, random_frame
from xaigeo.geometry.groups import Groups
from xaigeo.geometry.output_choice import chosen_output, pick
from xaigeo.geometry.prediction import verdict
from xaigeo.geometry.scene_input import gather
from xaigeo.geometry.tour import Tour
from xaigeo.geometry.tour_paths import Given, tour_space
from xaigeo.geometry.view_choice import ViewLike, chosen_view
from xaigeo.options import check_count, check_option, suggestion

By = Literal["classes", "seeds"]

# Planes tried for each step, the first step in radians, and how much shorter the next one is.
_TRIED: Final = 60
_FIRST_STEP: Final = 0.9
_SHORTER: Final = 0.8
_NOTHING: Final = 1e-12


def guided_tour(
    explanations: Given,
    by: By = "classes",
    *,
    method: str | None = None,
    n_bases: int = 6,
    random_state: int = 0,
    start: ViewLike = "pca",
) -> Tour:
    """Return a tour from a plane up to the one that shows most, by steps that never lose.

    Parameters
    ----------
    explanations : Explanation or sequence of Explanation
        Whose data it leads through: at least three numeric columns.
    by : {"classes", "seeds"}
        What to look for: the classes that most seeds predict apart from each other, or the
        seeds' attributions apart from each other.
    method : str, optional
        Attributions of `by="seeds"`; the first ones given unless named.
    n_bases : int
        Planes on the way, the last one included.
    random_state : int
        Seed of the search.
    start : pair of str, "pca" or Projection
        First plane.

    Returns
    -------
    Tour
        Its `values` are the index at each base.

    Raises
    ------
    InputError
        Where nothing can be told apart: a regression or one predicted class, one seed, or seeds
        that attribute alike.

    Notes
    -----
    The index of classes is ``1 - |PᵀWP| / |Pᵀ(W + B)P|`` with the scatter W within and B between
    the classes (Lee, Cook, Klinke and Lumley 2005, doi:10.1198/106186005X77702); that of seeds
    ``tr PᵀΣP / tr Σ`` with the covariance Σ of the attributions over seeds of one answer. Steps
    go to the best of some planes close by, closer each time (Cook, Buja, Cabrera and Hurley
    1995, doi:10.1080/10618600.1995.10474674). Both indices have a best plane in closed form, and
    that is where the tour ends.
    """
    check_option("by", by, By)
    check_count("n_bases", n_bases)
    space = tour_space(explanations)
    index: Index = (
        ClassSeparation.of(space) if by == "classes" else SeedSpread.of(space, explanations, method)
    )
    rng = np.random.default_rng(random_state)
    planes = [chosen_view(start, space).projection[space.numeric]]
    values = [index.value(planes[0])]
    step = _FIRST_STEP
    for _ in range(n_bases - 1):
        tried = [_nearby(planes[-1], step, rng) for _ in range(_TRIED)]
        reached = [index.value(plane) for plane in tried]
        best = int(np.argmax(reached))
        if reached[best] > values[-1]:
            planes.append(tried[best])
            values.append(reached[best])
        step *= _SHORTER
    planes.append(index.best)
    # The last plane is the best there is: a difference is round-off.
    values.append(max(index.value(index.best), values[-1]))
    return Tour.through(
        "guided",
        space.schema.names,
        [space.embed(plane) for plane in planes],
        parameters={"by": by, "method": method, "n_bases": n_bases, "random_state": random_state},
        values=values,
    )


class Index(ABC):
    """How much a plane shows, from 0 to 1."""

    @abstractmethod
    def value(self, plane: np.ndarray) -> float:
        """Return the index of a frame (n_numeric, 2); it is the same for all of its plane."""

    @property
    @abstractmethod
    def best(self) -> np.ndarray:
        """A frame of the best plane, shape (n_numeric, 2)."""


@dataclass(frozen=True, eq=False)
class ClassSeparation(Index):
    """How far classes lie apart, measured in their spread.

    Attributes
    ----------
    within, between : ndarray, shape (n_numeric, n_numeric)
        Scatter matrices.
    """

    within: np.ndarray
    between: np.ndarray

    @classmethod
    def of(cls, space: DataSpace) -> ClassSeparation:
        """Take the classes that most seeds predict for the background."""
        explanation = space.explanation
        if explanation.task != "regression":
            said = verdict(
                explanation.array("background_prediction"), explanation.outputs, explanation.task
            ).predicted
            names = sorted(set(said.tolist()))
        if explanation.task == "regression" or len(names) < 2:
            raise InputError(
                expected="at least two predicted classes to tell apart",
                arrived="a regression" if explanation.task == "regression" else f"{names[0]!r}",
                do="Use by='seeds', or a grand tour.",
            )
        z = space.z[:, space.numeric]
        within, between = (np.zeros((z.shape[1], z.shape[1])) for _ in range(2))
        for name in names:
            own = z[said == name]
            apart, middle = own - own.mean(axis=0), own.mean(axis=0) - z.mean(axis=0)
            within += apart.T @ apart
            between += len(own) * np.outer(middle, middle)
        return cls(within, between)

    def value(self, plane: np.ndarray) -> float:
        """Return ``1 - |PᵀWP| / |Pᵀ(W + B)P|``; 0 where the data have no area."""
        whole = np.linalg.det(plane.T @ (self.within + self.between) @ plane)
        if whole <= _NOTHING * np.trace(self.within + self.between) ** 2:
            return 0.0
        return float(1.0 - max(np.linalg.det(plane.T @ self.within @ plane), 0.0) / whole)

    @cached_property
    def best(self) -> np.ndarray:
        """The plane of the first two discriminants."""
        total = self.within + self.between
        sizes, axes = np.linalg.eigh(total)
        kept = sizes > _NOTHING * sizes[-1]
        whiten = axes[:, kept] / np.sqrt(sizes[kept])
        shares, found = np.linalg.eigh(whiten.T @ self.between @ whiten)
        first = whiten @ found[:, -1]
        if kept.sum() > 1 and shares[-2] > 1e-9:
            return orthonormal(np.column_stack([first, whiten @ found[:, -2]]))
        # Two classes lie apart in one direction; beside it goes what varies most.
        first = first / np.linalg.norm(first)
        across = np.eye(len(first)) - np.outer(first, first)
        return orthonormal(
            np.column_stack([first, np.linalg.eigh(across @ total @ across)[1][:, -1]])
        )


@dataclass(frozen=True, eq=False)
class SeedSpread(Index):
    """How much the attributions of seeds that give one answer differ.

    Attributes
    ----------
    covariance : ndarray, shape (n_numeric, n_numeric)
        Over the seeds about the mean of their group, averaged over seeds and instances.
    """

    covariance: np.ndarray

    @classmethod
    def of(cls, space: DataSpace, explanations: Given, method: str | None) -> SeedSpread:
        """Take the attributions of one method."""
        explanation = _attributions(gather(explanations), method)
        attribution = explanation.array("attribution").swapaxes(2, 3)
        values = pick(attribution, chosen_output(explanation))[..., space.numeric]
        apart = [
            values[seeds, place] - values[seeds, place].mean(axis=0)
            for place, seeds in Groups.by(explanation.predicted)
        ]
        every = np.concatenate(apart)
        covariance = every.T @ every / len(every)
        if not np.trace(covariance) > _NOTHING * (values**2).sum(axis=-1).mean():
            raise InputError(
                expected="attributions that differ between seeds of one answer",
                arrived=f"{explanation.method!r} of {len(explanation.seeds)} seed(s), which agree",
                do="Use by='classes', or a grand tour.",
            )
        return cls(covariance)

    def value(self, plane: np.ndarray) -> float:
        """Return ``tr PᵀΣP / tr Σ``."""
        return float(np.trace(plane.T @ self.covariance @ plane) / np.trace(self.covariance))

    @cached_property
    def best(self) -> np.ndarray:
        """The plane of the first two principal components of the differences."""
        return orthonormal(np.linalg.eigh(self.covariance)[1][:, :-3:-1])


def _attributions(given: Sequence[Explanation], method: str | None) -> Attributions:
    known = {e.method: e for e in given if isinstance(e, Attributions)}
    if not known or (method is not None and method not in known):
        raise InputError(
            expected=f"attributions of some method ({', '.join(known) or 'none given'})",
            arrived="none" if method is None else repr(method),
            do=suggestion(method, known) if method and known else "Pass LIME, SHAP or gradients.",
        )
    return known[method or next(iter(known))]


def _nearby(plane: np.ndarray, step: float, rng: np.random.Generator) -> np.ndarray:
    """Return a frame on the way to a random plane."""
    way = Geodesic(plane, random_frame(len(plane), rng))
    return way.frame(min(step / way.length, 1.0) if way.length > 0 else 0.0)
