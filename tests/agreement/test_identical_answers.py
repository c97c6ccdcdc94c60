from dataclasses import replace

import numpy as np
import pytest

from xaigeo.agreement.identical_answers import identical_answers


def with_predictions_of_one(explanation):
    """The same explanation of models that answer alike to the bit."""
    data = explanation.data.copy()
    for name in ("prediction", "background_prediction"):
        values = explanation.array(name)
        data[name] = (data[name].dims, np.broadcast_to(values[:1], values.shape).copy())
    return replace(explanation, data=data)


@pytest.fixture
def alike(build):
    """Explanations of three kinds, in which all seeds have one model and its reasons."""
    one = np.random.default_rng(0).normal(size=(1, 6, 4))
    values = np.repeat(one, 3, axis=0)
    rounding = 1.0 + 1e-12 * np.arange(3)[:, None, None]
    lower = np.where(values > 0, -np.inf, 0.2)
    points = np.repeat(values[:, :, None], 2, axis=2)
    return [
        with_predictions_of_one(found)
        for found in (
            build.make_attributions(values * rounding),
            build.make_anchors(lower, np.full_like(lower, 0.8)),
            build.make_counterfactuals(points),
        )
    ]


def test_one_model_for_all_seeds_is_noticed(alike):
    assert identical_answers(alike)
    for explanation in alike:
        assert identical_answers(explanation)


def test_one_other_answer_is_enough(alike):
    for name in ("prediction", "background_prediction"):
        data = alike[1].data.copy(deep=True)
        data[name][2, 0] = data[name][2, 0] + np.array([1e-15, -1e-15]) * 100
        assert not identical_answers([*alike, replace(alike[1], data=data)])


def test_models_that_learnt_their_rows_by_heart_have_other_reasons(build):
    values = np.random.default_rng(0).normal(size=(3, 6, 4))
    assert not identical_answers(with_predictions_of_one(build.make_attributions(values)))


def test_the_record_decides(build, alike):
    values = np.random.default_rng(0).normal(size=(3, 6, 4))
    known = build.make_attributions(values, record={"source": "fit", "identical": True})
    assert identical_answers(known)
    found = alike[0].provenance["ensemble"]
    for source, answer in (("train", False), ("fit", False), ("wrap", True)):
        ensemble = found | {"record": {"source": source}}
        explanation = replace(alike[0], provenance=alike[0].provenance | {"ensemble": ensemble})
        assert identical_answers(explanation) is answer


def test_a_single_seed_has_nothing_to_be_identical_with(build):
    one = build.make_attributions(np.ones((1, 6, 4)), record={"identical": True})
    assert not identical_answers(one)
    assert not identical_answers([])
