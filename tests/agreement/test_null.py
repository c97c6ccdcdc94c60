import numpy as np
import pytest

from xaigeo.agreement import compare
from xaigeo.agreement.null import null_value, rank_agreement_quantile, simulated_null
from xaigeo.agreement.score import SCORES
from xaigeo.agreement.top_k import mean_rank_agreement


def test_closed_form_without_ties_and_simulation_with_them(build, distinct, tied):
    score = SCORES.get("pairwise_rank_agreement")
    rng = np.random.default_rng(0)
    assert null_value(score, compare(build.make_attributions(distinct)), rng) == 0.5
    # Attributions with many ties agree less often by chance: a tie needs a tie.
    assert null_value(score, compare(build.make_attributions(tied)), rng) < 0.45


def test_predictions_have_no_chance_level(build, distinct, rng):
    compared = compare(build.make_attributions(distinct))
    assert np.isnan(null_value(SCORES.get("churn"), compared, rng))


def test_rules_of_other_instances_are_the_null(build, rng):
    # Every seed finds the same narrow, disjoint box for each of four instances' places.
    lower = np.full((3, 4, 1), 0.0)
    upper = np.full((3, 4, 1), 0.5)
    lower[:, 2:], upper[:, 2:] = 0.5, 1.0
    compared = compare(build.make_anchors(lower, upper))
    score = SCORES.get("volume_iou")
    np.testing.assert_allclose(score.compute(compared), 1.0)
    # Two of four boxes are alike: dealt at random, a pair is equal half of the time.
    assert simulated_null(score, compared, rng, n_draws=2000) == pytest.approx(0.5, abs=0.03)


def test_one_rule_cannot_be_shuffled(build, rng):
    compared = compare(build.make_anchors(np.zeros((3, 1, 2)), np.ones((3, 1, 2))))
    assert np.isnan(simulated_null(SCORES.get("mass_iou"), compared, rng))


def test_many_instances_are_sampled(build, rng):
    compared = compare(build.make_attributions(rng.normal(size=(3, 80, 5))))
    found = simulated_null(SCORES.get("feature_agreement"), compared, rng)
    assert found == pytest.approx(3 / 5, abs=0.02)


def test_instances_with_the_same_ties_share_a_quantile(build, rng):
    values = rng.normal(size=(4, 6, 5))
    values[:2, 3:, :2] = 0.0  # two seeds tie two features at three instances
    values[2:, 4, 2:4] = 0.0  # the other two as well at one of them
    found = rank_agreement_quantile(compare(build.make_attributions(values)), rng, n_draws=200)
    assert found[0] == found[1] == found[2]
    assert found[3] == found[5]


def test_quantile_of_rank_agreement_holds_its_level(build, rng):
    compared = compare(build.make_attributions(rng.normal(size=(6, 400, 8))))
    limits = rank_agreement_quantile(compared, rng)
    beats = mean_rank_agreement(compared.values, compared.k) > limits + 1e-9
    # Unrelated seeds beat the 95th percentile on at most 5 % of rows (the score is discrete).
    assert beats.mean() <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 400)
    agreeing = compare(build.make_attributions(np.repeat(rng.normal(size=(1, 20, 8)), 6, axis=0)))
    assert (rank_agreement_quantile(agreeing, rng) < 1).all()
