import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import xaigeo as xg
from xaigeo.errors import InputError
from xaigeo.explanations.majority import majority
from xaigeo.geometry.attribution_space import attribution_space

COLUMNS = [
    "instance", "predicted", "agreement", "data_x", "data_y", "attribution_x", "attribution_y",
    "seed_spread", "distance", "outlier",
]  # fmt: skip


@pytest.fixture
def world(make):
    return make.world(n_outputs=3, n_seeds=5, n_instances=12)


def votes(world):
    return majority(world.shap().array("prediction"))


def test_axes_are_principal_components_of_median_attributions(world):
    shap = world.shap()
    space = attribution_space(shap)
    phi = np.array([shap.array("attribution")[:, i, :, c] for i, c in enumerate(votes(world))])
    middle = np.median(phi, axis=1)
    centred = middle - middle.mean(axis=0)
    axes = space.loadings[["attribution_x", "attribution_y"]].to_numpy()
    np.testing.assert_allclose(axes.T @ axes, np.eye(2), atol=1e-10)
    np.testing.assert_allclose(
        space.frame[["attribution_x", "attribution_y"]], centred @ axes, atol=1e-12
    )
    values = np.linalg.eigvalsh(centred.T @ centred)[::-1]
    np.testing.assert_allclose(space.attribution_explained, values[:2] / values.sum())
    assert space.loadings["feature"].tolist() == shap.features
    largest = axes[np.abs(axes).argmax(axis=0), [0, 1]]
    assert (largest > 0).all()
    assert list(space.frame) == COLUMNS


def test_columns_of_the_frame_equal_loops(world):
    shap = world.shap()
    frame = attribution_space(shap).frame
    chosen = votes(world)
    middle = np.array(
        [np.median(shap.array("attribution")[:, i, :, c], axis=0) for i, c in enumerate(chosen)]
    )
    for i, row in enumerate(frame.itertuples()):
        assert row.instance == f"row {i}"
        assert row.predicted == world.outputs[chosen[i]]
        assert row.agreement == pytest.approx((world.predicted[:, i] == chosen[i]).mean())
        phi = shap.array("attribution")[:, i, :, chosen[i]]
        away = [np.sum((one - phi.mean(axis=0)) ** 2) for one in phi]
        assert row.seed_spread == pytest.approx(np.sqrt(np.mean(away)))
        others = sorted(np.linalg.norm(middle[i] - middle[k]) for k in range(12) if k != i)
        assert row.distance == pytest.approx(np.mean(others[:5]))
    assert sorted(frame["outlier"]) == list(range(1, 13))
    assert frame.sort_values("outlier")["distance"].is_monotonic_decreasing


def test_data_are_standardised_and_categories_are_one_apart(world):
    space = attribution_space(world.shap())
    rows = world.rows[world.places]
    z = (rows[:, :3] - world.location[:3]) / world.spread[:3]
    indicators = (rows[:, 3:] == np.arange(3)) / np.sqrt(2)
    values = np.column_stack([z, indicators])
    axes = space.data_loadings[["data_x", "data_y"]].to_numpy()
    np.testing.assert_allclose(
        space.frame[["data_x", "data_y"]], (values - values.mean(axis=0)) @ axes, atol=1e-12
    )
    assert space.data_loadings["feature"].tolist() == ["a", "b", "c", "d", "d", "d"]
    assert space.data_loadings["category"].tolist() == [None] * 3 + ["east", "north", "west"]
    sizes = np.linalg.svd(values - values.mean(axis=0), compute_uv=False) ** 2
    np.testing.assert_allclose(space.data_explained, sizes[:2] / sizes.sum())


