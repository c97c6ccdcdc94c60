from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from xaigeo.explainers.background import Background
from xaigeo.explainers.changes.limits import Limits
from xaigeo.explainers.changes.nearest import (
    N_MOVED,
    N_ROUNDS,
    N_TRIALS,
    Approach,
    first_accepted,
    trade_steps,
)
from xaigeo.explainers.changes.proximity import Proximity
from xaigeo.schema import FeatureSchema


@pytest.fixture
def background():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "a": rng.normal(0, 1, 200),
            "b": rng.normal(0, 10, 200),
            "c": rng.choice(["x", "y"], 200),
        }
    )
    schema = FeatureSchema.from_data(frame)
    return Background.from_frame(schema, schema.encode(frame))


def near(background, change_cost):
    limits = Limits.from_background(background.schema, background.rows)
    return Proximity.from_background(background, limits, change_cost)


def make(background, accepts, origins, max_changed=None, change_cost=0.1):
    proximity = near(background, change_cost)
    return Approach(
        proximity, lambda points, places: np.where(accepts(points), 0.0, -1.0), origins, max_changed
    )


def rng_of(seed):
    return np.random.default_rng(seed)


def beyond_one(points):
    return points[:, 0] >= 1.0


def test_columns_that_do_not_matter_are_set_back(background):
    origins = np.array([[0.0, 0.0, 0.0]])
    approach = make(background, beyond_one, origins)
    point = approach.with_fewer_changes(np.array([[1.5, 7.0, 1.0]]))
    assert point.tolist() == [[1.5, 0.0, 0.0]]


def test_the_way_is_shortened_to_where_the_class_changes(background):
    origins = np.array([[0.0, 0.0, 0.0], [0.5, 0.0, 1.0]])
    approach = make(background, beyond_one, origins)
    point = approach.along_the_way(np.array([[2.0, 4.0, 1.0], [1.5, 0.0, 1.0]]))
    assert point[:, 0] == pytest.approx([1.0, 1.0], abs=1e-5)
    assert point[0, 1] == pytest.approx(2.0, abs=1e-5)
    assert beyond_one(point).all()


def test_columns_are_shortened_one_by_one(background):
    origins = np.array([[0.0, 0.0, 0.0]])
    approach = make(background, beyond_one, origins)
    point = approach.column_by_column(np.array([[2.0, 4.0, 0.0]]))
    assert point[0] == pytest.approx([1.0, 0.0, 0.0], abs=1e-5)


def test_a_pivot_brings_in_the_column_that_gains_most(background):
    # Per distance the second column gains more; the first has to go.
    unit = near(background, 0.0).unit

    def lead(points, places):
        return points[:, 0] / unit[0] + 3 * points[:, 1] / unit[1] - 1.0

    origins = np.array([[0.0, 0.0, 0.0]])
    proximity = near(background, 0.0)
    approach = Approach(proximity, lead, origins, None)
    point = approach.by_pivots(np.array([[unit[0] * 1.001, 0.0, 0.0]]))
    assert point[0] == pytest.approx([0.0, unit[1] * 1.001 / 3, 0.0], abs=1e-9)


def test_trades_lower_the_cost_and_keep_the_class(background):
    # A round border, on which no single column is the shortest way.
    def accepts(points):
        return (points[:, 0] ** 2 + (points[:, 1] / 10) ** 2) >= 1.0

    origins = np.array([[0.6, 6.0, 0.0]])
    approach = make(background, accepts, origins, change_cost=0.0)
    start = np.array([[1.0, 12.0, 0.0]])
    steps = trade_steps(np.random.default_rng(0), 1, 3)
    point = approach.by_trades(start, *steps)
    assert accepts(point).all()
    assert approach.proximity.cost(point, origins) < approach.proximity.cost(start, origins)


