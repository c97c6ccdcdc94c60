from itertools import product

import numpy as np
import pytest

from xaigeo.agreement.variance_components import (
    mean_squares,
    squared_expectation,
    terms,
    variance_components,
)


def runs_of(values, n_factors):
    """Every run with its levels."""
    return [(at, values[at]) for at in product(*map(range, values.shape[:n_factors]))]


def pairs_differing(values, n_factors, differing):
    """Every ordered pair of runs that differ in these factors and in no other."""
    runs = runs_of(values, n_factors)
    return [
        (a, b)
        for (at, a), (other, b) in product(runs, runs)
        if {f for f in range(n_factors) if at[f] != other[f]} == set(differing)
    ]


def test_one_factor_is_the_usual_one_way_analysis(rng):
    values = rng.normal(size=(6, 4))
    found = variance_components(values, 1)
    assert list(found) == [(0,)]
    np.testing.assert_allclose(found[(0,)], values.var(axis=0, ddof=1))


def test_two_factors_against_sums_of_squares_in_loops(rng):
    a, b = 4, 3
    values = rng.normal(size=(a, b))
    grand = values.mean()
    rows = [values[i].mean() for i in range(a)]
    columns = [values[:, j].mean() for j in range(b)]
    ms_rows = b * sum((row - grand) ** 2 for row in rows) / (a - 1)
    ms_columns = a * sum((column - grand) ** 2 for column in columns) / (b - 1)
    ms_rest = sum(
        (values[i, j] - rows[i] - columns[j] + grand) ** 2 for i in range(a) for j in range(b)
    ) / ((a - 1) * (b - 1))
    squares = mean_squares(values, 2)
    assert [float(squares[t]) for t in terms(2)] == pytest.approx([ms_rows, ms_columns, ms_rest])
    found = variance_components(values, 2)
    assert float(found[(0,)]) == pytest.approx((ms_rows - ms_rest) / b)
    assert float(found[(1,)]) == pytest.approx((ms_columns - ms_rest) / a)
    assert float(found[(0, 1)]) == pytest.approx(ms_rest)


@pytest.mark.parametrize("differing", terms(3))
def test_sums_of_components_are_half_mean_squared_differences_of_pairs(rng, differing):
    values = rng.normal(size=(3, 2, 4, 5))
    found = variance_components(values, 3)
    summed = sum(found[t] for t in found if set(t) & set(differing))
    pairs = pairs_differing(values, 3, differing)
    naive = np.mean([(a - b) ** 2 / 2 for a, b in pairs], axis=0)
    np.testing.assert_allclose(summed, naive)


def test_the_square_of_the_expectation_is_the_mean_product_of_unlike_runs(rng):
    values = 1.0 + rng.normal(size=(3, 2, 4, 5))
    found = squared_expectation(values, variance_components(values, 3), 3)
    naive = np.mean([a * b for a, b in pairs_differing(values, 3, (0, 1, 2))], axis=0)
    np.testing.assert_allclose(found, naive)


def test_the_order_of_factors_changes_nothing(rng):
    values = rng.normal(size=(3, 2, 4, 5))
    found = variance_components(values, 3)
    turned = variance_components(values.transpose(2, 0, 1, 3), 3)
    new_place = {0: 1, 1: 2, 2: 0}
    for term, component in found.items():
        np.testing.assert_allclose(
            component, turned[tuple(sorted(new_place[f] for f in term))], atol=1e-12
        )


def test_known_components_are_met_on_average():
    """Unbiased: the mean of 4000 simulated estimates lies within 4 of its standard errors."""
    rng = np.random.default_rng(1)
    levels, n = (4, 3, 3), 4000
    truth = dict(zip(terms(3), [2.0, 0.0, 0.5, 0.3, 0.0, 0.1, 0.2], strict=True))
    values = 3.0
    for term, variance in truth.items():
        shape = [levels[f] if f in term else 1 for f in range(3)]
        values = values + np.sqrt(variance) * rng.normal(size=(*shape, n))
    found = variance_components(values, 3)
    for term, variance in truth.items():
        error = found[term].std() / np.sqrt(n)
        assert abs(found[term].mean() - variance) < 4 * error
    assert (found[(1,)] < 0).any()  # reported as estimated
    squares = squared_expectation(values, found, 3)
    assert abs(squares.mean() - 9.0) < 4 * squares.std() / np.sqrt(n)
