import numpy as np
import pytest

from xaigeo.agreement.concordance import cosine
from xaigeo.agreement.connectors import (
    comparable_pairs,
    direction_length,
    displacement,
    mean_direction_cosine,
    mean_distance,
    mean_shared_changes,
    scaled_distance,
    shared_changes,
)

SCALE = np.array([2.0, 1.0])
KINDS = np.array([0, 3])  # one numeric feature, one with three categories


def test_distance_in_deviations_and_changed_categories():
    a, b = np.array([1.0, 0.0]), np.array([5.0, 2.0])
    assert scaled_distance(a, b, scale=SCALE, n_categories=KINDS) == 2.0 + 1.0


def test_a_changed_category_has_length_one():
    delta = displacement(
        np.array([1.0, 0.0]), np.array([5.0, 2.0]), scale=SCALE, n_categories=KINDS
    )
    assert delta.shape == (4,)
    assert delta[0] == 2.0
    assert np.linalg.norm(delta[1:]) == pytest.approx(1.0)


def test_different_new_categories_are_not_one_direction():
    start = np.array([0.0, 0.0])
    to = [
        displacement(start, np.array([0.0, c]), scale=SCALE, n_categories=KINDS) for c in (1.0, 2.0)
    ]
    assert cosine(*to) == pytest.approx(0.5)


def test_only_found_and_equally_aimed_pairs_compare():
    valid = np.array([[True], [True], [False]])
    target = np.array([[1], [2], [1]])
    assert comparable_pairs(valid, target)[:, 0].tolist() == [False, False, False]
    assert comparable_pairs(valid, np.ones((3, 1), int))[:, 0].tolist() == [True, False, False]


def test_means_equal_the_loops(rng):
    points = rng.integers(0, 3, (4, 5, 2)).astype(float)
    deltas = rng.normal(size=(4, 5, 3))
    changed = rng.random((4, 5, 2)) < 0.6
    usable = rng.random((6, 5)) < 0.8
    pairs = [(a, b) for a in range(4) for b in range(a + 1, 4)]
    for i in range(5):
        used = [pair for p, pair in enumerate(pairs) if usable[p, i]]
        far = [
            scaled_distance(points[a, i], points[b, i], scale=SCALE, n_categories=KINDS)
            for a, b in used
        ]
        found = mean_distance(points, usable, scale=SCALE, n_categories=KINDS)[i]
        assert found == pytest.approx(np.mean(far))
        angles = [cosine(deltas[a, i], deltas[b, i]) for a, b in used]
        assert mean_direction_cosine(deltas, usable)[i] == pytest.approx(np.mean(angles))
        shared = [shared_changes(changed[a, i], changed[b, i]) for a, b in used]
        assert mean_shared_changes(changed, usable)[i] == pytest.approx(np.nanmean(shared))


def test_equal_seeds(rng):
    points = np.repeat(rng.integers(0, 3, (1, 5, 2)).astype(float), 3, axis=0)
    usable = np.ones((3, 5), dtype=bool)
    far = mean_distance(points, usable, scale=SCALE, n_categories=KINDS)
    np.testing.assert_array_equal(far, 0.0)


def test_nothing_changed_is_undefined():
    assert np.isnan(shared_changes(np.zeros(3, dtype=bool), np.zeros(3, dtype=bool)))


def test_length_of_the_mean_direction():
    deltas = np.array([[[2.0, 0.0]], [[0.0, 0.5]], [[-9.0, 0.0]]])
    two = np.array([[True], [True], [False]])
    assert direction_length(deltas, two) == pytest.approx([0.7071], abs=1e-4)
    usable = two[:1] & two[1:2]
    cosine = mean_direction_cosine(deltas[:2], usable)
    assert direction_length(deltas[:2], two[:2]) ** 2 == pytest.approx(0.5 + 0.5 * cosine)
    assert np.isnan(direction_length(deltas, np.array([[True], [False], [False]]))).all()
