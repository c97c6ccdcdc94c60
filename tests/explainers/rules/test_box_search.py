from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from xaigeo.explainers.background import Background
from xaigeo.explainers.rules.box_search import BoxSearch, Pool
from xaigeo.explainers.rules.cells import Cells
from xaigeo.explainers.rules.confidence import allowed_misses
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
        "columns": np.arange(3),
    } | changes
    return BoxSearch(cells, **settings)


def find(search, background, row, hits, start=None, rows=None):
    """Search around an encoded row; `hits` (n_rows,) or (n_rows, n_models)."""
    cells = search.cells
    start = cells.anything if start is None else start
    pool = Pool(cells.places(background.rows if rows is None else rows), ~as_columns(hits))
    own = cells.places(row[None])[:, 0]
    return search.find(own, pool, cells.places(background.rows), start)


def as_columns(hits):
    return hits if hits.ndim == 2 else hits[:, None]


def all_rules(cells, places):
    """Every box around an instance: intervals of cells, sets of categories."""
    choices = []
    for j, place in enumerate(places):
        part = cells.part(j)
        width, own = part.stop - part.start, int(place)
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


def counts(rule, cells, rows, hits):
    """Rows under a rule, and the misses of the model with most."""
    inside = cells.obeying(rule, cells.places(rows))
    return int(inside.sum()), int((~as_columns(hits)[inside]).sum(axis=0).max())


def coverage(rule, background, cells):
    return counts(rule, cells, background.rows, np.ones(len(background.rows), dtype=bool))[0]


def feasible(rules, search, background, hits):
    for rule in rules:
        n, n_misses = counts(rule, search.cells, background.rows, hits)
        if n_misses <= search.limits[n]:
            yield rule


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
    hits = truth(background.rows, name)
    search = make_search(cells, background)
    for row in background.rows[np.flatnonzero(hits)[:5]]:
        found = find(search, background, row, hits)
        rules = all_rules(cells, cells.places(row[None])[:, 0])
        best = max(
            coverage(r, background, cells) for r in feasible(rules, search, background, hits)
        )
        assert found.reached
        assert coverage(found.rule, background, cells) == best


def test_every_pair_of_bounds_is_weighed(background, cells):
    # A single column: the best of all its intervals must be found, wherever the answer is kept.
    search = make_search(cells, background, columns=np.array([0]), beam=1)
    values = cells.places(background.rows)[0]
    width = cells.part(0).stop
    for first, last in itertools.combinations_with_replacement(range(width), 2):
        hits = (values >= first) & (values <= last)
        row = background.rows[np.flatnonzero(hits)[0]]
        found = find(search, background, row, hits)
        expected = (np.arange(width) >= first) & (np.arange(width) <= last)
        assert found.reached
        assert (found.rule[cells.part(0)] == expected).all()


@pytest.mark.parametrize("n_models", [1, 3])
def test_no_found_box_can_be_widened_by_opening_one_column(background, cells, n_models):
    rng = np.random.default_rng(1)
    search = make_search(cells, background)
    for _ in range(3):
        slopes = rng.normal(1, 0.3, size=(2, n_models))
        values = (background.rows[:, :2] - 5) @ slopes
        hits = values > 0
        row = background.rows[int(values.min(axis=1).argmax())]
        found = find(search, background, row, hits)
        assert found.reached
        for wider in all_rules(cells, cells.places(row[None])[:, 0]):
            differs = [
                j for j in range(3) if (wider[cells.part(j)] != found.rule[cells.part(j)]).any()
            ]
            if len(differs) == 1 and (wider >= found.rule).all():
                n, n_misses = counts(wider, cells, background.rows, hits)
                assert n_misses > search.limits[n]


def test_a_rule_for_several_models_is_precise_for_each(background, cells):
    hits = np.column_stack([truth(background.rows, name) for name in ("interval", "corner")])
    search = make_search(cells, background)
    row = background.rows[np.flatnonzero(hits.all(axis=1))[0]]
    found = find(search, background, row, hits)
    rules = all_rules(cells, cells.places(row[None])[:, 0])
    best = max(coverage(r, background, cells) for r in feasible(rules, search, background, hits))
    assert found.reached
    assert coverage(found.rule, background, cells) == best


def test_no_predicate_is_needed_where_the_answer_never_changes(background, cells):
    found = find(
        make_search(cells, background), background, background.rows[0], np.ones(N_ROWS, dtype=bool)
    )
    assert found.reached
    assert found.rule.all()
    assert found.steps(cells) == []


def test_a_search_that_fails_returns_its_narrowest_rule(background, cells):
    hits = np.random.default_rng(0).random(N_ROWS) < 0.5
    found = find(make_search(cells, background), background, background.rows[0], hits)
    assert not found.reached
    assert cells.obeying(found.rule, cells.places(background.rows))[0]
    assert not found.rule.all()


def test_rules_stay_inside_the_rule_they_start_from(background, cells):
    start = cells.anything
    start[cells.part(0).start] = False
    rows = background.rows[cells.obeying(start, cells.places(background.rows))]
    hits = truth(rows, "corner")
    found = find(
        make_search(cells, background), background, rows[np.flatnonzero(hits)[0]], hits, start, rows
    )
    assert found.reached
    assert (found.rule <= start).all()


def test_max_predicates_bounds_the_columns_of_a_rule(background, cells):
    hits = truth(background.rows, "all three")
    search = make_search(cells, background, max_predicates=2)
    found = find(search, background, background.rows[np.flatnonzero(hits)[0]], hits)
    assert cells.restricted(found.rule).sum() <= 2


def test_columns_that_are_not_named_stay_free(background, cells):
    hits = truth(background.rows, "all three")
    search = make_search(cells, background, columns=np.array([1, 2]))
    found = find(search, background, background.rows[np.flatnonzero(hits)[0]], hits)
    assert not cells.restricted(found.rule)[0]


@pytest.mark.parametrize("name", ["corner", "set", "all three"])
def test_steps_tell_what_the_pool_shows_and_end_at_the_rule(background, cells, name):
    hits = truth(background.rows, name)
    found = find(
        make_search(cells, background), background, background.rows[np.flatnonzero(hits)[0]], hits
    )
    steps = found.steps(cells)
    assert (steps[-1].rule == found.rule).all()
    before = cells.anything
    for step, tally in zip(steps, found.tallies, strict=True):
        n, n_misses = counts(step.rule, cells, background.rows, hits)
        assert (step.n_rows, step.n_rows - step.n_hits) == (n, n_misses)
        assert tally[1] == coverage(step.rule, background, cells)
        # A step changes one column.
        changed = [j for j in range(3) if (step.rule != before)[cells.part(j)].any()]
        assert len(changed) == 1
        before = step.rule


def test_ties_fall_to_the_column_that_is_named_first(background, cells):
    # Two columns with the same values: either would do.
    rows = background.rows.copy()
    rows[:, 1] = rows[:, 0]
    twin = Background.from_frame(background.schema, rows)
    cells = Cells.from_background(twin, n_cuts=5)
    hits = (rows[:, 0] > 2) & (rows[:, 0] < 7)
    row = rows[np.flatnonzero(hits)[0]]
    for order in ([0, 1, 2], [1, 0, 2]):
        search = make_search(cells, twin, columns=np.array(order))
        restricted = cells.restricted(find(search, twin, row, hits).rule)
        assert restricted[order[0]]
        assert not restricted[order[1]]
