"""The declared scale of arrows, and the bars that tell it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import pandas as pd

from xaigeo.errors import InputError
from xaigeo.geometry.table import Columns, stack, table
from xaigeo.geometry.vectors import Vectors
from xaigeo.geometry.view import View
from xaigeo.options import check_keywords

SPAN: Final = 0.15
_TYPICAL: Final = 0.95
_MARGIN: Final = 0.03

SCALE_BAR: Final[Columns] = {
    "method": "text",
    "axis": "text",
    "x": "float64",
    "y": "float64",
    "x2": "float64",
    "y2": "float64",
    "value": "float64",
    "label": "text",
}


def arrow_scales(
    marks: Sequence[Vectors],
    view: View,
    limits: np.ndarray,
    given: float | Mapping[str, float] | None,
) -> dict[str, float]:
    """Return standard deviations drawn for one output unit, by method.

    Unless given, methods with one unit of output share a scale, so that their arrows compare:
    95 % of the components of their arrows span at most 15 % of the view.

    Raises
    ------
    InputError
        For a scale that is not positive, or of a method without arrows.
    """
    methods = [mark.method for mark in marks]
    if isinstance(given, Mapping):
        check_keywords("the arrows of the scene", given, methods)
    elif given is not None:
        given = dict.fromkeys(methods, given)
    chosen = {
        method: _shared_scale([m for m in marks if m.unit == mark.unit], view, limits)
        for method, mark in zip(methods, marks, strict=True)
    }
    for method, value in (given or {}).items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < np.inf:
            raise InputError(
                expected="a positive scale, standard deviations for one output unit",
                arrived=f"{value!r} for {method!r}",
                do="Pass a number such as scale=2.0, or leave it out.",
            )
        chosen[method] = float(value)
    return chosen


def scale_bars(
    marks: Sequence[Vectors], view: View, limits: np.ndarray, scales: Mapping[str, float]
) -> pd.DataFrame:
    """Return a horizontal and a vertical bar for each method, in the lower left corner.

    Two bars, because one output unit is as long as `scale` standard deviations of either
    column, which are different lengths in the units of the two axes.
    """
    low, high = limits
    corner = low + _MARGIN * (high - low)
    bars = []
    for mark in marks:
        room = SPAN * float(((high - low) / view.scale).min())
        value = round_below(room / scales[mark.method])
        tip = corner + value * scales[mark.method] * view.scale
        bars.append(
            table(
                SCALE_BAR,
                {
                    "method": mark.method,
                    "axis": np.array(["x", "y"], dtype=object),
                    "x": np.array([corner[0], corner[0]]),
                    "y": np.array([corner[1], corner[1]]),
                    "x2": np.array([tip[0], corner[0]]),
                    "y2": np.array([corner[1], tip[1]]),
                    "value": value,
                    "label": f"{value:g} {mark.unit}",
                },
            )
        )
    return stack(SCALE_BAR, bars)


def round_below(value: float) -> float:
    """Return the largest of 1, 2, 5 times a power of ten that is not above a positive value.

    Examples
    --------
    >>> round_below(0.37), round_below(5.0), round_below(19.0)
    (0.2, 5.0, 10.0)
    """
    power = 10.0 ** np.floor(np.log10(value))
    # A power of ten comes out of logarithms a rounding error off.
    step = next(step for step in (10.0, 5.0, 2.0, 1.0) if step * power <= value * (1 + 1e-9))
    return float(f"{step * power:.3g}")


def _shared_scale(marks: Sequence[Vectors], view: View, limits: np.ndarray) -> float:
    # In a projection every arrow counts in its whole length, so that the scale is the same in
    # all planes and an arrow grows and shrinks by how much of it is seen.
    places = list(view.shown) or np.flatnonzero(~marks[0].frame.discrete).tolist()
    sizes = np.concatenate([np.abs(m.attribution[..., places]).reshape(-1) for m in marks])
    sizes = sizes[~np.isnan(sizes)]
    typical = float(np.quantile(sizes, _TYPICAL)) if len(sizes) else 0.0
    room = float(((limits[1] - limits[0]) / view.scale).min())
    return SPAN * room / (typical or float(sizes.max(initial=0.0)) or 1.0)
