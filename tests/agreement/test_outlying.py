import numpy as np
import pytest
from scipy.stats import t as t_distribution

from xaigeo.agreement.outlying import beyond, outlying

# Rosner's own data (1983, as in the NIST handbook, section 1.3.5.17.3): three outliers at the top.
ROSNER = (
    "-0.25 0.68 0.94 1.15 1.20 1.26 1.26 1.34 1.38 1.43 1.49 1.49 1.55 1.56 1.58 1.65 1.69 1.70 "
    "1.76 1.77 1.81 1.91 1.94 1.96 1.99 2.06 2.09 2.10 2.14 2.15 2.23 2.24 2.26 2.35 2.37 2.40 "
    "2.47 2.54 2.62 2.64 2.90 2.92 2.92 2.93 3.21 3.26 3.30 3.59 3.68 4.30 4.64 5.34 5.42 6.01"
)


def test_published_example():
    values = np.array(ROSNER.split(), dtype=float)
    # Published: up to ten outliers, each tested on both sides at the whole 5 %.
    named = outlying(values, level=0.05 / 2 * 10, n_most=10)
    assert sorted(values[named]) == [5.34, 5.42, 6.01]


def test_order_does_not_matter_and_two_do_not_hide_each_other(rng):
    values = np.append(rng.normal(size=10), [29.0, 29.5])
    shuffled = rng.permutation(12)
    assert outlying(values).tolist() == [False] * 10 + [True] * 2
    assert outlying(values[shuffled]).tolist() == outlying(values)[shuffled].tolist()


def test_equal_or_few_values_name_none():
    assert not outlying(np.zeros(8)).any()
    assert not outlying(np.array([0.0, 9.0])).any()
    assert outlying(np.array([0.0, 0.001, 9.0])).tolist() == [False, False, True]


@pytest.mark.parametrize(("n", "rate"), [(3, 0.05), (5, 0.05), (20, 0.03)])
def test_normal_values_give_few_false_alarms(n, rate):
    rng = np.random.default_rng(1)
    found = np.mean([outlying(rng.normal(size=n)).any() for _ in range(1000)])
    assert found == pytest.approx(rate, abs=0.02)


def test_prediction_bound_by_hand_and_by_simulation(rng):
    others = rng.normal(size=6)
    t = t_distribution.ppf(1 - 0.05 / 2, 5)
    bound = others.mean() + t * others.std(ddof=1) * np.sqrt(7 / 6)
    assert beyond(np.array([bound - 1e-9, bound + 1e-9]), others).tolist() == [False, True]
    rate = np.mean([beyond(rng.normal(size=4), rng.normal(size=8)).any() for _ in range(1000)])
    assert rate == pytest.approx(0.05, abs=0.02)
