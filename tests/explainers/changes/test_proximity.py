from __future__ import annotations

import numpy as np
import pytest

from xaigeo.explainers.background import Background
from xaigeo.explainers.changes.constraints import Constraints
from xaigeo.explainers.changes.proximity import Proximity


@pytest.fixture
def background(mixed_frame, mixed_schema):
    return Background.from_frame(mixed_schema, mixed_schema.encode(mixed_frame))


@pytest.fixture
def proximity(background):
    limits = Constraints(immutable=["size"]).limits(background.schema, background.rows)
    return Proximity.from_background(background, limits, change_cost=0.5)


def test_distance_is_in_median_absolute_deviations_and_changed_categories(background, proximity):
    points, origins = background.rows[:10], background.rows[10:20]
    mad = [np.median(np.abs(c - np.median(c))) for c in background.rows[:, :2].T]
    for point, origin, distance in zip(
        points, origins, proximity.distance(points, origins), strict=True
    ):
        by_hand = sum(abs(point[j] - origin[j]) / mad[j] for j in range(2))
        by_hand += sum(float(point[j] != origin[j]) for j in range(2, 5))
        assert distance == pytest.approx(by_hand)


def test_cost_adds_a_price_for_each_changed_column(background, proximity):
    point, origin = background.rows[0].copy(), background.rows[0]
    point[[0, 2]] = [point[0] + 1, (point[2] + 1) % 3]
    extra = proximity.cost(point, origin) - proximity.distance(point, origin)
    assert extra == pytest.approx(2 * 0.5)


def test_possible_points_are_whole_within_range_and_keep_fixed_columns(background, proximity):
    origin = background.rows[0]
    wild = origin + np.array([1e6, 0.4, 0.0, 0.0, 1.0])
    point = proximity.possible(wild, origin)
    assert point[0] == background.rows[:, 0].max()
    assert point[1] == origin[1]
    assert point[4] == origin[4]


def test_an_origin_beyond_the_range_may_stay_there(background, proximity):
    origin = background.rows[0].copy()
    origin[0] = 1e3
    assert (proximity.possible(origin, origin) == origin).all()


def test_categories_on_the_way_are_those_of_the_end(background, proximity):
    origin, end = background.rows[0], background.rows[0].copy()
    end[[0, 2]] = [origin[0] + 2.0, (origin[2] + 1) % 3]
    middle = proximity.between(end, origin, np.array([0.25]))
    assert middle[0] == pytest.approx(origin[0] + 0.5)
    assert middle[2] == end[2]


def test_parts_add_up_to_the_distance(background, proximity):
    points, origins = background.rows[:10], background.rows[10:20]
    parts = proximity.parts(points, origins)
    assert parts.sum(axis=-1) == pytest.approx(proximity.distance(points, origins))
    assert (parts[:, 2] == (points[:, 2] != origins[:, 2])).all()
