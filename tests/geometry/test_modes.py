import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import xaigeo as xg
from xaigeo.errors import InputError
from xaigeo.geometry.modes import explanatory_modes
from xaigeo.geometry.seed_vectors import seed_vectors


def grouped(make, sizes, apart=8.0, seed=0, **change):
    """A world whose seeds' weights form groups."""
    rng = np.random.default_rng(seed)
    centres = np.zeros((len(sizes), 4))
    centres[np.arange(len(sizes)), np.arange(len(sizes))] = apart
    weights = np.repeat(centres, sizes, axis=0) + rng.normal(0, 0.5, (sum(sizes), 4)) + 1.0
    world = make.world(n_seeds=sum(sizes), **change)
    return make.replace(world, weights=np.stack([-weights, weights], axis=-1))


def test_groups_of_seeds_are_modes(make):
    modes = explanatory_modes(grouped(make, (4, 9)).lime())
    assert modes.labels.tolist() == [1] * 4 + [0] * 9
    assert (modes.n_modes, modes.second_mass) == (2, pytest.approx(4 / 13))
    np.testing.assert_allclose(modes.masses, [9 / 13, 4 / 13])
    assert modes.tested
    assert modes.p_value < 0.01
    assert repr(modes).startswith("Modes(2 of 13 seeds: 69%, 31%; p = 0.00")


def test_three_groups_are_found_and_no_more_than_wanted(make):
    lime = grouped(make, (12, 9, 8), apart=20.0).lime()
    modes = explanatory_modes(lime)
    assert modes.labels.tolist() == [0] * 12 + [1] * 9 + [2] * 8
    assert explanatory_modes(lime, max_modes=2).n_modes == 2
    one = explanatory_modes(lime, max_modes=1)
    assert (one.n_modes, one.second_mass) == (1, 0.0)
    assert one.p_value == modes.p_value


def test_unimodal_seeds_are_one_mode(make):
    rng = np.random.default_rng(5)
    split = 0
    for k in range(40):
        world = make.world(k, n_seeds=12, n_instances=2)
        noise = rng.exponential(size=(12, 4))
        world = make.replace(world, weights=np.stack([-noise, noise], axis=-1))
        split += explanatory_modes(world.lime()).n_modes > 1
    assert split <= 6


def test_medoids_distances_and_places_are_those_of_the_vectors(make):
    lime = grouped(make, (9, 6)).lime()
    modes = explanatory_modes(lime)
    vectors = seed_vectors(lime)
    for a, b in np.ndindex(15, 15):
        assert modes.distances[a, b] == pytest.approx(np.linalg.norm(vectors[a] - vectors[b]))
    for label, medoid in enumerate(modes.medoids):
        members = np.flatnonzero(modes.labels == label)
        sums = modes.distances[np.ix_(members, members)].sum(axis=1)
        assert modes.seeds[members[sums.argmin()]] == medoid
    centred = vectors - vectors.mean(axis=0)
    sizes = np.linalg.svd(centred, compute_uv=False)
    np.testing.assert_allclose(modes.explained, sizes[:2] ** 2 / (sizes**2).sum())
    # In a plane that shows nearly everything, places keep the distances.
    apart = np.linalg.norm(modes.places[:, None] - modes.places[None], axis=-1)
    assert (apart <= modes.distances + 1e-9).all()
    np.testing.assert_allclose((modes.places**2).sum(), (sizes[:2] ** 2).sum())


def test_a_frame_has_one_row_a_seed(make):
    modes = explanatory_modes(grouped(make, (9, 6)).lime())
    frame = modes.to_frame()
    assert list(frame) == ["seed", "mode", "mass", "medoid", "x", "y"]
    assert frame["seed"].tolist() == modes.seeds.tolist()
    assert frame.loc[frame["medoid"], "seed"].tolist() == modes.medoids.tolist()
    assert frame.groupby("mode")["mass"].first().tolist() == modes.masses.tolist()


