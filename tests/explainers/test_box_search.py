from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from xaigeo.explainers.background import Background
from xaigeo.explainers.box_search import BoxSearch, Pool, Predicates
from xaigeo.explainers.cells import Cells
from xaigeo.explainers.confidence import allowed_misses
from xaigeo.schema import FeatureSchema

N_ROWS = 600


@pytest.fixture
def background():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "a": rng.uniform(0, 10, N_ROWS),
            "b": rng.uniform(0, 10, N_ROWS),
            "c": rng.choice(["x", "y", "z"], N_ROWS),
        }
    )
    schema = FeatureSchema.from_data(frame)
    return Background.from_frame(schema, schema.encode(frame))


@pytest.fixture
def cells(background):
    return Cells.from_background(background, n_cuts=5)


def make_search(cells, background, **changes):
    settings = {
        "limits": allowed_misses(N_ROWS, 0.9, 0.1),
        "beam": 4,
        "max_predicates": None,
    } | changes
    return BoxSearch(cells, cells.of(background.rows), **settings)


def all_rules(cells, places):
    """Every box around an instance: intervals of cells, sets of categories."""
    choices = []
    for j, place in enumerate(places):
        part = cells.part(j)
        width, own = part.stop - part.start, place - part.start
        if cells.schema.features[j].kind == "categorical":
            masks = [
                np.array(mask)
                for mask in itertools.product([False, True], repeat=width)
                if mask[own]
            ]
        else:
            masks = [
                (np.arange(width) >= a) & (np.arange(width) <= b)
                for a in range(own + 1)
                for b in range(own, width)
            ]
        choices.append(masks)
    return [np.concatenate(masks) for masks in itertools.product(*choices)]


def misses(rule, pool):
    inside = rule[pool.rows].all(axis=1)
    return int(inside.sum()), int((~pool.hits[inside]).sum())


def coverage(rule, background, cells):
    return int(rule[cells.of(background.rows)].all(axis=1).sum())


def truth(rows, name):
    a, b, c = rows.T
    return {
        "interval": (a > 2) & (a < 7),
        "corner": (a > 4) & (b < 6),
        "set": (c != 1) & (b > 3),
        "all three": (a > 2) & (b < 8) & (c == 0),
    }[name]


@pytest.mark.parametrize("name", ["interval", "corner", "set", "all three"])
def test_a_box_is_found_that_covers_as_much_as_the_best_of_all(background, cells, name):
    pool = Pool(cells.of(background.rows), truth(background.rows, name))
    search = make_search(cells, background)
    instances = np.flatnonzero(pool.hits)[:5]
    for instance in instances:
        places = pool.rows[instance]
        rule, reached = search.find(
            Predicates.at(cells, places), pool, np.ones(cells.n_cells, dtype=bool)
        )
        feasible = [
            coverage(candidate, background, cells)
            for candidate in all_rules(cells, places)
            if (counts := misses(candidate, pool))[1] <= search.limits[counts[0]]
        ]
        assert reached
        assert coverage(rule, background, cells) == max(feasible)


def test_no_found_box_can_be_widened_by_opening_one_column(background, cells):
    rng = np.random.default_rng(1)
    slope = rng.normal(size=(3, 2))
    values = (background.rows[:, :2] - 5) @ slope.T
    for hits in values.T > 0:
        pool = Pool(cells.of(background.rows), hits)
        search = make_search(cells, background)
        places = pool.rows[int(np.abs(values).sum(axis=1).argmax())]
        if not hits[int(np.abs(values).sum(axis=1).argmax())]:
            pool = Pool(pool.rows, ~hits)
        rule, reached = search.find(
            Predicates.at(cells, places), pool, np.ones(cells.n_cells, dtype=bool)
        )
        assert reached
        for wider in all_rules(cells, places):
            differs = [j for j in range(3) if (wider[cells.part(j)] != rule[cells.part(j)]).any()]
            if len(differs) == 1 and (wider >= rule).all():
                n, n_misses = misses(wider, pool)
                assert n_misses > search.limits[n]


def test_no_predicate_is_needed_where_the_answer_never_changes(background, cells):
    pool = Pool(cells.of(background.rows), np.ones(N_ROWS, dtype=bool))
    start = np.ones(cells.n_cells, dtype=bool)
    rule, reached = make_search(cells, background).find(
        Predicates.at(cells, pool.rows[0]), pool, start
    )
    assert reached
    assert rule.all()


def test_a_search_that_fails_returns_its_narrowest_rule(background, cells):
    hits = np.random.default_rng(0).random(N_ROWS) < 0.5
    pool = Pool(cells.of(background.rows), hits)
    rule, reached = make_search(cells, background).find(
        Predicates.at(cells, pool.rows[0]), pool, np.ones(cells.n_cells, dtype=bool)
    )
    assert not reached
    assert rule[pool.rows[0]].all()
    assert not rule.all()


def test_rules_stay_inside_the_rule_they_start_from(background, cells):
    rows = background.rows
    start = np.ones(cells.n_cells, dtype=bool)
    start[cells.part(0).start] = False
    places = cells.of(rows)
    inside = start[places].all(axis=1)
    pool = Pool(places[inside], truth(rows, "corner")[inside])
    own = pool.rows[np.flatnonzero(pool.hits)[0]]
    rule, reached = make_search(cells, background).find(Predicates.at(cells, own), pool, start)
    assert reached
    assert (rule <= start).all()


def test_max_predicates_bounds_the_columns_of_a_rule(background, cells):
    pool = Pool(cells.of(background.rows), truth(background.rows, "all three"))
    own = pool.rows[np.flatnonzero(pool.hits)[0]]
    search = make_search(cells, background, max_predicates=2)
    rule, _ = search.find(Predicates.at(cells, own), pool, np.ones(cells.n_cells, dtype=bool))
    assert cells.restricted(rule).sum() <= 2


def test_predicate_counts_equal_a_loop(background, cells):
    places = cells.of(background.rows)
    predicates = Predicates.at(cells, places[3])
    counts = predicates.counts(places[:50], cells.n_cells)
    assert len(counts) == len(predicates.column) > 0
    for k, j in enumerate(predicates.column):
        assert counts[k] == predicates.holds(k, places[:50, j]).sum()
        assert predicates.holds(k, places[3, j])
