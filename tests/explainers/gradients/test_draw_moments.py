from __future__ import annotations

import numpy as np
import pytest

from xaigeo.explainers.gradients.draw_moments import DrawMoments


@pytest.fixture
def values():
    return 1000.0 + np.random.default_rng(0).gamma(2.0, size=(3, 40, 2))


def moments(values, parts):
    found = DrawMoments(axis=1, order=4)
    for part in np.array_split(values, parts, axis=1):
        found.add(part)
    return found


@pytest.mark.parametrize("parts", [1, 7])
def test_moments_are_those_of_all_draws_together(values, parts):
    found = moments(values, parts)
    assert found.mean == pytest.approx(values.mean(axis=1))
    assert found.variance == pytest.approx(values.var(axis=1), rel=1e-9)
    assert found.error_of_mean == pytest.approx(values.std(axis=1, ddof=1) / np.sqrt(40))


def test_the_error_of_a_variance_is_that_of_the_mean_of_squared_deviations(values):
    squares = (values - values.mean(axis=1, keepdims=True)) ** 2
    expected = squares.std(axis=1) / np.sqrt(40)
    assert moments(values, 3).error_of_variance == pytest.approx(expected)


def test_things_side_by_side_keep_their_moments(values):
    apart = [moments(values[:2], 2), moments(values[2:], 2)]
    joined, whole = DrawMoments.joined(apart, axis=0), moments(values, 2)
    for name in ("mean", "variance", "error_of_mean", "error_of_variance"):
        assert getattr(joined, name) == pytest.approx(getattr(whole, name))


def test_one_draw_has_no_error(values):
    found = moments(values[:, :1], 1)
    assert np.isnan(found.error_of_mean).all()
    assert np.isnan(found.error_of_variance).all()
    assert not found.variance.any()
