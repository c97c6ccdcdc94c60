import numpy as np
import pytest

from xaigeo.agreement.compared import ComparedAttributions
from xaigeo.agreement.distribution import (
    mean_jaccard_distance,
    random_jaccard_distance,
    shares,
)
from xaigeo.agreement.null import means_of_deals, simulated_null
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


N_GROUPS, N_ROWS, N_SEEDS, N_FEATURES = 60, 30, 4, 8
SORTS = {
    "distinct": lambda rng, shape: rng.normal(size=shape),
    "tied": lambda rng, shape: rng.integers(-2, 3, shape).astype(float),
    "mostly zero": lambda rng, shape: rng.normal(size=shape) * (rng.random(shape) < 0.4),
    "positive": lambda rng, shape: rng.exponential(size=shape),
}


@pytest.fixture(scope="module")
def unrelated():
    """By sort: scores and null values of unrelated seeds, each (n_groups, n_scores)."""
    rng = np.random.default_rng(7)
    scores = [SCORES.get(name) for name in NAMES]
    answer = {}
    for sort, draw in SORTS.items():
        fresh, null = np.empty((2, N_GROUPS, len(scores)))
        for g in range(N_GROUPS):
            shape = (N_SEEDS, N_ROWS, N_FEATURES)
            seen, other = comparison(draw(rng, shape)), comparison(draw(rng, shape))
            fresh[g] = [together(score, seen) for score in scores]
            nulls = means_of_deals(scores, other, rng, n_draws=2)
            if not other.has_ties:
                nulls |= {name: SCORES.get(name).closed_null(other) for name in CLOSED}
            null[g] = [nulls[name] for name in NAMES]
        answer[sort] = fresh, null
    return answer


def together(score, compared):
    if score.pooled is not None:
        return score.pooled(compared, np.ones((1, compared.n_instances)))[0]
    return mean_defined(score.compute(compared))


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("name", NAMES)
def test_null_value_is_what_unrelated_seeds_score(unrelated, name, sort):
    fresh, null = (values[:, NAMES.index(name)] for values in unrelated[sort])
    if name == "sign_consensus" and sort == "positive":
        assert (fresh == 1).all()
        assert (null == 1).all()
        return
    error = np.sqrt((fresh.var(ddof=1) + null.var(ddof=1)) / N_GROUPS)
    # A null value that is off by a tenth of the way to full agreement would be seen.
    best = 1.0 if SCORES.get(name).higher_is_better else 0.0
    assert 0 < 4.5 * error < 0.1 * abs(best - fresh.mean())
    assert abs(fresh.mean() - null.mean()) < 4.5 * error


def test_null_of_relative_entropy_is_the_mean_over_all_deals(tied, rng):
    # Dealt at random, every share meets every other: E H = Σ p log p − Σ log q / m.
    p = shares(tied)
    expected = (p * np.log(p)).sum(axis=-1).mean() - np.log(p).mean()
    score = SCORES.get("relative_entropy")
    deals = [mean_defined(score.compute(comparison(tied).shuffled(rng))) for _ in range(400)]
    error = np.std(deals, ddof=1) / np.sqrt(len(deals))
    assert 4.5 * error < 0.05 * expected
    assert abs(np.mean(deals) - expected) < 4.5 * error


@pytest.mark.parametrize("share", [0.1, 0.2])
@pytest.mark.parametrize("n_features", [5, 11, 30])
def test_null_of_the_jaccard_distance(rng, share, n_features):
    found = mean_jaccard_distance(rng.normal(size=(4, 4000, n_features)), share)
    error = found.std(ddof=1) / np.sqrt(len(found))
    assert 4.5 * error < 0.05
    assert abs(found.mean() - random_jaccard_distance(n_features, share)) < 4.5 * error


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
