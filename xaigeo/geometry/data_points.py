"""The data under the marks: background rows, instances, and the room they need."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from xaigeo.explanations import Explanation
from xaigeo.geometry.connector import Connector
from xaigeo.geometry.data_space import DataSpace
from xaigeo.geometry.mark import PADDING, Mark
from xaigeo.geometry.prediction import verdict
from xaigeo.geometry.table import Columns, stack, table
from xaigeo.geometry.view import View

POINTS: Final[Columns] = {
    "background_row": "int64",
    "x": "float64",
    "y": "float64",
    "predicted": "label",
    "agreement": "float64",
}
INSTANCES: Final[Columns] = {
    "instance": "label",
    "x": "float64",
    "y": "float64",
    "predicted": "label",
    "agreement": "float64",
    "flip_rate": "float64",
    "classes": "text",
    "methods": "text",
}


AXES: Final[Columns] = {
    "feature": "text",
    "label": "text",
    "x": "float64",
    "y": "float64",
    "length": "float64",
}


def point_table(space: DataSpace, view: View) -> pd.DataFrame:
    """Return the background rows of a space, with what most seeds predict there."""
    explanation = space.explanation
    said = verdict(
        explanation.array("background_prediction"), explanation.outputs, explanation.task
    )
    place = view.points(space.z)
    return table(
        POINTS,
        {
            "background_row": np.arange(len(space.rows)),
            "x": place[:, 0],
            "y": place[:, 1],
            "predicted": said.predicted,
            "agreement": said.agreement,
        },
    )


def instance_rows(given: Sequence[Explanation]) -> np.ndarray:
    """Return the encoded instances of all explanations, each once, in the order of their table."""
    seen: set[Any] = set()
    parts = []
    for explanation in given:
        new = [i for i, label in enumerate(explanation.instances) if label not in seen]
        seen.update(explanation.instances)
        parts.append(explanation.array("input")[new])
    return np.concatenate(parts)


def instance_table(given: Sequence[Explanation], space: DataSpace, view: View) -> pd.DataFrame:
    """Return the instances of all explanations, each once, with its votes and methods."""
    tables: list[pd.DataFrame] = []
    methods: dict[Any, list[str]] = {}
    for explanation in given:
        new = [i for i, label in enumerate(explanation.instances) if label not in methods]
        for label in explanation.instances:
            methods.setdefault(label, []).append(explanation.method)
        place = view.points(space.frame.points(explanation.array("input")[new]))
        said = verdict(
            explanation.array("prediction")[:, new], explanation.outputs, explanation.task
        )
        tables.append(
            table(
                INSTANCES,
                {
                    "instance": explanation.instances[new],
                    "x": place[:, 0],
                    "y": place[:, 1],
                    "predicted": said.predicted,
                    "agreement": said.agreement,
                    "flip_rate": said.flip_rate,
                    "classes": said.classes,
                    "methods": np.full(len(new), "", dtype=object),
                },
            )
        )
    frame = stack(INSTANCES, tables)
    return frame.assign(methods=[", ".join(methods[label]) for label in frame["instance"]])


def axis_table(space: DataSpace, view: View) -> pd.DataFrame:
    """Return how each numeric feature points in a view: the step for one standard deviation."""
    rows = view.projection[space.numeric]
    step = rows * view.scale
    return table(
        AXES,
        {
            "feature": np.array(space.schema.names, dtype=object)[space.numeric],
            "label": np.array([f.label for f in space.schema.features], dtype=object)[
                space.numeric
            ],
            "x": step[:, 0],
            "y": step[:, 1],
            "length": np.linalg.norm(rows, axis=1),
        },
    )


def view_limits(
    points: pd.DataFrame, found: pd.DataFrame, marks: Iterable[Mark], view: View
) -> np.ndarray:
    """Return the range of data, instances and counterfactual points, widened by 5 %."""
    shown = [points[["x", "y"]].to_numpy(), found[["x", "y"]].to_numpy()]
    for mark in marks:
        if isinstance(mark, Connector):
            ends = view.points(mark.origin)[:, None] + view.displacements(mark.step)
            shown.append(ends.reshape(-1, 2))
    every = np.concatenate(shown)
    low, high = every.min(axis=0), every.max(axis=0)
    room = np.where(high > low, high - low, view.scale)
    return np.array([low - PADDING * room, high + PADDING * room])
