from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from xaigeo.explainers.changes.counterfactual_search import CounterfactualSearch
from xaigeo.explainers.changes.growing_spheres import growing_spheres
from xaigeo.explainers.changes.plausibility import Plausibility


def search(task, kind="model_agnostic", *, n_candidates=1, sparse=True, also=None):
    return CounterfactualSearch(task, kind, n_candidates, 0.5, sparse).points(also)


@pytest.mark.parametrize("kind", ["model_agnostic", "growing_spheres", "nearest_unlike"])
def test_an_instance_with_the_answer_is_its_own_point(make_search_task, species, birds, kind):
    task = make_search_task(species, birds.iloc[::60], birds, wish={"target": "Gentoo"})
    points, distinct = search(task, kind, n_candidates=2)
    there = species.outputs_encoded(task.rows).argmax(axis=-1) == 2
    assert there.any()
    rows = np.broadcast_to(task.rows[None, :, None], points.shape)
    assert (points[there] == rows[there]).all()
    assert distinct[there].tolist() == [[True, False]] * int(there.sum())
    assert (points[~there] != rows[~there]).any(axis=-1).all()


def test_further_starts_are_used(make_search_task, species, birds):
    task = make_search_task(species, birds.iloc[:3], birds, n_samples=20)
    best, _ = search(make_search_task(species, birds.iloc[:3], birds, n_samples=2000))
    points, _ = search(task, also=best)
    cost = task.proximity.cost
    assert (cost(points, task.rows[:, None]) <= cost(best, task.rows[:, None]) + 1e-6).all()


def test_little_memory_changes_no_point(make_search_task, species, birds):
    whole = search(make_search_task(species, birds.iloc[:2], birds))
    cut = search(make_search_task(species, birds.iloc[:2], birds, max_memory=1))
    np.testing.assert_allclose(cut[0], whole[0], rtol=1e-9)


def test_where_a_search_finds_nothing_real_rows_are_starts(make_search_task, species, birds):
    task = make_search_task(species, birds.iloc[:2], birds, wish={"target": "Gentoo"})
    rows = task.background.rows
    wanted = np.stack([task.goal.shared_lead(rows, i) >= 0 for i in range(2)], axis=1)
    near = Plausibility(rows, task.proximity, wanted, 0.8, 2**22)
    held = replace(task, goal=task.goal.held_to(near))
    alone = growing_spheres(held)
    lost = ~alone.accepted.any(axis=2)
    assert lost.any()
    points, _ = search(held, "growing_spheres")
    model, instance = np.nonzero(lost)
    assert (held.goal.lead(points[model, instance, 0], model, instance) >= 0).all()
