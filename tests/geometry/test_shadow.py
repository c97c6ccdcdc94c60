from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from xaigeo.geometry.shadow import Shadow, joined, part, xy
from xaigeo.geometry.view import Projection

COLUMNS = {"name": "text", "x": "float64", "y": "float64"}


@dataclass(frozen=True, eq=False)
class Corners(Shadow):
    made: list

    columns: ClassVar = {"corners": COLUMNS}

    def facts(self):
        self.made.append(1)
        return {"corners": pd.DataFrame({"name": ["p", "q"], "more": [0, 0]})}

    def moving(self, view):
        return {"corners": xy(view.points(np.eye(2)))}


def test_facts_are_made_once_and_places_for_each_view():
    corners = Corners([])
    upright = corners.tables(Projection(np.eye(2)))["corners"]
    turned = corners.tables(Projection(np.eye(2)[:, ::-1]))["corners"]
    assert corners.made == [1]
    assert list(upright.columns) == list(COLUMNS)
    assert upright["x"].tolist() == [1.0, 0.0]
    assert turned["x"].tolist() == [0.0, 1.0]


def test_parts_and_layers():
    assert part(COLUMNS, ("x", "y")) == {"name": "text"}
    layers = joined({"x": np.zeros((2, 2))}, {"x": np.ones(1)})
    assert layers["x"].tolist() == [0, 0, 0, 0, 1]
