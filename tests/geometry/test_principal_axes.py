import numpy as np
import pytest
from sklearn.decomposition import PCA

from xaigeo.geometry.principal_axes import principal_axes


def test_axes_are_those_of_scikit_learn_but_for_the_sign():
    points = np.random.default_rng(0).normal(size=(40, 5)) * [1.0, 2.0, 3.0, 4.0, 5.0] + 7.0
    axes, sizes = principal_axes(points)
    fitted = PCA().fit(points)
    assert np.abs((axes * fitted.components_).sum(axis=1)) == pytest.approx(1.0)
    assert sizes**2 / (sizes**2).sum() == pytest.approx(fitted.explained_variance_ratio_)


def test_the_largest_loading_is_positive_whichever_way_the_points_lie():
    points = np.random.default_rng(1).normal(size=(9, 4))
    axes, _ = principal_axes(points)
    assert (axes[np.arange(4), np.abs(axes).argmax(axis=1)] > 0).all()
    np.testing.assert_allclose(principal_axes(-points)[0], axes)


def test_points_that_do_not_vary_have_no_size():
    axes, sizes = principal_axes(np.ones((3, 2)))
    assert sizes.tolist() == [0.0, 0.0]
    assert np.linalg.norm(axes, axis=1) == pytest.approx(1.0)
