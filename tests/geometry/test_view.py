import numpy as np
import pytest

from xaigeo.errors import InputError
from xaigeo.geometry.standard_frame import StandardFrame
from xaigeo.geometry.view import FeaturePair, Projection
from xaigeo.schema import FeatureSchema


@pytest.fixture
def pair(make):
    world = make.world()
    frame = StandardFrame.from_rows(world.columns, world.rows)
    return FeaturePair.from_names(("c", "a"), world.columns, frame)


def test_points_of_a_pair_are_original_values(make, pair):
    rows = make.world().rows
    np.testing.assert_allclose(pair.points(pair.frame.points(rows)), rows[:, [2, 0]])


def test_displacements_of_a_pair_are_original_steps(pair):
    step = np.array([1.0, 2.0, 3.0, 0.0])
    np.testing.assert_allclose(pair.displacements(pair.frame.displacements(step)), [3.0, 1.0])


def test_a_pair_is_the_projection_on_two_axes(pair):
    P = pair.projection
    np.testing.assert_array_equal(P.T @ P, np.eye(2))
    z = np.random.default_rng(0).normal(size=(5, 4))
    np.testing.assert_allclose(pair.points(z), pair.to_units(z @ P))
    np.testing.assert_allclose(pair.displacements(z), (z @ P) * pair.scale)
    np.testing.assert_allclose(pair.normals(z), z @ P)
    np.testing.assert_allclose(pair.from_units(pair.to_units(z[:, :2])), z[:, :2])


def test_labels_carry_units(make):
    world = make.world(categorical=False)
    schema = FeatureSchema.from_data(world.X, units={"a": "mm"})
    pair = FeaturePair.from_names(("a", "b"), schema, StandardFrame.from_rows(schema, world.rows))
    assert (pair.x_label, pair.y_label) == ("a (mm)", "b")


@pytest.mark.parametrize("names", ["ab", ("a",), ("a", "a"), ("a", "b", "c")])
def test_a_view_needs_two_different_columns(pair, make, names):
    with pytest.raises(InputError, match=r"a view of two different numeric columns \(a, b, c\)"):
        FeaturePair.from_names(names, make.world().columns, pair.frame)


def test_a_view_of_categories_is_refused_and_names_the_numeric_columns(pair, make):
    with pytest.raises(
        InputError, match=r"two numeric columns \(a, b, c\), got 'd', which is categorical"
    ):
        FeaturePair.from_names(("a", "d"), make.world().columns, pair.frame)


def test_an_unknown_column_is_refused(pair, make):
    with pytest.raises(InputError, match="a column of the schema"):
        FeaturePair.from_names(("a", "z"), make.world().columns, pair.frame)


def test_a_projection_moves_points_steps_and_normals():
    P = np.linalg.qr(np.random.default_rng(0).normal(size=(4, 2)))[0]
    view = Projection(P, "PC 1", "PC 2")
    z = np.random.default_rng(1).normal(size=(6, 4))
    np.testing.assert_allclose(view.points(z), z @ P)
    np.testing.assert_allclose(
        view.points(z[0]) + view.displacements(z[1]), view.points(z[0] + z[1])
    )
    np.testing.assert_allclose(view.normals(z), z @ P)
    assert (view.x_label, view.y_label) == ("PC 1", "PC 2")


@pytest.mark.parametrize("matrix", [np.ones((3, 2)), np.eye(3), np.zeros(3)])
def test_a_projection_must_be_orthonormal(matrix):
    with pytest.raises(InputError, match="two orthonormal columns, shape"):
        Projection(matrix)


def test_units_of_a_projection_are_standard_deviations():
    view = Projection(np.eye(3)[:, :2], name="two axes")
    y = np.array([[1.0, 2.0]])
    np.testing.assert_array_equal(view.to_units(y), y)
    np.testing.assert_array_equal(view.from_units(y), y)
    np.testing.assert_array_equal(view.scale, [1.0, 1.0])
    assert (view.label, view.shown) == ("two axes", ())


def test_a_pair_names_itself_and_what_its_axes_tell(pair):
    assert (pair.label, pair.shown) == ("a against c", (2, 0))
