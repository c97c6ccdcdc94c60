from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from xaigeo.explainers.background import Background
from xaigeo.explainers.changes.column_merging import merge_columns
from xaigeo.explainers.changes.limits import Limits
from xaigeo.explainers.changes.nearest import Approach
from xaigeo.explainers.changes.proximity import Proximity
from xaigeo.schema import FeatureSchema

SLOPE = np.array([1.0, 1.1, 0.9, 0.2])


@pytest.fixture
def approach():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.uniform(-3, 3, (200, 4)), columns=list("abcd"))
    schema = FeatureSchema.from_data(frame)
    background = Background.from_frame(schema, frame.to_numpy())
    limits = Limits.from_background(schema, background.rows)

    def make(change_cost, lead):
        proximity = Proximity.from_background(background, limits, change_cost)
        return Approach(proximity, lead, np.zeros((1, 4)), None)

    return make


def linear(points, places):
    return points @ SLOPE - 2.0


def test_one_column_takes_over_the_way_of_others(approach):
    # Every column at its end could do it alone but the last.
    own = approach(1.0, linear)
    point = merge_columns(own, np.array([[0.8, 0.5, 0.8, 0.0]]))
    assert (point != 0).sum() == 1
    assert linear(point, None) >= 0
    # What is left is short up to the rough cut of the way.
    assert point[0].max() == pytest.approx(2.0 / SLOPE[np.argmax(point[0])], abs=0.02)


def test_nothing_is_merged_where_it_costs_more(approach):
    own = approach(0.0, lambda points, places: np.minimum(points[:, 0], points[:, 1]) - 0.5)
    start = np.array([[0.5, 0.5, 0.0, 0.0]])
    assert (merge_columns(own, start) == start).all()


def test_merged_points_are_accepted_and_cheaper(approach):
    own = approach(0.5, lambda points, places: points @ SLOPE + np.sin(3 * points[:, 2]) - 2.5)
    rng = np.random.default_rng(1)
    for start in rng.uniform(0.5, 2.0, (20, 1, 4)):
        if own.lead(start, np.zeros(1, dtype=int))[0] < 0:
            continue
        point = merge_columns(own, start)
        assert own.accepts(point, np.zeros(1, dtype=int)).all()
        assert own.proximity.cost(point, own.origins) <= own.proximity.cost(start, own.origins)


def test_of_many_columns_the_promising_ones_take_over(approach, monkeypatch):
    own = approach(1.0, linear)
    start = np.array([[0.8, 0.5, 0.8, 0.0]])
    whole = merge_columns(own, start)
    monkeypatch.setattr("xaigeo.explainers.changes.column_merging.N_COLUMNS", 2)
    assert (merge_columns(own, start) == whole).all()
