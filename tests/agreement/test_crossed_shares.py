import numpy as np
import pytest

from xaigeo.agreement.crossed_shares import CrossedShares
from xaigeo.agreement.variance_components import terms, variance_components

GROUPS = [[(0,)], [(1,)], [(0, 1)]]


def simulated(rng, levels, truth, n_instances=8, n_features=4, rank=5):
    """Runs whose effects on the cells are random mixtures of a few directions."""
    mix = rng.normal(size=(rank, n_instances * n_features))
    mix /= np.sqrt(np.square(mix).sum(axis=0))
    values = np.zeros((*levels, n_instances * n_features))
    for term, variance in truth.items():
        shape = [n if f in term else 1 for f, n in enumerate(levels)]
        values = values + np.sqrt(variance) * (rng.normal(size=(*shape, rank)) @ mix)
    return values.reshape(*levels, n_instances, n_features)


def share_of(values, group):
    found = {t: c.mean() for t, c in variance_components(values, values.ndim - 2).items()}
    return sum(found[t] for t in group) / sum(found.values())


def test_shares_are_sums_of_components_over_the_whole(rng):
    values = rng.normal(size=(4, 3, 6, 5)) + 2 * rng.normal(size=(4, 1, 6, 5))
    shares = CrossedShares(values, n_bootstrap=20)
    raw = shares.shares(GROUPS, exclusive=False).value
    assert raw == pytest.approx([share_of(values, group) for group in GROUPS])
    assert raw.sum() == pytest.approx(1)
    cut = shares.shares(GROUPS).value
    assert cut == pytest.approx(np.maximum(raw, 0) / np.maximum(raw, 0).sum())
    assert shares.total == pytest.approx(shares.components.sum())


def test_what_is_below_zero_is_cut(rng):
    values = rng.normal(size=(4, 3, 6, 5))
    values -= values.mean(axis=0, keepdims=True)  # the second factor has no main effect
    shares = CrossedShares(values, n_bootstrap=0)
    assert shares.components[1] < 0
    found = shares.shares(GROUPS).value
    assert found[1] == 0
    assert found.sum() == pytest.approx(1)


def test_the_interval_over_instances_is_the_percentile_bootstrap(rng):
    values = rng.normal(size=(4, 3, 6, 5)) + 2 * rng.normal(size=(4, 1, 6, 5))
    found = CrossedShares(values, n_bootstrap=200, random_state=3).shares(GROUPS, exclusive=False)
    counts = np.random.default_rng(3).multinomial(6, np.full(6, 1 / 6), size=200)
    draws = [share_of(values[:, :, np.repeat(np.arange(6), count)], GROUPS[0]) for count in counts]
    assert [found.low[0], found.high[0]] == pytest.approx(np.quantile(draws, [0.025, 0.975]))


def test_a_fixed_factor_is_not_left_out_and_two_levels_cannot_be(rng):
    values = rng.normal(size=(4, 2, 6, 5))
    assert np.isnan(CrossedShares(values, n_bootstrap=9).shares(GROUPS).level_low).all()
    held = CrossedShares(values, fixed=[1], n_bootstrap=9).shares(GROUPS)
    assert np.isfinite(held.level_low).all()


@pytest.mark.parametrize("rank", [1, 5])
def test_intervals_hold_the_true_share(rng, rank):
    """Of 60 experiments at least 54 intervals hold it, whether or not all cells move together."""
    truth = dict(zip(terms(2), [0.5, 0.2, 0.3], strict=True))
    held = np.zeros(3)
    for place in range(60):
        values = simulated(rng, (5, 5), truth, rank=rank)
        found = CrossedShares(values, n_bootstrap=30, random_state=place).shares(
            GROUPS, exclusive=False
        )
        true = np.array([0.5, 0.2, 0.3])
        held += (found.level_low <= true) & (true <= found.level_high)
    assert held.min() >= 54


def test_intervals_of_four_factors_hold_the_true_share(rng):
    """Effects of one direction each, three levels for two factors."""
    truth = dict.fromkeys(terms(4), 0.0)
    truth |= {(0,): 0.4, (1,): 0.2, (2,): 0.1, (3,): 0.1, (0, 1): 0.1, (0, 1, 2, 3): 0.1}
    groups = [[(f,)] for f in range(4)]
    held = np.zeros(4)
    for place in range(60):
        values = simulated(rng, (5, 5, 3, 3), truth, rank=1)
        found = CrossedShares(values, n_bootstrap=0, random_state=place).shares(groups)
        true = np.array([0.4, 0.2, 0.1, 0.1])
        held += (found.level_low <= true) & (true <= found.level_high)
    assert held.min() >= 51


def test_the_signal_is_the_variance_between_cells(rng):
    """Unbiased: 150 experiments on the same cells, within 4 standard errors of their mean."""
    cells = rng.normal(size=(5, 4))
    truth = dict(zip(terms(2), [0.5, 0.2, 0.3], strict=True))
    found = [
        CrossedShares(cells + simulated(rng, (3, 3), truth, 5, 4), n_bootstrap=0).signal
        for _ in range(150)
    ]
    assert abs(np.mean(found) - cells.var()) < 4 * np.std(found) / np.sqrt(150)
    shares = CrossedShares(cells + simulated(rng, (3, 3), truth, 5, 4), n_bootstrap=50)
    share = shares.signal_share()
    assert share.value[0] == pytest.approx(shares.signal / (shares.signal + shares.total))
    assert share.low[0] < share.value[0] < share.high[0]


def test_nothing_that_varies_has_no_shares(rng):
    values = np.broadcast_to(rng.normal(size=(1, 1, 6, 5)), (3, 4, 6, 5))
    shares = CrossedShares(values + 1e-14 * rng.normal(size=(3, 4, 6, 5)), n_bootstrap=10)
    assert shares.total == 0
    found = shares.shares(GROUPS)
    assert np.isnan(found.value).all()
    assert np.isnan(found.low).all()
    assert shares.signal_share().value[0] == 1
