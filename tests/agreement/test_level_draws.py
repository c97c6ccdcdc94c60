import numpy as np
import pytest
from scipy.stats import chi2

from xaigeo.agreement.level_draws import LevelDraws, effective_rank
from xaigeo.agreement.variance_components import mean_squares, terms, variance_components


def test_one_direction_has_rank_one_however_many_cells():
    one = np.outer(np.arange(4) - 1.5, np.arange(1, 31))
    assert effective_rank(one, 3) == pytest.approx(1)
    assert effective_rank(0 * one, 3) == 1
    assert effective_rank(one, 1) == 1


@pytest.mark.parametrize("rank", [2, 5])
def test_the_rank_lies_about_the_number_of_equal_directions(rng, rank):
    """The median of 300; with four degrees of freedom the two estimates lie on either side."""
    found = []
    for _ in range(300):
        moved = rng.normal(size=(5, rank)) @ np.linalg.qr(rng.normal(size=(40, rank)))[0].T
        found.append(effective_rank(moved - moved.mean(axis=0), 4))
    assert 0.6 * rank < np.median(found) < 1.2 * rank


@pytest.mark.parametrize(("n_levels", "n_cells"), [(4, 30), (30, 4)])
def test_the_rank_is_that_of_its_formula(rng, n_levels, n_cells):
    moved, f = rng.normal(size=(n_levels, 2)) @ rng.normal(size=(2, n_cells)), n_levels - 1
    covariance = moved.T @ moved / f
    trace, squared = np.trace(covariance), np.trace(covariance @ covariance)
    unbiased = ((f + 1) * trace**2 - 2 * squared) / (f * squared - trace**2)
    wanted = (np.clip(unbiased, 1, n_cells) + trace**2 / squared) / 2
    assert effective_rank(moved, f) == pytest.approx(wanted)


def test_draws_of_one_direction_are_those_of_a_single_cell(rng):
    """Components of drawn mean squares, each MS·ν/χ²_ν with the degrees of freedom of levels."""
    cell = rng.normal(size=(5, 1)) + rng.normal(size=(1, 4)) + rng.normal(size=(5, 4))
    direction = rng.normal(size=(3, 2))
    values = cell[:, :, None, None] * direction
    found = variance_components(cell, 2)
    estimates = np.tile([[found[term]] for term in terms(2)], 20_000)
    drawn = LevelDraws(values).components(estimates, np.random.default_rng(0))
    # The interaction is its mean square alone.
    square = float(mean_squares(cell, 2)[0, 1])
    wanted = 12 * square / chi2.ppf([0.975, 0.025], 12)
    assert np.quantile(drawn[2], [0.025, 0.975]) == pytest.approx(wanted, rel=0.03)
    main = drawn[0] * 4 + drawn[2]  # E[MS] of the first factor
    wanted = 4 * float(mean_squares(cell, 2)[0,]) / chi2.ppf([0.975, 0.025], 4)
    assert np.quantile(main, [0.025, 0.975]) == pytest.approx(wanted, rel=0.05)


def test_levels_that_are_no_sample_are_held(rng):
    """Two methods that differ by a constant far above the noise keep their difference."""
    values = 0.01 * rng.normal(size=(5, 2, 4, 3)) + np.array([1.0, -1.0])[None, :, None, None]
    found = variance_components(values, 2)
    estimates = np.tile([[found[term].mean()] for term in terms(2)], 500)
    drawn = LevelDraws(values, fixed=[1]).components(estimates, rng)
    assert np.ptp(drawn[1]) < 0.2 * drawn[1].mean()
    free = LevelDraws(values).components(estimates, rng)
    assert np.ptp(free[1]) > 10 * np.ptp(drawn[1])


def test_the_signal_stays_where_nothing_moves_it(rng):
    values = rng.normal(size=(1, 1, 6, 4)) + 1e-6 * rng.normal(size=(4, 4, 6, 4))
    levels, estimates = LevelDraws(values), np.full((3, 50), 1e-12)
    signal = levels.signal(estimates, estimates, np.ones(50), np.full(50, 1e-12), rng)
    np.testing.assert_allclose(signal, 1, atol=1e-3)
