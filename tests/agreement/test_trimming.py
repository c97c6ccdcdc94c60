import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.stats import ks_1samp, ks_2samp, norm

from xaigeo.agreement.trimming import (
    Curves,
    acceptance_distance,
    alpha_hat,
    least_alpha,
    trimmed_distance,
)
from xaigeo.errors import InputError

ALPHAS = (0.0, 0.05, 0.2, 0.5, 0.9, 0.999)


def by_linear_programme(reference, candidate, alpha):
    """Least sup|F0 − F̃| over masses of the candidate's distinct points; sup over all x."""
    points, counts = np.unique(candidate, return_counts=True)
    m, most = len(points), counts / len(candidate) / (1 - alpha)
    samples = [np.asarray(one) for one in np.atleast_2d(reference)]
    # F̃ and F0 are constant between all jumps: look at each jump and just before it.
    jumps = np.unique(np.concatenate([points, *samples]))
    rows, bounds = [], []
    for x in jumps:
        for inside, side in (((points < x), np.less), ((points <= x), np.less_equal)):
            f0 = np.mean([side(s, x).mean() for s in samples])
            rows += [[*inside.astype(float), -1.0], [*-inside.astype(float), -1.0]]
            bounds += [f0, -f0]
    found = linprog(
        [0.0] * m + [1.0],
        A_ub=rows,
        b_ub=bounds,
        A_eq=[[1.0] * m + [0.0]],
        b_eq=[1.0],
        bounds=[*((0, top) for top in most), (0, None)],
    )
    assert found.status == 0
    return found.fun


def by_bisection(reference, candidate, delta):
    low, high = 0.0, 1 - 1 / (len(candidate) + 1)
    if trimmed_distance(reference, candidate, high) > delta:
        return np.nan
    if trimmed_distance(reference, candidate, 0.0) <= delta:
        return 0.0
    for _ in range(60):
        middle = (low + high) / 2
        if trimmed_distance(reference, candidate, middle) <= delta:
            high = middle
        else:
            low = middle
    return high


def test_nothing_left_out_is_the_kolmogorov_smirnov_distance(rng):
    for shift in (0.0, 0.3, -2.0):
        candidate = rng.normal(shift, 1.3, 80)
        assert trimmed_distance(norm.cdf, candidate, 0.0) == pytest.approx(
            ks_1samp(candidate, norm.cdf).statistic, abs=1e-14
        )
        reference = rng.normal(size=(3, 50))
        assert trimmed_distance(reference, candidate, 0.0) == pytest.approx(
            ks_2samp(candidate, reference.ravel()).statistic, abs=1e-14
        )
    tied, other = rng.integers(0, 4, 60), rng.integers(0, 5, 60)
    assert trimmed_distance(tied, other, 0) == pytest.approx(ks_2samp(tied, other).statistic)


def test_contaminated_sample_has_the_closed_form():
    n, far = 20_000, 4_000
    epsilon = far / n
    clean = norm.ppf((np.arange(n - far) + 0.5) / (n - far))
    candidate = np.append(clean, np.full(far, 50.0))
    for alpha in (0.0, 0.05, 0.1, 0.19, 0.3):
        expected = max(0.0, (epsilon - alpha) / (1 - alpha))
        assert trimmed_distance(norm.cdf, candidate, alpha) == pytest.approx(expected, abs=1e-4)
    delta = acceptance_distance(n)
    found = alpha_hat(norm.cdf, candidate)
    assert found.alpha == pytest.approx((epsilon - delta) / (1 - delta), abs=1e-4)
    assert found.delta == delta
    assert found.accepts


def test_two_atoms_stay_a_quarter_away_whatever_is_left_out():
    candidate = norm.ppf([0.25, 0.75])
    for alpha in ALPHAS:
        assert trimmed_distance(norm.cdf, candidate, alpha) == pytest.approx(0.25)
    assert not alpha_hat(norm.cdf, candidate, delta=0.24).accepts
    assert np.isnan(alpha_hat(norm.cdf, candidate, delta=0.24).alpha)
    assert alpha_hat(norm.cdf, candidate, delta=0.25).alpha == 0.0