def test_every_step_keeps_points_accepted_and_never_raises_the_cost(background):
    rng = np.random.default_rng(1)
    weights = rng.normal(size=3) / [1.0, 10.0, 1.0]

    def accepts(points):
        return points @ weights + 0.3 * np.sin(points[:, 0] * 3) > 0.5

    rows = background.rows
    starts = rows[accepts(rows)][:30]
    origins = rows[~accepts(rows)][:30][: len(starts)]
    starts = starts[: len(origins)]
    approach = make(background, accepts, origins)
    steps = trade_steps(rng, len(origins), 3)
    shortened = approach.shorten(starts)
    traded = approach.trade(shortened, *steps)
    finished = approach.finish(traded)
    cost = approach.proximity.cost
    for nearer, before in ((shortened, starts), (traded, shortened), (finished, traded)):
        assert accepts(nearer).all()
        assert (cost(nearer, origins) <= cost(before, origins)).all()


def test_trades_respect_the_most_columns(background):
    origins = np.array([[0.0, 0.0, 0.0]])
    approach = make(background, beyond_one, origins, max_changed=1)
    steps = trade_steps(np.random.default_rng(0), 1, 3)
    point = approach.by_trades(np.array([[2.0, 0.0, 0.0]]), *steps)
    assert (point != origins).sum() == 1


def test_steps_move_one_to_three_columns():
    columns, step = trade_steps(np.random.default_rng(0), 4, 6)
    assert columns.shape == step.shape == (4, N_ROUNDS, N_TRIALS, N_MOVED)
    assert set(np.unique((step != 0).sum(axis=-1))) == {1, 2, 3}
    assert set(np.unique(columns)) == set(range(6))


def test_many_columns_are_set_back_in_few_steps():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(100, 12)))
    schema = FeatureSchema.from_data(frame.set_axis([f"x{j}" for j in range(12)], axis=1))
    background = Background.from_frame(schema, frame.to_numpy())
    n_calls = 0

    def lead(points, places):
        nonlocal n_calls
        n_calls += 1
        return points[:, 3] + points[:, 7] - 1.9

    approach = Approach(near(background, 0.1), lead, np.zeros((1, 12)), None)
    point = approach.with_fewer_changes(np.ones((1, 12)))
    assert np.flatnonzero(point[0]).tolist() == [3, 7]
    assert n_calls <= 6


def test_a_point_that_is_not_sparse_keeps_its_direction(background):
    origins = np.array([[0.0, 0.0, 0.0]])
    approach = replace(make(background, beyond_one, origins), sparse=False)
    start = np.array([[2.0, 4.0, 0.0]])
    point = approach.finish(approach.trade(approach.shorten(start), *trade_steps(rng_of(0), 1, 3)))
    assert point[0] == pytest.approx([1.0, 2.0, 0.0], abs=1e-5)


def test_memory_of_a_point_grows_with_its_trials():
    assert Approach.bytes_per_point(100) > 50 * Approach.bytes_per_point(10)


def test_acceptance_is_found_where_it_begins():
    border = np.array([0.0, 0.3, 0.999, 1.0])
    found = first_accepted(lambda fraction: fraction >= border, np.zeros(4), np.ones(4))
    assert found == pytest.approx(border, abs=1e-6)
    assert (found >= border).all()


def test_of_several_stretches_a_near_one_is_found():
    def accepted(fraction):
        return ((fraction > 0.2) & (fraction < 0.3)) | (fraction > 0.7)

    found = first_accepted(accepted, np.zeros(1), np.ones(1))
    assert found == pytest.approx(0.2, abs=1e-6)


def test_after_a_first_look_only_promising_columns_are_probed(background, monkeypatch):
    proximity = near(background, 0.0)
    unit = proximity.unit

    def lead(points, places):
        return points[:, 0] / unit[0] + 3 * points[:, 1] / unit[1] - 1.0

    approach = Approach(proximity, lead, np.zeros((1, 3)), None)
    start = np.array([[unit[0] * 1.001, 0.0, 0.0]])
    whole = approach.by_pivots(start)
    monkeypatch.setattr("xaigeo.explainers.changes.nearest.N_COLUMNS", 1)
    assert (approach.by_pivots(start) == whole).all()
