"""Ellipses of seeds as tables in view units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from xaigeo.geometry.ellipse import LEVEL, Ellipse
from xaigeo.geometry.shadow import Moving, Tables, xy
from xaigeo.geometry.table import Columns, table
from xaigeo.geometry.view import View

_KEYS: Final[Columns] = {
    "mark": "text",
    "method": "text",
    "instance": "label",
    "output": "text",
    "predicted": "text",
    "mode": "int64",
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


ELLIPSE_TABLES: Final[Mapping[str, Columns]] = {
    "ellipses": ELLIPSES,
    "ellipse_outlines": OUTLINES,
}
_TURNS: Final = Ellipse(np.zeros(2), np.eye(2)).outline()


def ellipse_facts(keys: Mapping[str, Any]) -> Tables:
    """Return what ellipses are of, one a row, and the numbers of their outlines' points."""
    shape = (len(keys["n_seeds"]), len(_TURNS))
    wide = {
        name: np.broadcast_to(np.reshape(value, (-1, 1)), shape)
        for name, value in keys.items()
        if name in _KEYS
    }
    still = dict(_KEYS)
    return {
        "ellipses": table(
            still | {"n_seeds": "int64", "level": "float64"}, {**keys, "level": LEVEL}
        ),
        "ellipse_outlines": table(
            still | {"order": "int64"},
            wide | {"order": np.broadcast_to(np.arange(shape[1]), shape)},
        ),
    }


def ellipse_places(ellipses: Sequence[Ellipse], view: View) -> Moving:
    """Return where ellipses of a standardised plane lie, in view units.

    `semi_major`, `semi_minor` (standard deviations) and `angle` (degrees) describe an ellipse
    in the standardised plane, where angles mean something; the axis vectors and the outline
    are in view units.
    """
    centres = view.to_units(np.array([e.centre for e in ellipses]).reshape(-1, 2))
    axes = np.array([e.axes for e in ellipses]).reshape(-1, 2, 2) * view.scale
    lengths = np.array([e.lengths for e in ellipses]).reshape(-1, 2)
    outlines = centres[:, None] + _TURNS @ axes
    return {
        "ellipses": xy(centres, "cx", "cy")
        | xy(axes[:, 0], "x_major", "y_major")
        | xy(axes[:, 1], "x_minor", "y_minor")
        | xy(lengths, "semi_major", "semi_minor")
        | {"angle": np.array([e.angle_degrees for e in ellipses], dtype=float)},
        "ellipse_outlines": xy(outlines.reshape(-1, 2)),
    }
