from __future__ import annotations

import numpy as np
import pytest

from xaigeo.explainers.background import Background
from xaigeo.explainers.changes.limits import Limits
from xaigeo.explainers.changes.plausibility import N_NEIGHBOURS, Plausibility
from xaigeo.explainers.changes.proximity import Proximity


@pytest.fixture
def rows(mixed_frame, mixed_schema):
    return mixed_schema.encode(mixed_frame)


@pytest.fixture
def proximity(rows, mixed_schema):
    background = Background.from_frame(mixed_schema, rows)
    return Proximity.from_background(background, Limits.from_background(mixed_schema, rows), 0.1)


@pytest.fixture
def wanted(rows):
    """Two models, one instance; the models give the wanted answer to different rows."""
    mask = np.zeros((2, 1, len(rows)), dtype=bool)
    mask[0, 0, ::2] = True
    mask[1, 0, :15] = True
    return mask


def by_hand(point, rows, proximity, leave_out=None):
    far = [proximity.distance(point, row) for k, row in enumerate(rows) if k != leave_out]
    return np.mean(sorted(far)[:N_NEIGHBOURS])


def test_distance_is_the_mean_to_the_nearest_rows_with_the_wanted_answer(rows, proximity, wanted):
    near = Plausibility(rows, proximity, wanted, 0.0, 2**20)
    points = rows[1:9] + 0.25
    model, instance = np.arange(8) % 2, np.zeros(8, dtype=int)
    found = near.distance(points, model, instance)
    for point, place, distance in zip(points, model, found, strict=True):
        assert distance == pytest.approx(by_hand(point, rows[wanted[place, 0]], proximity))


def test_plausibility_is_the_share_of_rows_as_far_from_theirs(rows, proximity, wanted):
    near = Plausibility(rows, proximity, wanted, 0.0, 2**20)
    points = rows[:6] + 0.1
    model = instance = np.zeros(6, dtype=int)
    distance = near.distance(points, model, instance)
    held = rows[wanted[0, 0]]
    own = np.array([by_hand(row, held, proximity, leave_out=k) for k, row in enumerate(held)])
    assert near.share(distance, model, instance) == pytest.approx(
        [(own >= d).mean() for d in distance]
    )


def test_room_is_positive_where_a_point_is_plausible_enough(rows, proximity, wanted):
    near = Plausibility(rows, proximity, wanted, 0.4, 2**20)
    points = np.concatenate([rows, rows + np.array([40.0, 0, 0, 0, 0])])
    model, instance = np.ones(len(points), dtype=int), np.zeros(len(points), dtype=int)
    share = near.share(near.distance(points, model, instance), model, instance)
    room = near.room(points, model, instance)
    assert ((room >= 0) == (share >= 0.4)).all()
    assert (room >= 0).any()
    assert (room < 0).any()


def test_room_of_shared_rows_is_that_of_each_model(rows, proximity, wanted):
    # Fewer rows than are looked at, so that nothing is missed.
    near = Plausibility(rows, proximity, wanted, 0.4, 2**20)
    shared = near.shared_room(rows, 0)
    for model in range(2):
        own = near.room(rows, np.full(len(rows), model), np.zeros(len(rows), dtype=int))
        np.testing.assert_allclose(shared[model], own)


def test_where_no_row_has_the_wanted_answer_nothing_is_plausible(rows, proximity):
    near = Plausibility(rows, proximity, np.zeros((1, 1, len(rows)), dtype=bool), 0.2, 2**20)
    place = np.zeros(3, dtype=int)
    distance = near.distance(rows[:3], place, place)
    assert np.isinf(distance).all()
    assert np.isnan(near.share(distance, place, place)).all()
    assert (near.shared_room(rows[:3], 0) < 0).all()


def test_little_memory_changes_no_distance(rows, proximity, wanted):
    place = np.zeros(20, dtype=int)
    much = Plausibility(rows, proximity, wanted, 0.0, 2**20).distance(rows[:20], place, place)
    little = Plausibility(rows, proximity, wanted, 0.0, 1).distance(rows[:20], place, place)
    np.testing.assert_allclose(little, much)
