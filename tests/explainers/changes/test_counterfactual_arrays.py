from __future__ import annotations

import numpy as np
import pytest

from xaigeo.explainers.changes.counterfactual_arrays import CounterfactualArrays
from xaigeo.explainers.changes.plausibility import Plausibility


@pytest.fixture
def described(make_search_task, species, birds):
    """Some background rows as the points of three instances."""
    task = make_search_task(species, birds.iloc[[0, 150, 300]], birds, wish={"target": "Gentoo"})
    rows = task.background.rows
    wanted = np.stack([task.goal.shared_lead(rows, i) >= 0 for i in range(3)], axis=1)
    point = rows[np.random.default_rng(0).integers(len(rows), size=(3, 3, 2))]
    near = Plausibility(rows, task.proximity, wanted, 0.0, 2**22)
    distinct = np.ones(point.shape[:3], dtype=bool)
    made = CounterfactualArrays(
        species, task.rows, task.proximity, task.goal.wanted, near, point, distinct
    )
    return task, point, made.arrays()


def test_answers_are_those_of_every_model(described, species):
    _, point, arrays = described
    for seed, other, i, c in np.ndindex(3, 3, 3, 2):
        answer = species.member_outputs_encoded(other, point[seed, i, c][None])[0].argmax()
        assert arrays["cross_validity"][seed, other, i, c] == (answer == 2)
        if seed == other:
            assert arrays["valid"][seed, i, c] == (answer == 2)
    assert 0 < arrays["valid"].mean() < 1


def test_the_flip_is_where_a_fine_grid_first_has_the_answer(described, species):
    task, point, arrays = described
    flip = arrays["flip_fraction"]
    start = species.outputs_encoded(task.rows).argmax(axis=-1)
    grid = np.linspace(0, 1, 2001)
    for seed, i, c in np.ndindex(3, 3, 2):
        if not arrays["valid"][seed, i, c] or start[seed, i] == 2:
            assert np.isnan(flip[seed, i, c])
            continue
        way = task.rows[i] + grid[:, None] * (point[seed, i, c] - task.rows[i])
        way[:-1, task.proximity.discrete] = task.rows[i, task.proximity.discrete]
        way[-1] = point[seed, i, c]
        answers = species.member_outputs_encoded(seed, way).argmax(axis=-1) == 2
        assert flip[seed, i, c] == pytest.approx(grid[answers.argmax()], abs=6e-4)
    assert np.isfinite(flip).any()
