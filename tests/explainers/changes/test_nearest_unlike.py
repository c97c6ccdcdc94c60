from __future__ import annotations

import numpy as np

from xaigeo.explainers.changes.nearest_unlike import nearest_unlike_rows


def test_points_are_the_nearest_real_rows_with_the_wanted_answer(make_search_task, species, birds):
    task = make_search_task(species, birds.iloc[::40], birds, n_starts=3)
    starts = nearest_unlike_rows(task)
    rows = np.unique(task.background.rows, axis=0)
    for seed, i in np.ndindex(*task.shape):
        lead = task.goal.lead(rows, np.full(len(rows), seed), np.full(len(rows), i))
        cost = np.sort(task.proximity.cost(rows[lead >= 0], task.rows[i]))[:3]
        assert starts.accepted[seed, i].all()
        np.testing.assert_allclose(task.proximity.cost(starts.points[seed, i], task.rows[i]), cost)
    held = {tuple(row) for row in rows}
    assert all(tuple(row) in held for row in starts.points.reshape(-1, rows.shape[1]))


def test_rows_beyond_the_limits_do_not_count(make_search_task, species, birds):
    task = make_search_task(
        species,
        birds.iloc[::40],
        birds,
        constraints={"immutable": ["sex"], "max_step": {"bill_length_mm": 4.0}},
        max_changed=4,
    )
    starts = nearest_unlike_rows(task)
    points, origins = starts.points, task.rows[None, :, None]
    assert (points[..., 5] == origins[..., 5]).all()
    assert (np.abs(points[..., 0] - origins[..., 0]) <= 4.0).all()
    assert ((points != origins).sum(axis=-1) <= 4).all()
    assert starts.accepted.any()


def test_where_no_row_is_left_the_instance_comes_back(make_search_task, species, birds):
    task = make_search_task(
        species,
        birds.iloc[:2],
        birds,
        constraints={"ranges": {"bill_length_mm": (200, 210), "body_mass_g": (1, 2)}},
        max_changed=1,
        wish={"target": "Gentoo"},
    )
    starts = nearest_unlike_rows(task)
    lost = ~starts.accepted.any(axis=2)
    assert lost.any()
    assert (starts.points[lost] == task.rows[np.nonzero(lost)[1]][:, None]).all()
