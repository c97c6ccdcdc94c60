"""Ellipses of seeds as tables in view units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from xaigeo.geometry.ellipse import LEVEL, Ellipse
from xaigeo.geometry.mark import Tables
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
    ellipses: Sequence[Ellipse], view: FeaturePair, keys: Mapping[str, Any]
) -> Tables:
    """Return `ellipses` and `ellipse_outlines` in view units.

    `semi_major`, `semi_minor` (standard deviations) and `angle` (degrees) describe an ellipse
    in the standardised plane, where angles mean something; the axis vectors and the outline
    are in the units of the two columns.
    """
    centres = view.to_units(np.array([e.centre for e in ellipses]).reshape(-1, 2))
    axes = np.array([e.axes for e in ellipses]).reshape(-1, 2, 2) * view.scale
    lengths = np.array([e.lengths for e in ellipses]).reshape(-1, 2)
    turns = Ellipse(np.zeros(2), np.eye(2)).outline()
    outlines = centres[:, None] + turns @ axes
    shape = outlines.shape[:2]
    wide = {
        name: np.broadcast_to(np.reshape(value, (-1, 1)), shape) for name, value in keys.items()
    }
    return {
        "ellipses": table(
            ELLIPSES,
            dict(keys)
            | {
                "level": LEVEL,
                "cx": centres[:, 0],
                "cy": centres[:, 1],
                "x_major": axes[:, 0, 0],
                "y_major": axes[:, 0, 1],
                "x_minor": axes[:, 1, 0],
                "y_minor": axes[:, 1, 1],
                "semi_major": lengths[:, 0],
                "semi_minor": lengths[:, 1],
                "angle": np.array([e.angle_degrees for e in ellipses]),
            },
        ),
        "ellipse_outlines": table(
            OUTLINES,
            wide
            | {
                "order": np.broadcast_to(np.arange(shape[1]), shape),
                "x": outlines[..., 0],
                "y": outlines[..., 1],
            },
        ),
    }