@pytest.mark.parametrize("draw", ["apart", "tied", "half tied"])
def test_equals_a_linear_programme(rng, draw):
    for _ in range(12):
        n, n_seeds = rng.integers(1, 9), rng.integers(1, 4)
        if draw == "apart":
            reference, candidate = rng.normal(size=(n_seeds, 7)), rng.normal(0.5, 1, n)
        else:
            reference = rng.integers(0, 5, (n_seeds, 7)).astype(float)
            candidate = rng.integers(0, 6, n) / (1 if draw == "tied" else 2)
        for alpha in ALPHAS[:5]:
            assert trimmed_distance(reference, candidate, alpha) == pytest.approx(
                by_linear_programme(reference, candidate, alpha), abs=1e-7
            )


def test_falls_as_more_may_be_left_out_and_ignores_order(rng):
    reference = rng.normal(size=(4, 60))
    candidate = np.round(rng.normal(0.4, 1.5, 60), 1)
    values = [trimmed_distance(reference, candidate, a) for a in np.linspace(0, 0.99, 40)]
    assert (np.diff(values) <= 1e-15).all()
    shuffled = trimmed_distance(reference[::-1], rng.permutation(candidate), 0.1)
    assert shuffled == trimmed_distance(reference, candidate, 0.1)
    mirrored = trimmed_distance(-reference, -candidate, 0.1)
    assert mirrored == pytest.approx(trimmed_distance(reference, candidate, 0.1), abs=1e-15)


def test_samples_of_any_length_weigh_the_same(rng):
    short, long, candidate = rng.normal(size=5), rng.normal(1, 1, 50), rng.normal(size=30)
    evened = np.concatenate([np.repeat(short, 10), long])
    assert trimmed_distance([short, long], candidate, 0.1) == pytest.approx(
        trimmed_distance(evened, candidate, 0.1), abs=1e-14
    )


def test_least_alpha_is_that_of_a_bisection(rng):
    seen = set()
    for _ in range(60):
        reference = np.round(rng.normal(size=(3, 40)), 1)
        candidate = np.round(rng.normal(rng.normal(), rng.uniform(0.3, 2), 40), 1)
        for delta in (0.0213, 0.1017, 0.2041):  # no value that d itself takes
            found = alpha_hat(reference, candidate, delta=delta)
            expected = by_bisection(reference, candidate, delta)
            assert found.alpha == pytest.approx(expected, abs=1e-12, nan_ok=True)
            assert found.accepts == np.isfinite(expected)
            seen.add("none" if np.isnan(expected) else "zero" if expected == 0 else "some")
    assert seen == {"none", "zero", "some"}


def test_many_at_once_are_each_alone(rng):
    own = np.cumsum(rng.multinomial(30, np.full(30, 1 / 30), 25), axis=1) / 30
    at = np.sort(rng.uniform(size=(25, 30)), axis=1)
    left = at - rng.uniform(0, 0.02, at.shape)
    left[:, 1:] = np.maximum(left[:, 1:], at[:, :-1])
    many, _ = least_alpha(Curves(own, at, left), 0.15)
    alone = [
        least_alpha(Curves(own[i : i + 1], at[i : i + 1], left[i : i + 1]), 0.15)[0][0]
        for i in range(25)
    ]
    np.testing.assert_array_equal(many, alone)
    assert np.isfinite(many).any()


def test_delta_by_hand():
    assert acceptance_distance(100) == pytest.approx(np.sqrt(np.log(200) / 100) + 0.01)
    assert acceptance_distance(100, 0.05) == pytest.approx(np.sqrt(np.log(40) / 100) + 0.01)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: trimmed_distance(x, x, 1.0), "alpha to be a number from 0 to 1, 1 not inc"),
        (lambda x: trimmed_distance(x, x, True), "alpha to be a number from 0 to 1"),
        (
            lambda x: trimmed_distance(x, x[:0], 0.1),
            r"one dimension as candidate, got shape \(0,\)",
        ),
        (lambda x: trimmed_distance([], x, 0.1), r"one dimension as reference, got shape \(0,\)"),
        (
            lambda x: trimmed_distance(x * np.nan, x, 0.1),
            r"as reference, got shape \(5,\) with 5 not finite\. Pass one score a row",
        ),
        (lambda x: alpha_hat(x, x, epsilon=0), "epsilon to be a number between 0 and 1, got 0"),
        (lambda x: alpha_hat(x, x, delta=1.5), r"delta to be a number between 0 and 1, got 1\.5"),
    ],
)
def test_what_cannot_be_tested_is_refused(call, message):
    with pytest.raises(InputError, match=message):
        call(np.arange(5.0))
