import numpy as np
import pytest

from xaigeo.agreement.predictions import (
    accuracy,
    ambiguity,
    churn,
    churn_matrix,
    discrepancy,
    flip_rate,
    share_agreeing,
    spread,
)

# Three seeds, four rows: all agree, one dissents twice, another once.
LABELS = np.array([[0, 1, 1, 0], [0, 1, 0, 1], [0, 1, 1, 1]])


def test_scores_by_hand():
    reference = np.array([0, 1, 1, 1])
    np.testing.assert_allclose(flip_rate(LABELS, reference), [0, 0, 1 / 3, 1 / 3])
    np.testing.assert_allclose(share_agreeing(LABELS, reference), [1, 1, 2 / 3, 2 / 3])
    np.testing.assert_allclose(churn(LABELS), [0, 0, 2 / 3, 2 / 3])
    assert ambiguity(LABELS, reference) == 0.5
    assert discrepancy(LABELS, reference) == 0.25
    np.testing.assert_allclose(accuracy(LABELS, reference), [0.75, 0.75, 1.0])


def test_churn_equals_the_loop(rng):
    labels = rng.integers(0, 3, (6, 50))
    loop = [labels[a] != labels[b] for a in range(6) for b in range(a + 1, 6)]
    np.testing.assert_allclose(churn(labels), np.mean(loop, axis=0))


def test_spread():
    found = spread(np.array([0.9, 0.95, 0.85]))
    assert found["gap"] == pytest.approx(0.1)
    assert found["sd"] == pytest.approx(0.05)
    assert np.isnan(spread(np.array([0.9]))["sd"])


def test_churn_matrix_equals_the_loop(rng):
    labels = rng.integers(0, 3, (5, 40))
    found = churn_matrix(labels)
    for a in range(5):
        for b in range(5):
            assert found[a, b] == np.mean([labels[a, i] != labels[b, i] for i in range(40)])
    assert found[~np.eye(5, dtype=bool)].mean() == pytest.approx(churn(labels).mean())
