import numpy as np
import pytest
from scipy.stats import binom

from xaigeo.geometry.mode_test import (
    FEWEST,
    ONE_MODE,
    gap_p_values,
    mode_test,
    null_gaps,
    principal_scores,
    widest_gaps,
)

LAWS = ("normal", "uniform", "exponential", "Laplace", "t3")


def naive_gap(values):
    """The statistic of one axis, split by split."""
    n, x = len(values), np.sort(values)
    fewest, reach = max(3, int(np.ceil(n / 8))), max(1, n // 20)
    best = (-1.0, 0)
    for below in range(fewest, n - fewest + 1):
        left, right = x[:below], x[below:]
        gap = right[reach - 1] - left[-reach]
        found = gap * np.sqrt(below * (n - below)) / n
        best = max(best, (found / (left.std(ddof=1) + right.std(ddof=1)), below))
    return best


@pytest.mark.parametrize("n", [8, 20, 50])
def test_the_statistic_equals_a_loop_over_splits(n):
    rows = np.random.default_rng(n).normal(size=(6, n)) * 3.0 + 40.0
    found, below = widest_gaps(rows)
    for row, value, place in zip(rows, found, below, strict=True):
        assert (pytest.approx(value), place) == naive_gap(row)


def test_the_statistic_depends_on_neither_place_nor_unit_nor_direction():
    rows = np.random.default_rng(0).exponential(size=(5, 20))
    for other in (rows * 1e-6, rows + 1e3, -rows):
        np.testing.assert_allclose(widest_gaps(other)[0], widest_gaps(rows)[0], rtol=1e-8)


@pytest.mark.parametrize("n_seeds", [5, 6, 10, 20, 50, 100])
def test_one_mode_is_split_no_more_often_than_promised(n_seeds):
    """All laws and shapes together stay at 5 %, and no single one goes clearly beyond it."""
    rng = np.random.default_rng(n_seeds)
    n_sets = 120 if n_seeds <= 20 else 60
    found = {}
    for law in LAWS:
        for n in (2, 10, 60):
            for spread in (np.ones(n), np.append(8.0, np.ones(n - 1)), 0.6 ** np.arange(n)):
                sets = (ONE_MODE[law](rng, (n_seeds, n)) * spread for _ in range(n_sets))
                split = sum(mode_test(one).p_value <= 0.05 for one in sets)
                found[law, n, float(spread[-1])] = split
    n_cases = len(found)
    assert max(found.values()) <= binom.isf(1e-3 / n_cases, n_sets, 0.05)
    assert sum(found.values()) <= binom.isf(1e-3, n_sets * n_cases, 0.05)
    if n_seeds < FEWEST:
        assert not any(found.values())


def test_elliptic_noise_is_not_split_either():
    """One scale for all coordinates of a seed: the coordinates are not independent."""
    rng = np.random.default_rng(0)
    for n in (2, 20):
        sets = rng.normal(size=(150, 20, n)) / np.sqrt(rng.chisquare(3, (150, 20, 1)))
        split = sum(mode_test(one).p_value <= 0.05 for one in sets)
        assert split <= binom.isf(1e-3, 150, 0.05)


@pytest.mark.parametrize(
    ("sizes", "apart", "least"), [((10, 10), 8, 0.9), ((16, 4), 8, 0.85), ((25, 25), 5, 0.75)]
)
@pytest.mark.parametrize("n", [2, 10])
def test_separate_groups_are_found_and_told_apart(sizes, apart, least, n):
    rng = np.random.default_rng(1)
    truth = np.repeat([False, True], sizes)
    wrong = []
    for _ in range(60):
        vectors = rng.normal(size=(len(truth), n))
        vectors[truth, 0] += apart
        test = mode_test(vectors)
        if test.p_value <= 0.05:
            wrong.append(min((test.above != truth).mean(), (test.above == truth).mean()))
    assert len(wrong) >= least * 60
    assert np.mean(wrong) < 0.02


def test_a_gap_along_the_second_axis_is_found():
    """Seeds differ most in how sure they are, and fall into groups across that."""
    rng = np.random.default_rng(2)
    side = 20.0 * (np.arange(20) % 2)
    found = 0
    for _ in range(60):
        test = mode_test(np.column_stack([rng.normal(0, 40, 20), rng.normal(side)]))
        if test.p_value <= 0.05 and (test.above[side > 0].all() or test.above[side == 0].all()):
            found += 1
            assert test.above.sum() == 10
    assert found >= 30


def test_groups_of_equal_seeds_are_as_far_apart_as_can_be():
    vectors = np.repeat([[0.0, 1.0], [1.0, 0.0]], [5, 4], axis=0)
    assert mode_test(vectors).p_value == pytest.approx(1 / 4001 / 0.8)


def test_equal_seeds_are_one_mode_whatever_their_number():
    for n in (1, 4, 20):
        vectors = np.full((n, 3), 0.1)
        assert mode_test(vectors).p_value == 1.0
        assert mode_test(vectors).tested == (n >= FEWEST)
        assert not mode_test(vectors).above.any()
    assert mode_test(np.zeros((20, 0))).p_value == 1.0


def test_round_off_is_no_spread():
    rng = np.random.default_rng(0)
    vectors = 1.0 + 1e-14 * np.sign(rng.normal(size=(20, 3)))
    assert mode_test(vectors).p_value == 1.0


def test_too_few_seeds_are_not_tested():
    vectors = np.repeat([[0.0], [100.0]], [3, 2], axis=0)
    test = mode_test(vectors)
    assert (test.p_value, test.tested, test.above.any()) == (1.0, False, False)


def test_a_p_value_is_the_share_of_draws_under_the_worst_law():
    null = null_gaps(12, 0)
    assert null.shape == (len(ONE_MODE), 4000)
    for value in (0.2, 0.6, 9.0):
        shares = [(1 + np.count_nonzero(one >= value)) / 4001 for one in null]
        assert gap_p_values(np.array([value]), 12)[0] == max(shares)


def test_draws_are_reproducible():
    first = null_gaps(9, 3)
    null_gaps.cache_clear()
    np.testing.assert_array_equal(first, null_gaps(9, 3))
    assert not np.array_equal(first, null_gaps(9, 4))


def test_scores_are_principal_components():
    vectors = np.random.default_rng(0).normal(size=(12, 5)) * [5, 3, 1, 1, 1]
    scores, lengths = principal_scores(vectors)
    covariance = np.cov(vectors.T, bias=True)
    np.testing.assert_allclose(lengths**2 / 12, np.linalg.eigvalsh(covariance)[:-3:-1])
    np.testing.assert_allclose(scores.T @ scores, np.diag(lengths**2), atol=1e-9)
    farthest = scores[np.abs(scores).argmax(axis=0), [0, 1]]
    assert (farthest > 0).all()
    line, one = principal_scores(vectors[:, :1])
    assert (one[1], line[:, 1].any()) == (0.0, False)
