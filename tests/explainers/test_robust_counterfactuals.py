from __future__ import annotations

import numpy as np
import pytest

import xaigeo as xg
from xaigeo.errors import InputError
from xaigeo.explainers.robust_counterfactuals import RobustCounterfactualExplainer


def explain(ensemble, rows, background, method="robust_counterfactuals", **parameters):
    return xg.explain(
        ensemble,
        rows,
        method,
        background=background,
        **{"random_state": 0, "n_samples": 200, "n_starts": 4} | parameters,
    )


@pytest.mark.parametrize("search", ["model_agnostic", "growing_spheres", "nearest_unlike"])
def test_one_point_holds_for_all_seeds(species, birds, search):
    result = explain(species, birds.iloc[::80], birds, target="Gentoo", search=search)
    point = result.array("point")
    assert (point == point[0]).all()
    answers = species.outputs_encoded(point[0, :, 0]).argmax(axis=-1)
    assert (answers == 2).all()
    assert result.array("valid").all()
    assert result.array("cross_validity").all()


def test_gradients_find_one_point_for_all_seeds(single_logit, birds):
    result = explain(single_logit, birds.iloc[::80], birds, search="gradient")
    target = result.array("target")
    assert (target == target[0]).all()
    answers = single_logit.outputs_encoded(result.array("point")[0, :, 0]).argmax(axis=-1)
    assert (result.array("valid")[..., 0] == (answers == target)).all()
    assert result.array("valid").all()


def test_by_default_the_target_is_the_runner_up_of_the_mean(species, birds):
    result = explain(species, birds.iloc[::80], birds)
    mean = result.array("prediction").mean(axis=0)
    assert (result.array("target") == np.argsort(mean, axis=-1)[:, -2]).all()


def test_price_is_what_holding_for_all_costs_each_seed(species, birds):
    rows = birds.iloc[::80]
    joint = explain(species, rows, birds, target="Gentoo")
    own = explain(species, rows, birds, "counterfactuals", target="Gentoo")
    price = joint.array("price")[..., 0]
    assert (price >= 0).all()
    assert price.max() > 0
    expected = joint.array("distance")[..., 0] - own.array("distance")[..., 0]
    assert price == pytest.approx(np.maximum(expected, 0.0), abs=1e-9)


def test_of_linear_models_the_point_is_that_of_the_strictest(wrap_values, linear):
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(200, 2))
    models = wrap_values(linear((1.0, 0.1)), linear((0.5, 0.1)), linear((0.8, 0.1)), rows=rows)
    start = np.zeros((1, 2))
    result = explain(models, start, rows, target=(1.0, None))
    mad = result.array("feature_mad")
    # From 0.5 at the start, by the first column alone.
    needed = np.array([0.5, 1.0, 0.625]) / mad[0]
    assert result.array("distance")[:, 0, 0] == pytest.approx([needed[1]] * 3, abs=1e-3)
    assert result.array("price")[:, 0, 0] == pytest.approx(needed[1] - needed, abs=2e-3)
    half = explain(models, start, rows, target=(1.0, None), valid_share=0.6)
    assert half.array("distance")[:, 0, 0] == pytest.approx([needed[2]] * 3, abs=1e-3)
    assert half.array("valid")[:, 0, 0].tolist() == [True, False, True]
    assert np.isnan(half.array("price")[:, 0, 0]).tolist() == [False, True, False]


def test_it_is_drawn_beside_the_seeds_own_points(species, birds):
    rows = birds.iloc[:3]
    both = [
        explain(species, rows, birds, method, target="Gentoo")
        for method in ("counterfactuals", "robust_counterfactuals")
    ]
    scene = xg.scene(both, view=("bill_length_mm", "flipper_length_mm"))
    assert set(scene.connectors["method"]) == {e.method for e in both}


@pytest.mark.parametrize("share", [0, 1.5, True, "all"])
def test_the_share_of_seeds_is_a_share(share):
    with pytest.raises(InputError) as error:
        RobustCounterfactualExplainer(valid_share=share)
    assert str(error.value) == (
        f"Expected valid_share to be a number above 0 and at most 1, got {share!r}. Pass 1.0 for "
        "points that hold for all seeds."
    )
