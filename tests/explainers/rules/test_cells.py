from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from xaigeo.explainers.background import Background
from xaigeo.explainers.rules.cells import Cells
from xaigeo.schema import FeatureSchema


@pytest.fixture
def background(mixed_frame, mixed_schema):
    return Background.from_frame(mixed_schema, mixed_schema.encode(mixed_frame))


def column(values):
    frame = pd.DataFrame({"x": values})
    schema = FeatureSchema.from_data(frame)
    return Background.from_frame(schema, schema.encode(frame))


def flat(cells, rows):
    """Places of values in the row of all cells, shape (n_rows, n_features)."""
    return cells.places(rows).T + cells.offsets[:-1]


def test_no_background_value_lies_on_an_edge_and_every_cell_holds_some(background):
    cells = Cells.from_background(background, n_cuts=6)
    for j, edges in enumerate(cells.edges):
        assert not np.isin(edges, background.rows[:, j]).any()
        assert (np.diff(edges) > 0).all()
    numeric = np.flatnonzero(~background.schema.discrete)
    counts = np.bincount(flat(cells, background.rows).ravel(), minlength=cells.n_cells)
    for j in numeric:
        assert (counts[cells.part(j)] > 0).all()


def test_edges_lie_near_evenly_spaced_quantiles():
    cells = Cells.from_background(column(np.arange(100.0)), n_cuts=3)
    assert cells.edges[0].tolist() == [24.5, 49.5, 74.5]


def test_few_values_are_all_told_apart():
    cells = Cells.from_background(column([1.0, 1.0, 2.0, 4.0]), n_cuts=10)
    assert cells.edges[0].tolist() == [1.5, 3.0]


def test_a_heavy_value_has_a_cell_of_its_own():
    cells = Cells.from_background(column([0.0] * 90 + list(range(1, 31))), n_cuts=10)
    assert cells.edges[0][0] == 0.5


def test_neighbouring_floats_leave_no_room_for_an_edge():
    cells = Cells.from_background(column([1.0, np.nextafter(1.0, 2.0)]), n_cuts=5)
    assert cells.edges[0].tolist() == []


def test_a_constant_column_is_one_cell():
    assert Cells.from_background(column([3.0, 3.0]), n_cuts=5).n_cells == 1


def test_bounds_say_what_the_cells_say(background):
    cells = Cells.from_background(background, n_cuts=4)
    rng = np.random.default_rng(0)
    places = flat(cells, background.rows)
    for _ in range(50):
        rule = np.ones(cells.n_cells, dtype=bool)
        for j, feature in enumerate(background.schema.features):
            part = cells.part(j)
            width = part.stop - part.start
            if feature.is_discrete:
                rule[part] = np.isin(np.arange(width), rng.integers(width, size=2))
            else:
                first, last = np.sort(rng.integers(width, size=2))
                rule[part] = (np.arange(width) >= first) & (np.arange(width) <= last)
        lower, upper, allowed = cells.bounds(rule)
        inside = ((background.rows >= lower) & (background.rows <= upper)).all(axis=1)
        for j in np.flatnonzero(background.schema.discrete):
            inside &= allowed[j][background.rows[:, j].astype(int)]
        assert (inside == rule[places].all(axis=1)).all()


def test_an_open_rule_has_open_bounds(background):
    cells = Cells.from_background(background, n_cuts=4)
    rule = np.ones(cells.n_cells, dtype=bool)
    lower, upper, allowed = cells.bounds(rule)
    assert np.isneginf(lower).all()
    assert np.isposinf(upper).all()
    assert allowed.all()
    assert not cells.restricted(rule).any()
    rule[cells.part(2).start] = False
    assert cells.restricted(rule).tolist() == [False, False, True, False, False]


def test_many_rules_have_the_bounds_that_each_has_alone(background):
    cells = Cells.from_background(background, n_cuts=4)
    rules = np.ones((2, 3, cells.n_cells), dtype=bool)
    rules[0, 1, cells.part(0).start] = False
    rules[1, 2, cells.part(2).stop - 1] = False
    together = cells.bounds(rules)
    for place in np.ndindex(2, 3):
        for one, whole in zip(cells.bounds(rules[place]), together, strict=True):
            assert (one == whole[place]).all()


def test_a_value_on_an_edge_lies_in_the_cell_above(background):
    cells = Cells.from_background(background, n_cuts=4)
    numeric = np.flatnonzero(~background.schema.discrete)
    rows = background.rows[:1].repeat(3, axis=0)
    for j in numeric:
        edge = cells.edges[j][1]
        rows[:, j] = [np.nextafter(edge, -np.inf), edge, np.nextafter(edge, np.inf)]
    places = cells.places(rows)
    assert places.dtype == np.uint16
    assert (places[numeric] == [1, 2, 2]).all()


def test_rows_that_obey_have_all_their_cells_open(background):
    cells = Cells.from_background(background, n_cuts=4)
    places = cells.places(background.rows)
    rng = np.random.default_rng(0)
    for _ in range(20):
        rule = rng.random(cells.n_cells) < 0.8
        expected = [rule[row].all() for row in flat(cells, background.rows)]
        assert cells.obeying(rule, places).tolist() == expected
