import numpy as np
import pandas as pd
import pytest

from xaigeo.errors import InputError
from xaigeo.geometry.data_plane import cell_centres, plane_of
from xaigeo.geometry.standard_frame import StandardFrame
from xaigeo.geometry.view import FeaturePair, Projection
from xaigeo.schema import FeatureSchema


def space(X):
    schema = FeatureSchema.from_data(X)
    rows = schema.encode(X)
    return schema, StandardFrame.from_rows(schema, rows), rows


@pytest.fixture
def numbers():
    X = np.random.default_rng(0).normal(size=(50, 3)) @ np.diag([1.0, 5.0, 2.0])
    X[:, 2] += X[:, 1]
    return pd.DataFrame(X, columns=["a", "b", "c"]).assign(kind=["x", "y"] * 25)


def test_two_columns_by_name_or_as_a_view(numbers):
    schema, frame, rows = space(numbers)
    pair = plane_of(("a", "c"), schema, frame, rows)
    assert isinstance(pair, FeaturePair)
    assert plane_of(pair, schema, frame, rows).places == (0, 2)
    with pytest.raises(InputError, match=r"two numeric columns \(a, b, c\), got 'kind'"):
        plane_of(("a", "kind"), schema, frame, rows)


def test_principal_components_are_those_of_scikit_learn(numbers):
    from sklearn.decomposition import PCA

    schema, frame, rows = space(numbers)
    plane = plane_of("pca", schema, frame, rows)
    expected = PCA(2).fit(frame.points(rows)[:, :3])
    np.testing.assert_allclose(plane.variance_shares, expected.explained_variance_ratio_)
    products = np.abs((plane.projection[:3].T * expected.components_).sum(axis=1))
    np.testing.assert_allclose(products, 1.0)
    assert not plane.projection[3].any()
    assert plane_of(plane, schema, frame, rows) is plane


def test_planes_that_do_not_fit(numbers):
    schema, frame, rows = space(numbers)
    with pytest.raises(InputError, match=r"a projection of the columns a, b, c, kind"):
        plane_of(Projection(np.eye(3)[:, :2]), schema, frame, rows)
    schema, frame, rows = space(numbers[["a", "kind"]])
    with pytest.raises(InputError, match=r"vary in two directions, got 1 numeric columns that"):
        plane_of("pca", schema, frame, rows)


def test_cells_span_the_points_with_room(numbers):
    schema, frame, rows = space(numbers)
    pair = plane_of(("a", "b"), schema, frame, rows)
    x, _ = cell_centres(np.array([[0.0, 1.0], [10.0, 1.0]]), pair, 4)
    np.testing.assert_allclose(x, -0.5 + 11 * (np.arange(4) + 0.5) / 4)
