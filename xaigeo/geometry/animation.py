"""A scene along a tour: what is said once, and where everything is in each frame."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

import numpy as np
import pandas as pd

from xaigeo.errors import InputError
from xaigeo.explanations import Explanation
from xaigeo.geometry.data_points import DataShadow, view_limits
from xaigeo.geometry.data_space import DataSpace
from xaigeo.geometry.mark import Canvas, Mark
from xaigeo.geometry.marks import Arrows, ModesLike, marks_of, modes_by_method
from xaigeo.geometry.output_choice import target_place
from xaigeo.geometry.scene import Scene, canvas_for, compose, mark_columns
from xaigeo.geometry.scene_input import gather
from xaigeo.geometry.shadow import Shadow
from xaigeo.geometry.tour import Tour
from xaigeo.geometry.view import Projection
from xaigeo.options import check_count, suggestion

# A table of all frames is refused beyond this; it can still be had frame by frame.
MOST_BYTES: Final = 512 * 1024**2


@dataclass(frozen=True, eq=False, kw_only=True)
class Animation:
    """The marks of a scene in the frames of a tour.

    The exact marks are made once. A table of `still` says what its rows are; `moving` says
    where each row is in each frame, as `frame` (its number), `row` (place in the table of
    `still`) and the columns that a scene's table of this name has besides, as float32. Limits,
    scale of arrows and scale bars are the same in all frames, so nothing but the view changes.

    Attributes
    ----------
    tour : Tour
    times : ndarray, shape (n_frames,)
        When each frame is, from 0 to 1.
    views : tuple of Projection
    first : Scene
        The scene of the first frame, whose tables, limits, scale bars and marks hold for all.
    data : DataShadow
    canvas : Canvas
    """

    tour: Tour
    times: np.ndarray
    views: tuple[Projection, ...]
    first: Scene
    data: DataShadow
    canvas: Canvas

    @property
    def names(self) -> list[str]:
        """Tables that have rows and move."""
        return [name for name, found in self._sources.items() if self._moves(name, found)]

    @cached_property
    def still(self) -> dict[str, pd.DataFrame]:
        """Columns that no frame changes, by table, with the number of each row in `row`."""
        tables = {}
        for name, shadows in self._sources.items():
            parts = [shadow.still[name] for shadow in shadows]
            filled = [one for one in parts if len(one)] or parts[:1]
            joined = pd.concat(filled, ignore_index=True)
            joined.insert(0, "row", np.arange(len(joined)))
            tables[name] = joined
        return tables

    def moving(self, name: str) -> pd.DataFrame:
        """Return the columns of a table that move, for all frames one under the other.

        Raises
        ------
        InputError
            For a table that does not move, or one too large: use `each`, fewer frames, fewer
            instances or fewer seeds.
        """
        self._check(name)
        one = next(self.each(name))
        size = int(one.memory_usage(index=False).sum()) * len(self.views)
        if size > MOST_BYTES:
            raise InputError(
                expected=f"a table of at most {MOST_BYTES // 1024**2} MiB",
                arrived=f"{name!r} of {len(one)} rows in {len(self.views)} frames, "
                f"{size / 1024**2:.0f} MiB",
                do="Animate fewer instances, seeds or frames, or go through Animation.each.",
            )
        return pd.concat(list(self.each(name)), ignore_index=True)

    def each(self, name: str) -> Iterator[pd.DataFrame]:
        """Yield what `moving` returns frame by frame, with one frame in memory at a time."""
        self._check(name)
        for number, view in enumerate(self.views):
            parts = [shadow.moving(view)[name] for shadow in self._sources[name]]
            columns = {
                column: np.concatenate([_slim(one[column]) for one in parts]) for column in parts[0]
            }
            n = len(self.still[name])
            yield pd.DataFrame(
                {
                    "frame": np.full(n, number, dtype=np.int32),
                    "row": np.arange(n, dtype=np.int32),
                }
                | columns
            )

    def scene(self, number: int) -> Scene:
        """Return the whole scene of one frame.

        Raises
        ------
        InputError
            If there is no such frame.
        """
        if not 0 <= number < len(self.views):
            raise InputError(
                expected=f"the number of a frame, 0 to {len(self.views) - 1}",
                arrived=repr(number),
                do="Count frames from 0.",
            )
        canvas = replace(self.canvas, view=self.views[number])
        return compose(self.data, self.first.marks, canvas)

    def __len__(self) -> int:
        return len(self.views)

    def __repr__(self) -> str:
        return f"Animation({self.tour!r}, {len(self)} frames, {', '.join(self.names)})"

    @cached_property
    def _sources(self) -> dict[str, list[Shadow]]:
        shadows: list[Shadow] = [self.data]
        for mark in self.first.marks:
            shadows += mark.shadows(self.canvas)
        found: dict[str, list[Shadow]] = {}
        for shadow in shadows:
            for name in shadow.columns:
                found.setdefault(name, []).append(shadow)
        return found

    def _moves(self, name: str, shadows: Sequence[Shadow]) -> bool:
        columns = (DataShadow.columns | mark_columns())[name]
        return len(self.still[name]) > 0 and set(columns) > set(shadows[0].still[name].columns)

    def _check(self, name: str) -> None:
        if name not in self.names:
            raise InputError(
                expected=f"a table that moves ({', '.join(self.names)})",
                arrived=repr(name),
                do=suggestion(name, self.names) or "Look at Animation.names and Animation.still.",
            )


def animate(
    explanations: Explanation | Sequence[Explanation],
    tour: Tour,
    *,
    n_frames: int = 60,
    instances: Sequence[Any] | None = None,
    seeds: Sequence[int] | None = None,
    output: str | None = None,
    arrows: Arrows = "contribution",
    staircase: bool = False,
    scale: float | Mapping[str, float] | None = None,
    modes: ModesLike = None,
) -> Animation:
    """Show explanations along a tour: one exact object, many projections.

    Parameters
    ----------
    explanations : Explanation or sequence of Explanation
        One of each method, of the same ensemble.
    tour : Tour
        Through the columns of these explanations.
    n_frames : int
        Frames at equal steps of the path, both ends among them.
    instances, seeds, output, arrows, staircase, scale, modes
        As in `scene`. An animation of a few instances is what a chart can show; all of them
        make large tables.

    Returns
    -------
    Animation

    Raises
    ------
    InputError
        As `scene`; and for a tour through other columns.
    """
    if not isinstance(tour, Tour):
        raise InputError(
            expected="a Tour to show explanations along",
            arrived=type(tour).__name__,
            do="Pass one, such as tour=xaigeo.geometry.grand_tour(explanations).",
        )
    check_count("n_frames", n_frames, at_least=2)
    every = gather(explanations, None, seeds)
    apart = modes_by_method(modes, [one.method for one in every])
    given = every if instances is None else gather(every, instances)
    space = DataSpace.of(given)
    tour.check_fits(space.schema.names)
    times = tour.times(n_frames)
    views = tuple(tour.view(float(t)) for t in times)
    views[0].check_fits(space.schema)
    marks = marks_of(given, space.frame, output, arrows, apart)
    data = DataShadow(space, given, target_place(given[0], output))
    limits = _room(data, marks, views)
    canvas = canvas_for(data, marks, views[0], limits=limits, scale=scale, staircase=staircase)
    first = compose(data, marks, canvas)
    return Animation(tour=tour, times=times, views=views, first=first, data=data, canvas=canvas)


def _room(data: DataShadow, marks: Sequence[Mark], views: Sequence[Projection]) -> np.ndarray:
    """Return a square about the mean that holds the data in every frame."""
    reach = max(float(np.abs(view_limits(data, marks, view)).max()) for view in views)
    return np.array([[-reach, -reach], [reach, reach]])


def _slim(values: np.ndarray) -> np.ndarray:
    flat = np.reshape(values, -1)
    return flat if flat.dtype == bool else flat.astype(np.float32)
