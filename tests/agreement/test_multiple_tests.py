import numpy as np
import pytest
from scipy.stats import false_discovery_control

from xaigeo.agreement.multiple_tests import adjusted, strictest_level
from xaigeo.errors import InputError


def holm(p):
    """Reject in rising order while p(i) <= level / (m - i); the least level at which it goes."""
    order = sorted(range(len(p)), key=lambda i: p[i])
    answer, worst = [0.0] * len(p), 0.0
    for rank, i in enumerate(order):
        worst = max(worst, (len(p) - rank) * p[i])
        answer[i] = min(worst, 1.0)
    return answer


def test_holm_against_a_loop(rng):
    p = np.round(rng.uniform(size=(6, 9)) ** 2, 2)  # with ties
    np.testing.assert_allclose(adjusted(p, "holm"), [holm(row) for row in p])


def test_benjamini_hochberg_is_scipys(rng):
    p = np.round(rng.uniform(size=(6, 9)) ** 2, 2)
    np.testing.assert_allclose(
        adjusted(p, "benjamini_hochberg"), false_discovery_control(p, axis=-1)
    )


def test_none_leaves_them():
    p = np.array([0.2, 0.1])
    assert adjusted(p, "none") is p


@pytest.mark.parametrize("correction", ["none", "holm", "benjamini_hochberg"])
def test_the_strictest_level_is_just_enough(correction):
    for n_rejected in (1, 3, 8):
        limit = strictest_level(0.05, correction, 8, n_rejected)
        for p, enough in ((limit * 0.999, True), (limit * 1.001, False)):
            tests = np.where(np.arange(8) < n_rejected, p, 1.0)
            assert (adjusted(tests, correction)[0] <= 0.05) == enough


def test_an_unknown_correction():
    message = "correction to be one of 'none', 'holm', 'benjamini_hochberg', got 'holmes'"
    for call in (
        lambda: adjusted(np.array([0.1]), "holmes"),
        lambda: strictest_level(0.05, "holmes", 3, 1),
    ):
        with pytest.raises(InputError, match=message):
            call()
