from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from xaigeo.agreement.crossed_explanations import cross_explanations
from xaigeo.errors import InputError

# Four models: two initial weights with two batch orders, told in another order than crossed.
RECORD = {"seeds": [0, 1, 2, 3], "init_seeds": [7, 8, 7, 8], "order_seeds": [1, 1, 2, 2]}


@pytest.fixture
def made(build, rng):
    """An explanation for each method, explainer seed and background, and its values."""

    def make(methods=("kernel_shap", "deep_shap"), seeds=(5, 6), backgrounds=("a", "b"),
             record=RECORD):  # fmt: skip
        given = {}
        for method, seed, background in product(methods, seeds, backgrounds):
            values = rng.normal(size=(4, 3, 5))
            one = build.make_attributions(values, method=method, random_state=seed, record=record)
            known = one.provenance | {"background_sha256": background}
            given[method, seed, background] = (replace(one, provenance=known), values)
        return given

    return make


def test_every_value_is_where_its_levels_say(made):
    given = made()
    crossed = cross_explanations([e for e, _ in reversed(list(given.values()))])
    assert crossed.factors == ("init", "order", "explainer", "background", "method")
    assert crossed.levels["init"] == (7, 8)
    assert crossed.levels["explainer"] == (5, 6)
    assert crossed.methods == ["deep_shap", "kernel_shap"]
    for place in product(range(2), repeat=5):
        init, order, explainer, background, method = place
        model = next(
            m
            for m in range(4)
            if RECORD["init_seeds"][m] == crossed.levels["init"][init]
            and RECORD["order_seeds"][m] == crossed.levels["order"][order]
        )
        seed = crossed.levels["explainer"][explainer]
        sha = crossed.provenance["background_sha256"][background]
        _, values = given[crossed.methods[method], seed, sha]
        np.testing.assert_array_equal(crossed.values[place], values[model])


def test_models_that_are_not_crossed_are_one_factor(made):
    for record in ({}, RECORD | {"init_seeds": [0, 1, 2, 3], "order_seeds": [0, 1, 2, 3]}):
        crossed = cross_explanations([e for e, _ in made(record=record).values()])
        assert crossed.factors == ("model", "explainer", "background", "method")
    held = RECORD | {"init_seeds": [0, 1, 2, 3], "order_seeds": [9, 9, 9, 9]}
    crossed = cross_explanations([e for e, _ in made(("lime",), record=held).values()])
    assert crossed.factors == ("init", "explainer", "background")
    assert crossed.methods == ["lime"]


def test_a_method_without_draws_stands_for_all_seeds(made):
    given = made(("lime",)) | made(("integrated_gradients",), seeds=(0,))
    crossed = cross_explanations(
        [e for e, _ in given.values()], without={"integrated_gradients": ["explainer"]}
    )
    assert crossed.reasons == {
        ("integrated_gradients", "explainer"): "none: the method does not draw"
    }
    alone = crossed.of_method(1).values
    np.testing.assert_array_equal(alone[:, :, 0], alone[:, :, -1])


def test_a_method_without_draws_alone(made):
    crossed = cross_explanations(
        [e for e, _ in made(("saliency",), seeds=(0,)).values()],
        without={"saliency": ["explainer"]},
    )
    assert crossed.factors == ("init", "order", "background")


def test_what_does_not_draw_is_passed_once(made):
    given = [e for e, _ in made(("saliency",)).values()]
    with pytest.raises(InputError, match="pass what does not draw once"):
        cross_explanations(given, without={"saliency": ["explainer"]})


def test_a_method_without_background(made):
    given = made(("lime",)) | made(("other",), backgrounds=("a",))
    crossed = cross_explanations([e for e, _ in given.values()], without={"other": ["background"]})
    assert crossed.reasons == {("other", "background"): "none: the method uses no background"}
    alone = crossed.of_method(1).values
    np.testing.assert_array_equal(alone[:, :, :, 0], alone[:, :, :, 1])


def test_signs_that_do_not_mean_the_same(made):
    assert not cross_explanations([e for e, _ in made().values()]).sizes
    assert cross_explanations([e for e, _ in made(("kernel_shap", "lime")).values()]).sizes
    assert not cross_explanations([e for e, _ in made(("lime",)).values()]).sizes


def test_messages(build, made):
    given = [e for e, _ in made().values()]
    with pytest.raises(
        InputError, match=r"Attributions, one for every explainer seed, .* got an em"
    ):
        cross_explanations([])
    with pytest.raises(InputError, match="got Anchors"):
        cross_explanations([build.make_anchors(np.zeros((2, 1, 2)), np.ones((2, 1, 2)))])
    with pytest.raises(InputError, match="got no deep_shap with random_state=6 and background b"):
        cross_explanations(given[:-1])
    with pytest.raises(InputError, match="two of kernel_shap with random_state=5 and one backgr"):
        cross_explanations([given[0], *given])
    with pytest.raises(InputError, match=r"without to name methods .* got 'lime'"):
        cross_explanations(given, without={"lime": ["explainer"]})
    with pytest.raises(InputError, match="got 'draws'"):
        cross_explanations(given, without={"deep_shap": ["draws"]})
    other = replace(given[0], provenance=given[0].provenance | {"parameters": {"scale": "logit"}})
    with pytest.raises(InputError, match="one set of parameters for kernel_shap, got several"):
        cross_explanations([*given[1:4], other])
    with pytest.raises(InputError, match="explanations of the same rows"):
        cross_explanations([given[0], given[1].sel(instance=[0, 1])])
    gap = RECORD | {"init_seeds": [7, 8, 7, 7]}
    with pytest.raises(
        InputError, match="every one of 2 initial weights with every one of 2 batch"
    ):
        cross_explanations([e for e, _ in made(record=gap).values()])
