from dataclasses import replace

import numpy as np
import pytest

from xaigeo.audit.item import Missing
from xaigeo.audit.runner import audit

BOUNDS = np.zeros((3, 4, 2)), np.ones((3, 4, 2))


def test_a8_is_the_median_over_other_models(build, evidence, rng):
    cross = rng.random((3, 3, 4))
    found = evidence(build.make_anchors(*BOUNDS, cross=cross)).outcome("A8")
    others = [cross[a, b] for a in range(3) for b in range(3) if a != b]
    assert found.value == pytest.approx(np.median(others))
    assert found.low <= found.value <= found.high
    assert found.at_best == "pass"


def test_a8_cannot_pass_when_most_rules_fell_short(build, evidence):
    met = np.zeros((3, 4), dtype=bool)
    met[0] = True
    cross = np.full((3, 3, 4), 0.8)
    cross[0] = 1.0
    found = evidence(build.make_anchors(*BOUNDS, cross=cross, met=met)).outcome("A8")
    assert found.at_best == "warn"
    assert "with fewer than half, this cannot pass" in found.reason
    assert found.evidence["median_of_met"] == 1.0
    assert found.value == 0.8


def test_a8_has_nothing_to_say(build, evidence, agreeing):
    assert evidence(build.make_attributions(agreeing)).outcome("A8") == Missing(
        "No anchors of each seed's own were passed."
    )
    assert isinstance(evidence(build.make_anchors(*BOUNDS)).outcome("A8"), Missing)
    undefined = build.make_anchors(*BOUNDS, cross=np.full((3, 3, 4), np.nan))
    assert isinstance(evidence(undefined).outcome("A8"), Missing)


def test_a9_is_the_median_share_of_other_models(build, evidence, rng):
    points = np.full((4, 5, 1, 2), 0.8)
    cross = rng.random((4, 4, 5, 1)) < 0.7
    cross[np.arange(4), np.arange(4)] = True
    found = evidence(build.make_counterfactuals(points, cross=cross)).outcome("A9")
    shares = [(cross[s, :, i, 0].sum() - 1) / 3 for s in range(4) for i in range(5)]
    assert found.value == pytest.approx(np.median(shares))
    assert found.low <= found.value <= found.high


def test_a9_leaves_out_what_was_not_found(build, evidence):
    points = np.full((2, 4, 1, 2), 0.8)
    valid = np.ones((2, 4, 1), dtype=bool)
    valid[:, 1:] = False
    cross = np.zeros((2, 2, 4, 1), dtype=bool)
    cross[:, :, 0] = True
    found = evidence(build.make_counterfactuals(points, valid=valid, cross=cross)).outcome("A9")
    assert found.value == 1.0
    assert found.at_best == "warn"
    assert "One was found for 25% of rows and seeds; with fewer than half" in found.reason


def test_a9_has_nothing_to_say(build, evidence, agreeing):
    points = np.full((2, 3, 1, 2), 0.8)
    none = np.zeros((2, 3, 1), dtype=bool)
    cross = np.zeros((2, 2, 3, 1), dtype=bool)
    for explanation in (
        build.make_attributions(agreeing),
        build.make_counterfactuals(points),
        build.make_counterfactuals(points, valid=none, cross=cross),
    ):
        assert isinstance(evidence(explanation).outcome("A9"), Missing)


@pytest.mark.parametrize("name", ["A8", "A9"])
def test_one_model(build, evidence, name):
    one = (
        build.make_anchors(*(b[:1] for b in BOUNDS), cross=np.ones((1, 1, 4)))
        if name == "A8"
        else build.make_counterfactuals(np.full((1, 4, 1, 2), 0.8))
    )
    assert evidence(one).outcome(name).reason.startswith("A single model has no other")


def test_a8_cannot_pass_on_a_few_pairs(build, evidence):
    cross = np.full((3, 3, 12), np.nan)
    cross[0, 1, :] = 1.0
    bounds = np.zeros((3, 12, 2)), np.ones((3, 12, 2))
    found = evidence(build.make_anchors(*bounds, cross=cross)).outcome("A8")
    assert found.at_best == "warn"
    assert "Only 16.7% could be tried on another model; with fewer than half" in found.reason


def test_rules_without_conditions_do_not_pass(build):
    # On 95 % of the rows every model gives one class: a rule that says nothing is as precise.
    open_ = np.full((6, 12, 5), -np.inf), np.full((6, 12, 5), np.inf)
    anchors = build.make_anchors(*open_, cross=np.full((6, 6, 12), 0.95))
    most = np.ones((6, 200), dtype=int)
    most[:, :10] = 0
    data = anchors.data.copy()
    # Other models, which are less sure the later their seed.
    step = 1e-3 * np.arange(6)[:, None, None] * (0.5 - build.probabilities(most))
    probabilities = build.probabilities(most) + step
    data["background_prediction"] = (data["background_prediction"].dims, probabilities)
    found = audit(replace(anchors, data=data), thresholds={"settings": {"n_bootstrap": 20}})["A8"]
    assert (found.value, found.null) == (pytest.approx(0.95), pytest.approx(0.95))
    assert found.status == "warn"
    assert "Not beyond chance (95%)." in found.reason
