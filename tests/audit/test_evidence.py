from dataclasses import replace

import numpy as np
import pytest

from xaigeo.audit.registration import Registration, register
from xaigeo.errors import InputError


def test_results_are_sorted_by_their_part(everything, evidence):
    found = evidence(*everything)
    assert [len(group) for group in found.repeats] == [1, 3, 1, 1]
    assert [e.method for e in found.attributions] == ["kernel_shap", "lime"]
    assert found.attributions[0] is everything[1]
    assert found.anchors is everything[4]
    assert found.counterfactuals is everything[5]


def test_what_is_made_to_hold_for_all_seeds_does_not_show_that_it_carries_over(
    everything, evidence
):
    rules, changes = everything[4:6]
    price = (("seed", "instance", "candidate"), np.zeros_like(changes.array("distance")))
    n = len(rules.instances)
    joint = [
        replace(rules, data=rules.data.assign(joint_precision=("instance", np.ones(n)))),
        replace(changes, data=changes.data.assign(price=price)),
    ]
    assert evidence(*joint, everything[4]).anchors is everything[4]
    found = evidence(*everything[:4], *joint)
    assert (found.anchors, found.counterfactuals) == (None, None)


def test_an_object_passed_twice_is_no_second_run(everything, evidence):
    assert len(evidence(everything[0], everything[0]).explanations) == 1


def test_predictions_come_from_the_evaluation_or_the_background(everything, evidence, evaluation):
    assert evidence(*everything, evaluation=evaluation).predictions[1] == "100 test rows"
    outputs, rows = evidence(*everything).predictions
    assert rows == "20 background rows"
    np.testing.assert_array_equal(outputs, everything[0].array("background_prediction"))


def test_a_registration_may_be_a_dict(everything, evidence):
    found = evidence(*everything, registration=register().to_dict())
    assert isinstance(found.registration, Registration)


def test_an_item_is_evaluated_once(everything, evidence):
    found = evidence(*everything)
    assert found.outcome("A2") is found.outcome("A2")


@pytest.mark.parametrize("given", [[], ["lime"]])
def test_no_explanations_raise(evidence, given):
    with pytest.raises(InputError, match=r"one or more explanations, got (an empty list|str)"):
        evidence(*given)


def test_results_of_other_ensembles_raise(build, agreeing, evidence):
    first = build.make_attributions(agreeing)
    with pytest.raises(InputError, match="explanations of one ensemble, with the same seeds"):
        evidence(first, build.make_attributions(agreeing, seeds=range(10, 16)))
    with pytest.raises(InputError, match="with the same features"):
        evidence(first, build.make_attributions(agreeing[..., :3]))
    with pytest.raises(InputError, match="with the same outputs"):
        evidence(first, build.make_attributions(agreeing, outputs=("a", "b")))
    with pytest.raises(InputError, match="with the same task"):
        evidence(first, build.make_attributions(agreeing, task="regression"))


def test_another_evaluation_raises(build, everything, evidence):
    labels, truth = np.zeros((6, 10), dtype=int), np.zeros(10, dtype=int)
    other = build.make_evaluation(labels, truth, seeds=range(10, 16))
    with pytest.raises(InputError, match=r"an evaluation of the explained seeds \[0, 1, 2"):
        evidence(*everything, evaluation=other)
    regression = build.make_evaluation(labels, truth, task="regression")
    with pytest.raises(InputError, match="an evaluation of a classification with 2 outputs"):
        evidence(*everything, evaluation=regression)
    with pytest.raises(InputError, match="evaluation to be an Evaluation, got dict"):
        evidence(*everything, evaluation={})


@pytest.mark.parametrize(("array", "words"), [("prediction", "predictions"), ("labels", "labels")])
def test_an_evaluation_is_finite(build, agreeing, evaluation, evidence, array, words):
    bad = getattr(evaluation, array).astype(float)
    bad[..., 0] = np.nan
    broken = replace(evaluation, **{array: bad})
    with pytest.raises(
        InputError, match=rf"finite {words} in the evaluation, got \d+ that are NaN"
    ):
        evidence(build.make_attributions(agreeing), evaluation=broken)
