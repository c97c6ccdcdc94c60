"""The data under the marks: background rows, instances, and the room they need."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Final

import numpy as np
import pandas as pd

from xaigeo.explanations import Explanation
from xaigeo.geometry.connector import Connector
from xaigeo.geometry.data_space import DataSpace
from xaigeo.geometry.mark import PADDING, Mark
from xaigeo.geometry.prediction import verdict
from xaigeo.geometry.shadow import Moving, Shadow, Tables, part, xy
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


@dataclass(frozen=True, eq=False)
class DataShadow(Shadow):
    """The background, the instances and the features' axes.

    Attributes
    ----------
    space : DataSpace
    given : sequence of Explanation
        Whose instances are shown, each once.
    target : int
        Place of the target that a regression's values are of.
    """

    space: DataSpace
    given: Sequence[Explanation]
    target: int = 0

    columns: ClassVar[dict[str, Columns]] = {
        "points": POINTS,
        "instances": INSTANCES,
        "axes": AXES,
    }

    def facts(self) -> Tables:
        """Return what most seeds predict for rows and instances, and the features' names."""
        space, explanation = self.space, self.space.explanation
        said = verdict(
            explanation.array("background_prediction"),
            explanation.outputs,
            explanation.task,
            self.target,
        )
        features = [space.schema.features[j] for j in space.numeric]
        return {
            "points": table(
                part(POINTS, ("x", "y")),
                {
                    "background_row": np.arange(len(space.rows)),
                    "predicted": said.predicted,
                    "agreement": said.agreement,
                },
            ),
            "instances": self._instances(),
            "axes": table(
                {"feature": "text", "label": "text"},
                {
                    "feature": np.array([f.name for f in features], dtype=object),
                    "label": np.array([f.label for f in features], dtype=object),
                },
            ),
        }

    def moving(self, view: View) -> Moving:
        """Return where rows and instances lie, and the step of each feature's deviation."""
        rows = view.projection[self.space.numeric]
        return {
            "points": xy(view.points(self.space.z)),
            "instances": xy(view.points(self.z)),
            "axes": xy(rows * view.scale) | {"length": np.linalg.norm(rows, axis=1)},
        }

    @cached_property
    def new(self) -> list[list[int]]:
        """Places of the instances that no explanation before has, by explanation."""
        seen: set[Any] = set()
        places = []
        for explanation in self.given:
            labels = explanation.instances.tolist()
            places.append([i for i, label in enumerate(labels) if label not in seen])
            seen.update(labels)
        return places

    @cached_property
    def z(self) -> np.ndarray:
        """Standardised instances, shape (n_instances, n_features)."""
        rows = [e.array("input")[new] for e, new in zip(self.given, self.new, strict=True)]
        return self.space.frame.points(np.concatenate(rows))

    def _instances(self) -> pd.DataFrame:
        methods: dict[Any, list[str]] = {}
        for explanation in self.given:
            for label in explanation.instances.tolist():
                methods.setdefault(label, []).append(explanation.method)
        tables = []
        for explanation, new in zip(self.given, self.new, strict=True):
            said = verdict(
                explanation.array("prediction")[:, new],
                explanation.outputs,
                explanation.task,
                self.target,
            )
            labels = explanation.instances[new]
            tables.append(
                table(
                    part(INSTANCES, ("x", "y")),
                    {
                        "instance": labels,
                        "predicted": said.predicted,
                        "agreement": said.agreement,
                        "flip_rate": said.flip_rate,
                        "classes": said.classes,
                        "methods": np.array(
                            [", ".join(methods[label]) for label in labels.tolist()], dtype=object
                        ),
                    },
                )
            )
        return stack(part(INSTANCES, ("x", "y")), tables)


def view_limits(data: DataShadow, marks: Iterable[Mark], view: View) -> np.ndarray:
    """Return the range of data, instances and counterfactual points, widened by 5 %."""
    shown = [view.points(data.space.z), view.points(data.z)]
    for mark in marks:
        if isinstance(mark, Connector):
            ends = view.points(mark.origin)[:, None] + view.displacements(mark.step)
            shown.append(ends.reshape(-1, 2))
    every = np.concatenate(shown)
    low, high = every.min(axis=0), every.max(axis=0)
    room = np.where(high > low, high - low, view.scale)
    return np.array([low - PADDING * room, high + PADDING * room])
