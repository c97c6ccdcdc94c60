import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import subspace_angles
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from xaigeo.errors import InputError
from xaigeo.explanations.majority import majority
from xaigeo.geometry import guided_tour
from xaigeo.geometry.data_space import DataSpace
from xaigeo.geometry.geodesic import random_frame
from xaigeo.geometry.guided_tour import ClassSeparation, SeedSpread


def classes_of(world):
    return majority(world.values(world.rows))


@pytest.fixture
def three(make):
    world = make.wide(4, 1, n_seeds=5)
    rng = np.random.default_rng(5)
    return make.replace(
        world,
        weights=rng.normal(size=(1, 4, 3)) + 0.1 * rng.normal(size=(5, 4, 3)),
        bias=np.zeros(3),
        outputs=["k0", "k1", "k2"],
    )


def test_the_best_plane_of_classes_is_that_of_the_discriminants(three):
    classes = classes_of(three)
    assert set(classes) == {0, 1, 2}
    z = three.z(three.rows)
    fitted = LinearDiscriminantAnalysis(solver="eigen").fit(z, classes)
    index = ClassSeparation.of(DataSpace.gathered(three.shap()))
    assert subspace_angles(index.best, fitted.scalings_[:, :2]).max() == pytest.approx(0, abs=1e-6)


def test_the_index_of_classes_equals_a_naive_loop(three):
    classes, z = classes_of(three), three.z(three.rows)
    index = ClassSeparation.of(DataSpace.gathered(three.shap()))
    P = random_frame(4, np.random.default_rng(2))
    within, total = np.zeros((2, 2)), np.zeros((2, 2))
    for row, name in zip(z @ P, classes, strict=True):
        within += np.outer(
            row - (z @ P)[classes == name].mean(axis=0), row - (z @ P)[classes == name].mean(axis=0)
        )
        total += np.outer(row - (z @ P).mean(axis=0), row - (z @ P).mean(axis=0))
    assert index.value(P) == pytest.approx(1 - np.linalg.det(within) / np.linalg.det(total))


@pytest.mark.parametrize("by", ["classes", "seeds"])
def test_values_never_fall_and_end_at_the_best_there_is(three, by):
    shap = three.shap()
    space = DataSpace.gathered(shap)
    index = ClassSeparation.of(space) if by == "classes" else SeedSpread.of(space, shap, None)
    tour = guided_tour(shap, by, random_state=1)
    assert len(tour.values) == len(tour.bases) > 2
    assert (np.diff(tour.values) >= 0).all()
    for base, value in zip(tour.bases, tour.values, strict=True):
        assert index.value(base) == pytest.approx(value)
    rng = np.random.default_rng(0)
    tried = [index.value(random_frame(4, rng)) for _ in range(500)]
    assert tour.values[-1] >= max(tried)
    np.testing.assert_array_equal(tour.bases, guided_tour(shap, by, random_state=1).bases)


def test_two_classes_lie_apart_in_one_direction(make):
    world = make.wide(4, 2)
    classes = classes_of(world)
    assert set(classes) == {0, 1}
    index = ClassSeparation.of(DataSpace.gathered(world.shap()))
    z = world.z(world.rows)
    fitted = LinearDiscriminantAnalysis(solver="eigen").fit(z, classes)
    first = fitted.scalings_[:, 0] / np.linalg.norm(fitted.scalings_[:, 0])
    assert abs(index.best[:, 0] @ first) == pytest.approx(1.0)
    rng = np.random.default_rng(0)
    assert index.value(index.best) >= max(index.value(random_frame(4, rng)) for _ in range(500))


def test_the_index_of_seeds_equals_a_naive_loop(three):
    shap = three.shap()
    index = SeedSpread.of(DataSpace.gathered(shap), shap, None)
    attribution, predicted = shap.array("attribution"), three.predicted
    covariance = np.zeros((4, 4))
    for i in range(3):
        for s in range(5):
            group = predicted[:, i] == predicted[s, i]
            phi = attribution[group, i, :, predicted[s, i]]
            apart = attribution[s, i, :, predicted[s, i]] - phi.mean(axis=0)
            covariance += np.outer(apart, apart) / 15
    np.testing.assert_allclose(index.covariance, covariance)
    P = random_frame(4, np.random.default_rng(2))
    assert index.value(P) == pytest.approx(np.trace(P.T @ covariance @ P) / np.trace(covariance))


def test_a_method_can_be_named(three):
    lime, shap = three.lime(), three.shap()
    one = guided_tour([lime, shap], "seeds")
    np.testing.assert_array_equal(
        one.bases, guided_tour([lime, shap], "seeds", method="lime").bases
    )
    other = guided_tour([lime, shap], "seeds", method="kernel_shap")
    assert not np.allclose(one.bases[-1], other.bases[-1])
    with pytest.raises(InputError, match="Did you mean 'lime'"):
        guided_tour([lime, shap], "seeds", method="lim")


@settings(deadline=None, max_examples=6)
@given(scale=st.floats(1e-2, 1e2), shift=st.floats(-100, 100))
def test_guided_tours_do_not_depend_on_units(make, scale, shift):
    world = make.world(n_outputs=3)
    other = make.replace(world, X=world.X.assign(a=world.X["a"] * scale + shift))
    for by in ("classes", "seeds"):
        one, two = (guided_tour(w.shap(), by).bases[-1] for w in (world, other))
        np.testing.assert_allclose(one @ one.T, two @ two.T, atol=1e-6)


def test_categories_stay_out(make):
    for by in ("classes", "seeds"):
        tour = guided_tour(make.world(n_outputs=3).shap(), by)
        np.testing.assert_array_equal(tour.frames(9)[:, 3], 0.0)


def test_what_cannot_be_told_apart_is_refused(make):
    world = make.world(n_outputs=1, task="regression", scale="value")
    with pytest.raises(InputError, match="two predicted classes to tell apart, got a regression"):
        guided_tour(world.shap())
    sure = make.world()
    sure = make.replace(sure, bias=np.array([100.0, -100.0]))
    with pytest.raises(InputError, match="at least two predicted classes to tell apart, got 'no'"):
        guided_tour(sure.shap())
    same = make.world(identical=True)
    with pytest.raises(InputError, match="attributions that differ between seeds of one answer"):
        guided_tour(same.shap(), "seeds")
    with pytest.raises(InputError, match=r"'kernel_shap' of 1 seed\(s\), which agree"):
        guided_tour(make.world(n_seeds=1).shap(), "seeds")
    with pytest.raises(InputError, match=r"attributions of some method \(none given\), got none"):
        guided_tour(make.boxes(make.world()), "seeds")
    with pytest.raises(InputError, match="by to be one of 'classes', 'seeds'"):
        guided_tour(make.world().shap(), "both")
