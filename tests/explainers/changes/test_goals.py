from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from xaigeo.explainers.changes.goals import JointGoal
from xaigeo.explainers.changes.plausibility import Plausibility


def leads_by_hand(task, points, instance):
    """Every seed's lead at every point, asked of one model at a time."""
    goal = task.goal
    every = [
        goal.ensemble.member_outputs_encoded(seed, points) for seed in range(goal.ensemble.n_seeds)
    ]
    return np.stack(
        [
            goal.wanted.lead(outputs, np.full(len(points), seed), instance)
            for seed, outputs in enumerate(every)
        ]
    )


def test_a_seeds_goal_asks_its_own_model(make_search_task, species, birds):
    task = make_search_task(species, birds.iloc[::60], birds)
    points = task.background.rows[:30]
    rng = np.random.default_rng(0)
    model, instance = rng.integers(3, size=30), rng.integers(6, size=30)
    lead = task.goal.lead(points, model, instance)
    assert lead == pytest.approx(leads_by_hand(task, points, instance)[model, np.arange(30)])


def test_shared_rows_are_asked_of_all_models(make_search_task, species, birds):
    task = make_search_task(species, birds.iloc[::60], birds)
    rows = task.background.rows[:30]
    shared = task.goal.shared_lead(rows, 2)
    assert shared == pytest.approx(leads_by_hand(task, rows, np.full(30, 2)))


@pytest.mark.parametrize(("share", "needed"), [(1.0, 3), (2 / 3, 2), (0.5, 2), (0.1, 1)])
def test_a_joint_goal_has_the_lead_of_the_last_seed_needed(
    make_search_task, species, birds, share, needed
):
    joint = partial(JointGoal, valid_share=share)
    task = make_search_task(species, birds.iloc[::60], birds, wish={"target": "Gentoo"}, goal=joint)
    assert task.goal.n_models == 1
    assert task.goal.n_needed == needed
    rows, instance = task.background.rows[:30], np.arange(30) % 6
    by_hand = np.sort(leads_by_hand(task, rows, instance), axis=0)[::-1][needed - 1]
    assert task.goal.lead(rows, np.zeros(30, dtype=int), instance) == pytest.approx(by_hand)
    assert task.goal.shared_lead(rows, 0).shape == (1, 30)


@pytest.mark.parametrize("goal", [None, JointGoal])
def test_a_goal_held_to_a_plausibility_accepts_plausible_points_only(
    make_search_task, species, birds, goal
):
    task = make_search_task(species, birds.iloc[:2], birds, wish={"target": "Gentoo"}, goal=goal)
    rows = task.background.rows
    wanted = np.stack([task.goal.shared_lead(rows, i) >= 0 for i in range(2)], axis=1)
    near = Plausibility(rows, task.proximity, wanted, 0.5, 2**22)
    held = task.goal.held_to(near)
    place = np.zeros(len(rows), dtype=int)
    free, bound = task.goal.lead(rows, place, place), held.lead(rows, place, place)
    share = near.share(near.distance(rows, place, place), place, place)
    assert ((bound >= 0) == ((free >= 0) & (share >= 0.5))).all()
    assert 0 < (bound >= 0).sum() < (free >= 0).sum()
    # On shared rows a plausible one may be missed, but none is made up.
    shared = held.shared_lead(rows, 0)[0] >= 0
    assert not (shared & ~(bound >= 0)).any()
    assert shared.sum() > 0.5 * (bound >= 0).sum()
