"""The data under the marks: background rows, instances, and the room they need."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from xaigeo.explanations import Explanation
from xaigeo.geometry.connector import Connector
from xaigeo.geometry.mark import Mark
from xaigeo.geometry.prediction import verdict
from xaigeo.geometry.table import Columns, stack, table
from xaigeo.geometry.view import FeaturePair

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
_PADDING: Final = 0.05


def point_table(explanation: Explanation, pair: FeaturePair) -> pd.DataFrame:
    """Return the background rows of an explanation, with what most seeds predict there."""
    rows = explanation.array("background")
    said = verdict(
        explanation.array("background_prediction"), explanation.outputs, explanation.task
    )
    place = pair.points(pair.frame.points(rows))
    return table(
        POINTS,
        {
            "background_row": np.arange(len(rows)),
            "x": place[:, 0],
            "y": place[:, 1],
            "predicted": said.predicted,
            "agreement": said.agreement,
        },
    )


def instance_table(given: Sequence[Explanation], pair: FeaturePair) -> pd.DataFrame:
    """Return the instances of all explanations, each once, with its votes and methods."""
    tables: list[pd.DataFrame] = []
    methods: dict[Any, list[str]] = {}
    for explanation in given:
        new = [i for i, label in enumerate(explanation.instances) if label not in methods]
        for label in explanation.instances:
            methods.setdefault(label, []).append(explanation.method)
        place = pair.points(pair.frame.points(explanation.array("input")[new]))
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


def view_limits(
    points: pd.DataFrame, found: pd.DataFrame, marks: Iterable[Mark], pair: FeaturePair
) -> np.ndarray:
    """Return the range of data, instances and counterfactual points, widened by 5 %."""
    places = list(pair.places)
    shown = [points[["x", "y"]].to_numpy(), found[["x", "y"]].to_numpy()]
    shown += [m.point[..., places].reshape(-1, 2) for m in marks if isinstance(m, Connector)]
    every = np.concatenate(shown)
    low, high = every.min(axis=0), every.max(axis=0)
    room = np.where(high > low, high - low, pair.scale)
    return np.array([low - _PADDING * room, high + _PADDING * room])
