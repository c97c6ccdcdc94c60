"""Tours that the page offers, as frames close enough for a script to go from one to the next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from xaigeo.errors import InputError
from xaigeo.explanations import Attributions, Explanation
from xaigeo.geometry import grand_tour, guided_tour, little_tour, local_tour, radial_tour
from xaigeo.geometry.tour import Tour
from xaigeo.viz.page.drawing import Drawing
from xaigeo.viz.page.packing import packed

# Degrees between two frames, at which a straight way between them cannot be told from the turn.
STEP: Final = 2.0
MOST_FRAMES: Final = 240
# Of more columns, the tour of all pairs would take minutes.
MOST_LITTLE: Final = 6
N_RADIAL: Final = 3


def tours(explanations: Sequence[Explanation], drawing: Drawing) -> list[dict[str, Any]]:
    """Return tours by name, each with its frames over the numeric columns.

    A tour needs three numeric columns; one that cannot be made of these explanations is left out.
    """
    if drawing.plane is None or len(drawing.space.numeric) < 3:
        return []
    numeric = drawing.space.numeric
    return [
        {"name": name, "says": says, "frames": packed(_frames(tour)[:, numeric])}
        for name, says, tour in _made(explanations, drawing)
        if tour.length > 0
    ]


def _made(explanations: Sequence[Explanation], drawing: Drawing) -> list[tuple[str, str, Tour]]:
    given = list(explanations)
    made = [
        (
            "Grand tour",
            "leads through planes drawn at random: the data from all sides",
            grand_tour(given),
        ),
        ("Local tour", "rocks about the principal components", local_tour(given)),
    ]
    if len(drawing.space.numeric) <= MOST_LITTLE:
        made.append(("Little tour", "stops at every pair of columns", little_tour(given)))
    classified = given[0].task == "classification"
    attributed = [e for e in given if isinstance(e, Attributions)]
    guides: list[tuple[str, str, Any]] = []
    if classified:
        guides.append(("Guided: classes apart", "turns to where the classes lie apart", "classes"))
    if attributed and len(given[0].seeds) > 1:
        guides.append(
            ("Guided: seeds apart", "turns to where the seeds' reasons differ most", "seeds")
        )
    for name, says, by in guides:
        try:
            made.append((name, says, guided_tour(given, by=by)))
        except InputError:  # such as one class alone among the rows
            continue
    loadings = np.linalg.norm(drawing.plane.projection, axis=1) if drawing.plane else np.zeros(0)
    for j in np.argsort(-loadings, kind="stable")[:N_RADIAL].tolist():
        name = drawing.space.schema.names[j]
        made.append(
            (
                f"Radial: {name}",
                "turns this column out of the plane and back",
                radial_tour(given, name),
            )
        )
    return made


def _frames(tour: Tour) -> np.ndarray:
    n = int(np.clip(np.ceil(np.degrees(tour.length) / STEP), 2, MOST_FRAMES))
    return tour.frames(n)
