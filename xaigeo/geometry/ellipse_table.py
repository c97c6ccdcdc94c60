"""Ellipses of seeds as tables in view units."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from xaigeo.geometry.ellipse import LEVEL, Ellipse
from xaigeo.geometry.table import Columns, table
from xaigeo.geometry.view import FeaturePair

_KEYS: Final[Columns] = {
    "mark": "text",
    "method": "text",
    "instance": "label",
    "output": "text",
    "predicted": "text",
}
ELLIPSES: Final[Columns] = dict(_KEYS) | {
    "n_seeds": "int64",
    "level": "float64",
    "cx": "float64",
    "cy": "float64",
    "x_major": "float64",
    "y_major": "float64",
    "x_minor": "float64",
    "y_minor": "float64",
    "semi_major": "float64",
    "semi_minor": "float64",
    "angle": "float64",
}
OUTLINES: Final[Columns] = dict(_KEYS) | {"order": "int64", "x": "float64", "y": "float64"}


def ellipse_tables(
    ellipse: Ellipse, view: FeaturePair, keys: Mapping[str, Any]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the parameters of an ellipse and its outline, in view units.

    `semi_major`, `semi_minor` (standard deviations) and `angle` (degrees) describe the ellipse
    in the standardised plane, where angles mean something; the axis vectors and the outline
    are in the units of the two columns.
    """
    centre = view.to_units(ellipse.centre)
    axes = ellipse.axes * view.scale
    outline = view.to_units(ellipse.outline())
    major, minor = ellipse.lengths
    parameters = table(
        ELLIPSES,
        dict(keys)
        | {
            "instance": np.array([keys["instance"]]),
            "level": LEVEL,
            "cx": centre[0],
            "cy": centre[1],
            "x_major": axes[0, 0],
            "y_major": axes[0, 1],
            "x_minor": axes[1, 0],
            "y_minor": axes[1, 1],
            "semi_major": major,
            "semi_minor": minor,
            "angle": ellipse.angle_degrees,
        },
    )
    n = len(outline)
    points = table(
        OUTLINES,
        dict(keys)
        | {
            "instance": np.full(n, keys["instance"]),
            "order": np.arange(n),
            "x": outline[:, 0],
            "y": outline[:, 1],
        },
    )
    return parameters, points
