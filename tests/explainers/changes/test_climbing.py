from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from xaigeo.explainers.changes.climbing import N_VALUES, climb, moves
from xaigeo.explainers.changes.constraints import Constraints


def test_moves_are_values_of_single_columns(mixed_frame, mixed_schema):
    rows = mixed_schema.encode(mixed_frame)
    limits = Constraints(immutable=["wild"], allowed={"colour": ["red"]}).limits(mixed_schema, rows)
    columns, values = moves(limits)
    assert np.bincount(columns, minlength=5).tolist() == [N_VALUES, N_VALUES, 1, 0, 3]
    assert values[columns == 2].tolist() == [2.0]


def test_a_linear_model_is_climbed_by_its_steepest_columns(make_search_task, wrap_values, linear):
    rng = np.random.default_rng(0)
    rows = rng.uniform(-1, 1, (100, 4))
    rows[0], rows[1] = -1.0, 1.0
    slope = (1.0, -4.0, 2.0, 0.5)
    ensemble = wrap_values(linear(slope), rows=rows)
    start = np.zeros((1, 4))
    task = make_search_task(ensemble, start, rows, wish={"target": (5.5, None)})
    points, accepted = climb(task, np.zeros(1, dtype=int), np.zeros(1, dtype=int))
    # 0.5 at the start; the second column adds 4, the third 2.
    assert accepted.all()
    assert points[0].tolist() == [0.0, -1.0, 1.0, 0.0]


def test_what_cannot_be_reached_is_climbed_as_far_as_it_goes(make_search_task, wrap_values, linear):
    rng = np.random.default_rng(0)
    rows = rng.uniform(-1, 1, (100, 2))
    ensemble = wrap_values(linear((1.0, -4.0)), rows=rows)
    task = make_search_task(ensemble, rows[:3], rows, wish={"target": (100.0, None)})
    points, accepted = climb(task, np.zeros(3, dtype=int), np.arange(3))
    assert not accepted.any()
    assert points == pytest.approx(np.tile([rows[:, 0].max(), rows[:, 1].min()], (3, 1)))


def test_little_memory_changes_no_point(make_search_task, species, birds):
    task = make_search_task(species, birds.iloc[::60], birds)
    model, instance = np.indices(task.shape).reshape(2, -1)
    points, accepted = climb(task, model, instance)
    again = climb(replace(task, max_memory=1), model, instance)
    assert (again[0] == points).all()
    assert (again[1] == accepted).all()
    assert (task.goal.lead(points, model, instance) >= 0).tolist() == accepted.tolist()


def test_of_many_moves_the_best_are_tried_again(make_search_task, wrap_values, linear, monkeypatch):
    rng = np.random.default_rng(0)
    rows = rng.uniform(-1, 1, (100, 6))
    slope = (1.0, -4.0, 2.0, 0.5, 3.0, -0.2)
    ensemble = wrap_values(linear(slope), rows=rows)
    task = make_search_task(ensemble, np.zeros((1, 6)), rows, wish={"target": (7.0, None)})
    place = np.zeros(1, dtype=int)
    whole = climb(task, place, place)
    # Three steps of six columns: ten moves, on both sides of the start, hold their ends.
    monkeypatch.setattr("xaigeo.explainers.changes.climbing.N_MOVES", 10)
    few = climb(task, place, place)
    assert whole[1].all()
    assert (few[0] == whole[0]).all()
