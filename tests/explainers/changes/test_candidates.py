from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from xaigeo.explainers.background import Background
from xaigeo.explainers.changes.candidates import choose_candidates
from xaigeo.explainers.changes.limits import Limits
from xaigeo.explainers.changes.proximity import Proximity
from xaigeo.schema import FeatureSchema


@pytest.fixture
def proximity():
    # Every column has a median absolute deviation of 1.
    frame = pd.DataFrame({name: [-1.0, 1.0, -1.0, 1.0] for name in "abc"})
    schema = FeatureSchema.from_data(frame)
    background = Background.from_frame(schema, schema.encode(frame))
    limits = Limits.from_background(schema, background.rows)
    return Proximity.from_background(background, limits, 0.1)


ORIGIN = np.zeros(3)


def test_the_cheapest_comes_first_then_other_changed_columns(proximity):
    points = np.array([[0.5, 0, 0], [0.4, 0, 0], [0, 0.9, 0], [0, 0, 0.7], [0.45, 0, 0]])
    chosen, distinct = choose_candidates(points, ORIGIN, proximity, 3, 0.0)
    assert chosen.tolist() == [[0.4, 0, 0], [0, 0, 0.7], [0, 0.9, 0]]
    assert distinct.all()


def test_diversity_trades_cost_for_spread(proximity):
    points = np.array([[0.4, 0, 0], [0.5, 0, 0], [-0.6, 0, 0]])
    near, _ = choose_candidates(points, ORIGIN, proximity, 2, 0.0)
    far, _ = choose_candidates(points, ORIGIN, proximity, 2, 1.0)
    assert near[:, 0].tolist() == [0.4, 0.5]
    assert far[:, 0].tolist() == [0.4, -0.6]


def test_points_that_are_as_good_as_equal_count_once(proximity):
    points = np.array([[0.4, 0, 0], [0.4001, 0, 0]])
    chosen, distinct = choose_candidates(points, ORIGIN, proximity, 3, 0.5)
    assert chosen.tolist() == [[0.4, 0, 0]] * 3
    assert distinct.tolist() == [True, False, False]


def test_every_choice_has_the_least_score_of_those_left(proximity):
    rng = np.random.default_rng(0)
    points = np.where(rng.random((40, 3)) < 0.6, rng.normal(size=(40, 3)), 0.0)
    points = points[(points != 0).any(axis=1)]
    chosen, _ = choose_candidates(points, ORIGIN, proximity, 4, 0.7)
    cost = {tuple(p): float(c) for p, c in zip(points, proximity.cost(points, ORIGIN), strict=True)}
    by_hand = [min(cost, key=cost.get)]
    while len(by_hand) < 4:
        patterns = {tuple(np.array(p) != 0) for p in by_hand}
        left = [p for p in cost if p not in by_hand]
        left = [p for p in left if tuple(np.array(p) != 0) not in patterns] or left
        by_hand.append(
            min(
                left,
                key=lambda p: cost[p] - 0.7 * min(np.abs(np.subtract(p, q)).sum() for q in by_hand),
            )
        )
    assert {tuple(p) for p in chosen} == set(by_hand)
