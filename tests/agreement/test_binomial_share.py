import numpy as np
import pytest
from scipy.stats import binom, binomtest

from xaigeo.agreement.binomial_share import fewest_seeds, share_interval, share_p_value


@pytest.mark.parametrize("n", [1, 2, 5, 10, 23])
@pytest.mark.parametrize("share", [0.1, 3 / 7, 0.5, 0.8])
def test_one_direction_is_scipys_test(n, share):
    count = np.arange(n + 1)
    wanted = [binomtest(int(c), n, share, alternative="greater").pvalue for c in count]
    np.testing.assert_allclose(share_p_value(count, n, share), wanted, rtol=1e-12)


@pytest.mark.parametrize("n", [1, 2, 5, 6, 10, 23])
def test_two_directions_at_a_half_are_scipys_two_sided_test(n):
    count = np.arange((n + 1) // 2, n + 1)
    wanted = [binomtest(int(c), n, 0.5).pvalue for c in count]
    np.testing.assert_allclose(share_p_value(count, n, 0.5, directions=2), wanted, rtol=1e-12)


@pytest.mark.parametrize("n", [5, 8, 15])
@pytest.mark.parametrize("share", [0.5, 0.65, 0.9])
def test_two_directions_cover_every_pair_of_shares(n, share):
    # The largest chance that either direction has c seeds or more, over all shares allowed.
    p, q = np.meshgrid(np.linspace(0, share, 41), np.linspace(0, share, 41))
    allowed = p + q <= 1 + 1e-12
    for c in range(n // 2 + 1, n + 1):
        # Both cannot have more than half of the seeds, so the chances add.
        worst = (binom.sf(c - 1, n, p) + binom.sf(c - 1, n, q))[allowed].max()
        found = float(share_p_value(np.array(c), n, share, directions=2))
        assert worst <= found * (1 + 1e-9)
        assert found == pytest.approx(
            binomtest(c, n, share, alternative="greater").pvalue
            + binomtest(c, n, 1 - share, alternative="greater").pvalue
        )


def test_half_of_the_seeds_tell_no_direction():
    assert share_p_value(np.array([0, 2, 4]), 8, 0.5, directions=2).tolist() == [1, 1, 1]
    assert share_p_value(np.array([4]), 8, 0.9, directions=2).tolist() == [1]


def test_below_a_half_both_directions_may_have_the_share():
    found = share_p_value(np.array([0, 3, 8]), 8, 0.2, directions=2)
    np.testing.assert_allclose(found, np.minimum(2 * binom.sf([-1, 2, 7], 8, 0.2), 1))


@pytest.mark.parametrize("n", [1, 7, 20])
@pytest.mark.parametrize("level", [0.9, 0.95])
def test_the_interval_is_scipys(n, level):
    count = np.arange(n + 1)
    low, high = share_interval(count, n, level)
    for c in count:
        wanted = binomtest(int(c), n).proportion_ci(level, method="exact")
        assert (low[c], high[c]) == pytest.approx((wanted.low, wanted.high))


@pytest.mark.parametrize("level", [0.001, 0.01, 0.05, 0.3])
@pytest.mark.parametrize("share", [0.05, 0.5, 0.8])
@pytest.mark.parametrize("directions", [1, 2])
def test_fewest_seeds_by_trying(level, share, directions):
    def reached(n):
        return share_p_value(np.array(n), n, share, directions=directions) <= level

    assert fewest_seeds(level, share, directions=directions) == next(
        n for n in range(1, 1000) if reached(n)
    )


def test_fewest_seeds_of_known_cases():
    assert fewest_seeds(0.0625, 0.5, directions=2) == 5  # 2 / 2**5
    assert fewest_seeds(0.05, 1.0) is None
