"""The variance over seeds against closed forms, and against ensembles drawn again and again."""

import numpy as np
import pytest

from xaigeo.agreement import SCORES
from xaigeo.agreement.compared import ComparedAttributions
from xaigeo.agreement.pairs import mean_defined
from xaigeo.agreement.seed_subsets import SubsetSource, seed_subsets
from xaigeo.agreement.seed_variance import SeedVariance
from xaigeo.agreement.subset_moments import subset_sizes

N = np.array([2, 3, 7, 10, 25, 100])


def variance_of_a_variance(n):
    # Of n standard normal numbers, 2 / (n - 1): a mean over pairs of (x - y)² / 2.
    return 2 / (n - 1)


def test_the_variance_of_a_u_statistic_is_found_from_what_subsets_spread_by():
    k = 10
    spreads = {n: variance_of_a_variance(n) - variance_of_a_variance(k) for n in (2, 4, 9)}
    found = SeedVariance.fitted(k, spreads)
    np.testing.assert_allclose(found.at(N), variance_of_a_variance(N), rtol=1e-9)


def test_the_variance_of_a_mean_is_that_of_one_seed_over_their_number():
    # Subsets of n of K numbers have means of variance σ²/n (1 - n/K).
    spreads = {n: 3.0 / n * (1 - n / 12) for n in (2, 5, 11)}
    np.testing.assert_allclose(SeedVariance.fitted(12, spreads).at(N), 3.0 / N, rtol=1e-9)


def test_a_jackknife_would_count_pairs_twice():
    k = 10
    v = {n: 2 / (n * (n - 1)) for n in (2, 4, 9, 10)}  # pairs alone: seeds that are unrelated
    spreads = {n: v[n] - v[k] for n in (2, 4, 9)}
    jackknife = (k - 1) * spreads[9]
    assert jackknife > 1.9 * v[10]
    assert SeedVariance.fitted(k, spreads).at(np.array([10]))[0] == pytest.approx(v[10])


def test_a_v_statistic_has_a_shape_of_its_own():
    # Kendall's W = (1 + (n - 1) r) / n of a mean Spearman r over pairs.
    k, v = 12, (lambda n: ((n - 1) / n) ** 2 * 0.4 / n)
    spreads = {n: v(n) * (1 - n / k) for n in (2, 3, 6, 11)}
    np.testing.assert_allclose(SeedVariance.fitted(k, spreads).at(N), v(N), rtol=1e-9)


def test_no_spread_and_nothing_known():
    assert (SeedVariance.fitted(10, {2: 0.0, 9: 0.0}).at(N) == 0).all()
    assert np.isnan(SeedVariance.fitted(10, {2: np.nan}).at(N)).all()
    assert np.isnan(SeedVariance.fitted(3, {}).at(N)).all()
    one_known = SeedVariance.fitted(10, {2: np.nan, 9: 0.01 / 9, 5: 0.0})
    assert one_known.at(np.array([10]))[0] > 0


def test_the_estimate_is_right_on_average():
    k, rng = 8, np.random.default_rng(0)
    found = []
    for x in rng.normal(size=(400, k)):
        spreads = {}
        for n in (2, 4, 7):
            subsets, every = seed_subsets(k, n, 100, rng)
            assert every
            spreads[n] = x[subsets].var(axis=1, ddof=1).var()
        found.append(SeedVariance.fitted(k, spreads).at(np.array([4, 8, 16])))
    truth = variance_of_a_variance(np.array([4, 8, 16]))
    error = np.std(found, axis=0) / np.sqrt(len(found))
    # No part may be negative, which lifts the mean a little.
    assert (np.abs(np.mean(found, axis=0) - truth) < 4 * error + 0.03 * truth).all()


# Scores of attributions of 8 instances and 6 features, from seeds that share a signal and differ
# in how much noise they have: some seeds are outliers.
PAIRWISE = ("feature_agreement", "spearman", "mean_cosine", "stability", "churn")
OTHERS = ("kendall_w", "resultant_length", "sign_consensus", "flip_rate")
NAMES = (*PAIRWISE, *OTHERS, "icc_agreement")
SIGNAL = np.random.default_rng(5).normal(size=(8, 6))


def ensemble(n_seeds, rng):
    noise = np.exp(rng.normal(-0.7, 0.8, (n_seeds, 1, 1)))
    values = SIGNAL + noise * rng.normal(size=(n_seeds, 8, 6))
    logit = 0.3 * SIGNAL[:, 0] + rng.normal(0, 0.5, (n_seeds, 8))
    prediction = np.stack([logit, -logit], axis=-1)
    labels = prediction.argmax(axis=-1)
    compared = ComparedAttributions(labels=labels, reference=labels[0], values=values, k=3)
    return SubsetSource((compared,), prediction)


def scored(source, subsets):
    stacked, n_subsets = source.stacked(subsets), len(subsets)
    ones = np.repeat(np.eye(n_subsets), source.n_instances, axis=1)
    return {
        name: SCORES.get(name).pooled(stacked, ones)
        if SCORES.get(name).pooled
        else mean_defined(SCORES.get(name).compute(stacked).reshape(n_subsets, -1), axis=1)
        for name in NAMES
    }


@pytest.fixture(scope="module")
def simulated():
    """Scores of 600 ensembles of each size, and 50 estimates from 10 seeds each."""
    rng = np.random.default_rng(1)
    truth = {
        n: scored(ensemble(600 * n, rng), np.arange(600 * n).reshape(600, n)) for n in (5, 10, 20)
    }
    estimates, values = {name: [] for name in NAMES}, {name: [] for name in NAMES}
    for _ in range(50):
        source = ensemble(10, rng)
        spreads = {name: {} for name in NAMES}
        for size in subset_sizes(10):
            subsets, every = seed_subsets(10, size, 60, rng)
            for name, of_subsets in scored(source, subsets).items():
                spreads[name][size] = of_subsets.var(ddof=0 if every else 1)
        for name, value in scored(source, np.arange(10)[None]).items():
            values[name].append(value[0])
            estimates[name].append(SeedVariance.fitted(10, spreads[name]).at([5, 10, 20]))
    return truth, estimates, values


@pytest.mark.parametrize("name", NAMES)
def test_the_estimated_sd_is_that_of_new_ensembles(simulated, name):
    truth, estimates, _ = simulated
    found = np.array(estimates[name])
    for place, n in enumerate((5, 10, 20)):
        true_sd = truth[n][name].std(ddof=1)
        ratio = np.sqrt(found[:, place].mean()) / true_sd
        # Of the mean estimate, and of the variance of 600 ensembles.
        error = 0.5 * np.hypot(
            found[:, place].std() / found[:, place].mean() / np.sqrt(len(found)),
            np.sqrt(2 / 600),
        )
        # What is no mean over pairs is approximate; the docstring of `seeds_needed` says how.
        slack = {"icc_agreement": 0.3}.get(name, 0.03 if name in PAIRWISE else 0.12)
        assert abs(ratio - 1) < 3 * error + slack, (n, ratio, error)


@pytest.mark.parametrize("name", NAMES)
def test_intervals_hold_what_all_seeds_would_score(simulated, name):
    truth, estimates, values = simulated
    se = np.sqrt(np.array(estimates[name])[:, 1])
    held = np.abs(np.array(values[name]) - truth[10][name].mean()) <= 2.262 * se  # t of 9
    wanted = 0.8 if name == "icc_agreement" else 0.95
    assert held.mean() >= wanted - 3.5 * np.sqrt(wanted * (1 - wanted) / 50)
