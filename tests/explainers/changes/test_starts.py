from __future__ import annotations

import numpy as np

from xaigeo.explainers.changes.starts import _cheapest, patterns_of, unlike_starts


def test_rows_with_the_same_columns_changed_have_one_pattern():
    rng = np.random.default_rng(0)
    changed = rng.random((50, 11)) < 0.3
    patterns = patterns_of(changed)
    for i, j in np.ndindex(50, 50):
        assert (patterns[i] == patterns[j]) == (changed[i] == changed[j]).all()


def test_the_cheapest_of_every_pattern_comes_first():
    rng = np.random.default_rng(0)
    lead = rng.normal(size=(3, 40))
    patterns = rng.integers(5, size=40)
    places, found = _cheapest(lead, patterns, 8)
    for own, chosen in zip(lead, places, strict=True):
        accepted = [row for row in range(40) if own[row] >= 0]
        firsts = [next(r for r in accepted if patterns[r] == p) for p in set(patterns[accepted])]
        rest = [row for row in accepted if row not in firsts]
        assert chosen.tolist() == (sorted(firsts) + rest)[:8]
    assert found.all()


def test_where_rows_run_out_the_rest_is_not_found():
    lead = np.array([[-1.0, 0.5, -0.2], [-3.0, -1.0, -2.0]])
    places, found = _cheapest(lead, np.array([0, 1, 1]), 5)
    assert found.tolist() == [[True, False, False, False, False], [False] * 5]
    assert places[0, 0] == 1
    # Without an accepted row, the one that comes closest.
    assert (places[1] == 1).all()


def test_starts_are_accepted_possible_and_different(make_search_task, species, birds):
    task = make_search_task(
        species, birds.iloc[::60], birds, constraints={"immutable": ["sex"]}, max_changed=3
    )
    starts = unlike_starts(task)
    model, instance, place = np.nonzero(starts.accepted)
    points, origins = starts.points[model, instance, place], task.rows[instance]
    assert starts.accepted.any(axis=2).all()
    assert (task.goal.lead(points, model, instance) >= 0).all()
    assert (task.proximity.possible(points, origins) == points).all()
    assert ((points != origins).sum(axis=1) <= 3).all()
    assert not (points != origins)[:, 5].any()
    # One more than asked for: the one that was climbed to.
    assert starts.points.shape[2] == 5