def test_identical_seeds_are_one_mode(make):
    world = make.world(identical=True, n_seeds=10)
    points = np.repeat(make.points(world)[:1], 10, axis=0)
    boxes = make.boxes(world)
    data = boxes.data.copy(deep=True)
    for name in ("lower", "upper", "allowed"):
        data[name][:] = data[name][:1].to_numpy()
    for found in (world.lime(), world.shap(), world.counterfactuals(points),
                  make.replace(boxes, data=data)):  # fmt: skip
        modes = explanatory_modes(found)
        assert (modes.n_modes, modes.p_value, modes.second_mass) == (1, 1.0, 0.0)
        assert modes.medoids.tolist() == [10]
        assert modes.masses.tolist() == [1.0]
        np.testing.assert_allclose(modes.distances, 0.0, atol=1e-7)
        np.testing.assert_array_equal(modes.places, 0.0)
        np.testing.assert_array_equal(modes.explained, 0.0)


def test_few_seeds_are_one_mode_and_it_says_so(make):
    modes = explanatory_modes(grouped(make, (2, 3), apart=100.0).lime())
    assert (modes.n_modes, modes.tested, modes.p_value) == (1, False, 1.0)
    assert repr(modes) == "Modes(1 of 5 seeds: 100%; not tested)"
    assert explanatory_modes(make.world(n_seeds=1).lime()).n_modes == 1


@settings(deadline=None, max_examples=10)
@given(order=st.permutations(range(14)), scale=st.floats(1e-3, 1e3), shift=st.floats(-50, 50))
def test_neither_order_of_seeds_nor_units_change_anything(make, order, scale, shift):
    world = grouped(make, (8, 6))
    lime = world.lime()
    first = explanatory_modes(lime)
    other = make.replace(world, X=world.X.assign(b=world.X["b"] * scale + shift)).shap()
    again = explanatory_modes(lime.sel(seed=[int(lime.seeds[k]) for k in order]))
    assert again.p_value == first.p_value
    np.testing.assert_array_equal(again.seeds, first.seeds[order])
    np.testing.assert_array_equal(again.labels, first.labels[order])
    np.testing.assert_array_equal(again.medoids, first.medoids)
    np.testing.assert_array_equal(again.places, first.places[order])
    np.testing.assert_array_equal(again.distances, first.distances[np.ix_(order, order)])
    same, moved = explanatory_modes(world.shap()), explanatory_modes(other)
    np.testing.assert_array_equal(moved.labels, same.labels)
    np.testing.assert_allclose(moved.distances, same.distances, atol=1e-6)


def test_one_instance_can_be_named(make):
    lime = grouped(make, (8, 6)).shap()
    one = explanatory_modes(lime, instances="row 1")
    np.testing.assert_allclose(
        one.distances, explanatory_modes(lime.sel(instance=["row 1"])).distances
    )
    two = explanatory_modes(lime, instances=["row 0", "row 2"])
    assert not np.allclose(one.distances, two.distances)
    with pytest.raises(InputError, match="instance labels among"):
        explanatory_modes(lime, instances="row 99")


def test_modes_are_the_same_after_saving_and_with_the_same_random_state(make, tmp_path):
    lime = grouped(make, (8, 6)).lime()
    back = xg.load(lime.save(tmp_path / "lime"))
    first, again = explanatory_modes(lime), explanatory_modes(back)
    np.testing.assert_array_equal(first.labels, again.labels)
    np.testing.assert_array_equal(first.places, again.places)
    assert first.p_value == again.p_value


def test_wrong_asks_are_told(make):
    lime = make.world().lime()
    for level in (0.0, 1.0, 2, "high", True):
        with pytest.raises(InputError, match="level to be a chance between 0 and 1, got"):
            explanatory_modes(lime, level=level)
    with pytest.raises(InputError, match="max_modes to be a whole number of at least 1"):
        explanatory_modes(lime, max_modes=0)
    with pytest.raises(InputError, match="an output of the explanation"):
        explanatory_modes(lime, output="maybe")
    for thing in ([lime], None, "lime"):
        with pytest.raises(InputError, match="one explanation, whose seeds are grouped, got"):
            explanatory_modes(thing)
    for random_state in ("a", -1, 0.5):
        with pytest.raises(InputError, match="random_state to be a whole number of at least 0"):
            explanatory_modes(lime, random_state=random_state)