def test_a_seed_and_an_output_can_be_named(world):
    shap = world.shap()
    space = attribution_space(shap, seed=12, output="k1")
    phi = shap.array("attribution")[2, :, :, 1]
    axes = space.loadings[["attribution_x", "attribution_y"]].to_numpy()
    np.testing.assert_allclose(
        space.frame[["attribution_x", "attribution_y"]], (phi - phi.mean(axis=0)) @ axes
    )
    assert (space.seed, space.output, space.unit) == (12, "k1", "logit")
    own = attribution_space(shap, seed=12).frame
    answers = np.array(world.outputs, dtype=object)[world.predicted[2]]
    assert own["predicted"].tolist() == answers.tolist()
    np.testing.assert_allclose(
        own["agreement"], (world.predicted == world.predicted[2]).mean(axis=0)
    )
    assert attribution_space(shap).output is None


def test_a_regression_has_values_and_no_agreement(make):
    world = make.world(n_outputs=1, task="regression", scale="value", n_instances=8)
    space = attribution_space(world.shap())
    np.testing.assert_allclose(
        space.frame["predicted"].to_numpy(float),
        world.values(world.rows[world.places]).mean(axis=0)[:, 0],
    )
    assert space.frame["agreement"].isna().all()
    assert (space.output, space.unit) == ("k0", "k0")


def test_identical_seeds_have_no_spread(make):
    world = make.world(identical=True, n_instances=6)
    np.testing.assert_allclose(attribution_space(world.shap()).frame["seed_spread"], 0, atol=1e-12)


def test_a_lonely_explanation_is_the_first_outlier(world):
    shap = world.shap()
    data = shap.data.copy(deep=True)
    data["attribution"][:, 7] = 50.0
    frame = attribution_space(type(shap)(
        data=data, schema=shap.schema, method=shap.method, provenance=shap.provenance
    )).frame  # fmt: skip
    assert frame.loc[frame["outlier"] == 1, "instance"].tolist() == ["row 7"]


def test_attributions_along_a_line_have_no_second_axis(make):
    world = make.world(n_instances=5, categorical=False)
    weights = np.zeros_like(world.weights)
    weights[:, 0, 1], weights[:, 0, 0] = 1.0, -1.0
    space = attribution_space(make.replace(world, weights=weights).shap(), output="yes")
    np.testing.assert_allclose(space.attribution_explained, [1.0, 0.0])
    assert not space.frame["attribution_y"].any()
    assert repr(space) == (
        "AttributionSpace('kernel_shap', 5 instances, axes of attributions 100%, 0%)"
    )


@settings(deadline=None, max_examples=10)
@given(order=st.permutations(range(12)), scale=st.floats(1e-2, 1e2), shift=st.floats(-50, 50))
def test_neither_order_nor_units_change_places(make, order, scale, shift):
    world = make.world(n_outputs=3, n_seeds=5, n_instances=12)
    first = attribution_space(world.shap()).frame
    rows = [f"row {k}" for k in order]
    again = attribution_space(world.shap().sel(instance=rows, seed=[14, 11, 10, 13, 12])).frame
    other = make.replace(world, X=world.X.assign(b=world.X["b"] * scale + shift))
    moved = attribution_space(other.shap()).frame
    for name in COLUMNS[3:]:
        np.testing.assert_allclose(again[name], first[name].to_numpy()[order], atol=1e-8)
        np.testing.assert_allclose(moved[name], first[name], atol=1e-6)


def test_a_saved_explanation_gives_the_same_space(world, tmp_path):
    shap = world.shap()
    back = attribution_space(xg.load(shap.save(tmp_path / "shap")))
    first = attribution_space(shap)
    for name in COLUMNS[3:]:
        np.testing.assert_array_equal(back.frame[name], first.frame[name])


def test_wrong_asks_are_told(make, world):
    shap = world.shap()
    with pytest.raises(InputError, match="at least 3 explained instances, got 2"):
        attribution_space(shap.sel(instance=["row 0", "row 1"]))
    with pytest.raises(InputError, match="Expected Attributions, got Anchors"):
        attribution_space(make.boxes(world))
    with pytest.raises(InputError, match=r"attributions that differ .* the same at all 12"):
        attribution_space(world.lime(), output="k1")
    with pytest.raises(InputError, match="seed labels among"):
        attribution_space(shap, seed=99)
    with pytest.raises(InputError, match="an output of the explanation"):
        attribution_space(shap, output="k9")
