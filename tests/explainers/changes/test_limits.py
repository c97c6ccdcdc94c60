from __future__ import annotations

import numpy as np
import pytest

from xaigeo.explainers.changes.constraints import Constraints
from xaigeo.explainers.changes.limits import Limits


@pytest.fixture
def rows(mixed_frame, mixed_schema):
    return mixed_schema.encode(mixed_frame)


def test_without_constraints_limits_are_those_of_the_background(rows, mixed_schema):
    limits = Limits.from_background(mixed_schema, rows)
    low, high = limits.ends(rows[:3])
    assert (low == rows.min(axis=0)).all()
    assert (high == rows.max(axis=0)).all()
    assert limits.values(2).tolist() == [0.0, 1.0, 2.0]


def test_possible_points_are_whole_and_within_range(rows, mixed_schema):
    limits = Limits.from_background(mixed_schema, rows)
    origin = rows[0]
    point = limits.possible(origin + np.array([1e6, 0.4, 0.0, 0.0, 0.0]), origin)
    assert point[0] == rows[:, 0].max()
    assert (point[1:] == origin[1:]).all()


def test_a_range_of_the_background_is_widened_to_the_instance_and_a_named_one_is_not(
    rows, mixed_schema
):
    origin = rows[0].copy()
    origin[0] = 1e3
    free = Limits.from_background(mixed_schema, rows)
    assert free.ends(origin)[1][0] == 1e3
    named = Constraints(ranges={"length": (40, 60)}).limits(mixed_schema, rows)
    # The instance may stay beyond the range; a changed value may not lie there.
    assert (named.possible(origin, origin) == origin).all()
    moved = origin.copy()
    moved[0] = 500.0
    assert named.possible(moved, origin)[0] == 60.0


def test_an_open_side_keeps_the_end_of_the_background(rows, mixed_schema):
    limits = Constraints(ranges={"length": (None, 52)}).limits(mixed_schema, rows)
    low, high = limits.ends(rows[:1])
    assert low[0, 0] == rows[:, 0].min()
    assert high[0, 0] == 52


def test_columns_rise_fall_and_step_no_farther_than_they_may(rows, mixed_schema):
    limits = Constraints(
        increase=["length"], decrease=["count"], max_step={"length": 2.0, "size": 1}
    ).limits(mixed_schema, rows)
    low, high = limits.ends(rows)
    assert (low[:, 0] == rows[:, 0]).all()
    assert (high[:, 0] <= rows[:, 0] + 2.0).all()
    assert (high[:, 1] == rows[:, 1]).all()
    largest = rows[rows[:, 4] == 0][0]
    far = largest.copy()
    far[4] = 2.0
    assert limits.possible(far, largest)[4] == 0.0
    far[4] = 1.0
    assert limits.possible(far, largest)[4] == 1.0


def test_a_category_out_of_reach_goes_back(rows, mixed_schema):
    colours = mixed_schema["colour"].categories
    limits = Constraints(allowed={"colour": {"red": ["blue"], "green": ["red"]}}).limits(
        mixed_schema, rows
    )
    reached = {}
    for start in range(3):
        origin = rows[0].copy()
        origin[2] = start
        trials = np.repeat(origin[None], 3, axis=0)
        trials[:, 2] = [0, 1, 2]
        ends = limits.possible(trials, origin)[:, 2].astype(int)
        reached[colours[start]] = {colours[e] for e in ends} - {colours[start]}
    assert reached == {"red": {"blue"}, "green": {"red"}, "blue": {"red", "green"}}


def test_a_column_without_room_keeps_its_value(rows, mixed_schema):
    limits = Constraints(increase=["length"], ranges={"length": (0, 10)}).limits(mixed_schema, rows)
    low, high = limits.ends(rows)
    assert (low[:, 0] == rows[:, 0]).all()
    assert (high[:, 0] == rows[:, 0]).all()
    assert (limits.possible(rows + 1.0, rows)[:, 0] == rows[:, 0]).all()


def test_known_ends_give_the_same_points(rows, mixed_schema):
    limits = Constraints(immutable=["wild"], increase=["count"]).limits(mixed_schema, rows)
    points = rows[::-1]
    again = limits.possible(points, rows, limits.ends(rows))
    assert (limits.possible(points, rows) == again).all()
