import numpy as np
import pytest

from xaigeo.agreement.compared import ComparedAttributions
from xaigeo.agreement.null import simulated_null
from xaigeo.agreement.pairs import mean_defined
from xaigeo.agreement.score import SCORES

NAMES = [n for n in SCORES.names() if SCORES.get(n).kind is ComparedAttributions]
CLOSED = [n for n in NAMES if SCORES.get(n).closed_null is not None]


def comparison(values, k=3):
    labels = np.zeros(values.shape[:2], dtype=int)
    return ComparedAttributions(labels=labels, reference=labels[0], values=values, k=k)


@pytest.mark.parametrize("name", NAMES)
def test_range_holds_also_with_ties_and_zeros(tied, name):
    score = SCORES.get(name)
    found = score.compute(comparison(tied))
    defined = found[np.isfinite(found)]
    assert len(defined)
    assert (defined >= score.low - 1e-12).all()
    assert (defined <= score.high + 1e-12).all()


@pytest.mark.parametrize("name", NAMES)
def test_agreement_with_oneself_is_best(distinct, name):
    score = SCORES.get(name)
    same = score.compute(comparison(np.repeat(distinct[:1], 5, axis=0)))
    np.testing.assert_allclose(same, 1.0 if score.higher_is_better else 0.0, atol=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_order_of_seeds_features_and_instances_does_not_matter(tied, rng, name):
    score = SCORES.get(name)
    expected = score.compute(comparison(tied))
    instances = rng.permutation(7)
    shuffled = tied[rng.permutation(5)][:, instances][..., rng.permutation(6)]
    np.testing.assert_allclose(score.compute(comparison(shuffled)), expected[instances], atol=1e-12)


@pytest.mark.parametrize("name", CLOSED)
def test_closed_null_is_what_unrelated_seeds_score(rng, name):
    score = SCORES.get(name)
    unrelated = comparison(rng.normal(size=(4, 6000, 6)))
    found = score.compute(unrelated)
    error = found.std(ddof=1) / np.sqrt(len(found))
    assert abs(found.mean() - score.closed_null(unrelated)) < 4.5 * error


@pytest.mark.parametrize("name", CLOSED)
def test_closed_null_equals_the_shuffled_one(distinct, rng, name):
    score, compared = SCORES.get(name), comparison(distinct)
    draws = [mean_defined(score.compute(compared.shuffled(rng))) for _ in range(600)]
    error = np.std(draws, ddof=1) / np.sqrt(len(draws))
    assert abs(np.mean(draws) - score.closed_null(compared)) < 4.5 * error


def test_nogueira_has_no_null_when_everything_is_selected(distinct):
    assert np.isnan(SCORES.get("stability").closed_null(comparison(distinct, k=6)))


def test_null_of_signs_counts_the_balance_of_signs(rng):
    # All attributions are positive: a shared feature always has the same sign.
    positive = comparison(np.abs(rng.normal(size=(4, 60, 6))))
    found = simulated_null(SCORES.get("sign_agreement"), positive, rng, n_draws=200)
    assert found == pytest.approx(3 / 6, abs=0.01)
