import numpy as np
import pytest

from xaigeo.agreement.distribution import (
    jaccard_distance,
    mean_jaccard_distance,
    mean_relative_entropy,
    n_top,
    relative_entropy,
    shares,
)


@pytest.mark.parametrize(
    ("share", "m", "n"), [(0.2, 10, 2), (0.2, 11, 3), (0.1, 5, 1), (0.1, 30, 3), (0.01, 3, 1)]
)
def test_n_top_rounds_up(share, m, n):
    assert n_top(share, m) == n


def test_jaccard_of_sets():
    a, b = np.array([9.0, 8, 0.1, 0.2, 0.3]), np.array([9.0, 0.1, 8, 0.2, 0.3])
    assert jaccard_distance(a, b, share=0.4) == pytest.approx(1 - 1 / 3)
    assert jaccard_distance(a, a) == 0.0


def test_jaccard_equals_the_loop_over_sets(distinct):
    a, b = distinct[0], distinct[1]
    for x, y in zip(a, b, strict=True):
        top = [set(np.argsort(-np.abs(v))[:2]) for v in (x, y)]
        expected = 1 - len(top[0] & top[1]) / len(top[0] | top[1])
        assert jaccard_distance(x, y, share=0.3) == pytest.approx(expected)


def test_relative_entropy_oracle():
    half, skewed = np.array([0.5, 0.5]), np.array([0.9, 0.1])
    assert relative_entropy(half, skewed) == pytest.approx(0.5108, abs=1e-4)
    both = (relative_entropy(half, skewed) + relative_entropy(skewed, half)) / 2
    assert relative_entropy(half, skewed, symmetric=True) == pytest.approx(both)


def test_signs_and_scale_do_not_matter(distinct):
    a, b = distinct[0], distinct[1]
    np.testing.assert_allclose(relative_entropy(-3 * a, b), relative_entropy(a, b))


def test_zeros_are_smoothed_and_nothing_is_even():
    assert np.isfinite(relative_entropy(np.array([1.0, 0.0]), np.array([0.0, 1.0])))
    np.testing.assert_allclose(shares(np.zeros(4)), 0.25)


@pytest.mark.parametrize("values", ["tied", "distinct"])
def test_means_equal_the_loops(values, request):
    phi = request.getfixturevalue(values)
    pairs = [(a, b) for a in range(5) for b in range(5) if a != b]
    entropy = np.mean([relative_entropy(phi[a], phi[b]) for a, b in pairs], axis=0)
    np.testing.assert_allclose(mean_relative_entropy(phi), entropy)
    distance = np.mean([jaccard_distance(phi[a], phi[b]) for a, b in pairs], axis=0)
    np.testing.assert_allclose(mean_jaccard_distance(phi), distance)


def test_equal_seeds_have_no_distance(distinct):
    same = np.repeat(distinct[:1], 4, axis=0)
    np.testing.assert_allclose(mean_jaccard_distance(same), 0.0, atol=1e-12)
    np.testing.assert_allclose(mean_relative_entropy(same), 0.0, atol=1e-12)
