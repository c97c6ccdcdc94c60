from __future__ import annotations

import numpy as np
import pytest

from xaigeo.explainers.background import Background
from xaigeo.explainers.changes.constraints import Constraints
from xaigeo.explainers.changes.proximity import Proximity
from xaigeo.explainers.changes.unlike_rows import GRID_SIZE, UnlikeRows


@pytest.fixture
def background(mixed_frame, mixed_schema):
    return Background.from_frame(mixed_schema, mixed_schema.encode(mixed_frame))


def make(background, *, max_changed=None, **constraints):
    limits = Constraints(**constraints).limits(background.schema, background.rows)
    proximity = Proximity.from_background(background, limits, 0.1)
    return UnlikeRows(background, proximity, 50, max_changed)


def test_moves_are_all_values_of_one_column_at_a_time(background):
    columns, values = make(background).moves
    counts = np.bincount(columns)
    # A real column is cut evenly; the whole number has nine values; then the categories.
    assert counts.tolist() == [GRID_SIZE, 9, 3, 2, 3]
    assert values[columns == 2].tolist() == [0.0, 1.0, 2.0]
    assert values[columns == 0][[0, -1]].tolist() == [
        background.rows[:, 0].min(),
        background.rows[:, 0].max(),
    ]


def test_moved_rows_differ_in_one_column(background):
    unlike = make(background)
    rows = unlike.moved(background.rows[:2])
    assert ((rows != background.rows[:2, None]).sum(axis=-1) <= 1).all()


def test_rows_around_an_instance_differ_from_it_and_respect_limits(background):
    unlike = make(background, immutable=["size"], max_changed=2)
    origin = background.rows[0]
    rows = unlike.around(origin, np.random.default_rng(0))
    n_changed = (rows != origin).sum(axis=1)
    assert n_changed.min() == 1
    assert n_changed.max() == 2
    assert (rows[:, 4] == origin[4]).all()


def test_without_limits_whole_background_rows_are_among_them(background):
    origin = background.rows[0]
    rows = make(background).around(origin, np.random.default_rng(0))
    held = {tuple(row) for row in rows}
    others = [row for row in background.rows if (row != origin).any()]
    assert all(tuple(row) in held for row in others)


def test_moves_are_those_that_are_allowed(background):
    unlike = make(background, ranges={"length": (10, 20)}, allowed={"colour": ["red"]})
    columns, values = unlike.moves
    assert values[columns == 0] == pytest.approx(np.linspace(10, 20, GRID_SIZE))
    assert values[columns == 2].tolist() == [2.0]


def test_mixtures_take_one_to_all_columns_of_a_row(background):
    unlike = make(background)
    origin = background.rows[0]
    mixed = unlike._mixed(origin, np.random.default_rng(0))
    held = {tuple(row) for row in background.rows}
    assert any(tuple(row) in held for row in mixed)
    n_changed = (mixed != origin).sum(axis=1)
    assert set(np.unique(n_changed)) >= {1, 2, 3}
