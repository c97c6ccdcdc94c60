import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

from xaigeo.errors import InputError
from xaigeo.geometry import pca_view, scene


def test_components_and_shares_are_those_of_scikit_learn(make):
    world = make.world(categorical=False)
    fitted = PCA(2).fit(StandardScaler().fit_transform(world.X))
    view = pca_view(world.shap())
    for own, other in zip(view.projection.T, fitted.components_, strict=True):
        assert abs(own @ other) == pytest.approx(1.0)
    np.testing.assert_allclose(view.variance_shares, fitted.explained_variance_ratio_)
    assert view.x_label == f"PC 1 ({fitted.explained_variance_ratio_[0]:.0%} of variance)"
    assert view.label == "PCA"


def test_the_largest_loading_is_positive(make):
    for seed in range(6):
        P = pca_view(make.world(seed).shap()).projection
        assert (P[np.abs(P).argmax(axis=0), [0, 1]] > 0).all()


def test_categories_take_no_part(make):
    world = make.world()
    view = pca_view(world.shap())
    np.testing.assert_array_equal(view.projection[3], 0.0)
    without = make.world(categorical=False)
    np.testing.assert_allclose(view.projection[:3], pca_view(without.shap()).projection)


@settings(deadline=None, max_examples=15)
@given(scale=st.floats(1e-3, 1e3), shift=st.floats(-100, 100))
def test_components_do_not_depend_on_units(make, scale, shift):
    world = make.world()
    other = make.replace(world, X=world.X.assign(b=world.X["b"] * scale + shift))
    one, two = (pca_view(w.shap()) for w in (world, other))
    np.testing.assert_allclose(one.projection, two.projection, atol=1e-7)


def test_the_widest_background_is_taken_and_scene_knows_the_view_by_name(make):
    world = make.world()
    shap, lime = world.shap(), world.lime()
    narrow = make.replace(shap, data=shap.data.isel(background_row=range(5)))
    view = pca_view([narrow, lime])
    np.testing.assert_array_equal(view.projection, pca_view(shap).projection)
    drawn = scene([narrow, lime], view="pca")
    np.testing.assert_array_equal(drawn.view.projection, view.projection)


def test_one_numeric_column_has_no_plane(make):
    world = make.world(categorical=False)
    X = pd.DataFrame({"a": world.X["a"], "d": ["x", "y"] * 15})
    with pytest.raises(InputError, match="at least 2 numeric columns for principal components"):
        pca_view(make.replace(world, X=X, weights=world.weights[:, :2]).shap())


def test_columns_that_vary_together_have_no_plane(make):
    world = make.world(categorical=False)
    X = world.X.assign(b=2 * world.X["a"] + 1, c=-world.X["a"])
    with pytest.raises(InputError, match="a background that varies in two directions, got 30 rows"):
        pca_view(make.replace(world, X=X).shap())
