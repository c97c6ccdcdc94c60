import numpy as np
import pytest

from xaigeo.agreement.pooled_alpha import pooled_alpha, resampled_alpha
from xaigeo.agreement.trimming import alpha_hat


@pytest.fixture
def scores(rng):
    """Six models of which some rows are tied, the last unlike the others."""
    drawn = np.round(rng.normal(size=(6, 70)), 1)
    drawn[5] = np.round(1.3 * drawn[5] + 0.4, 1)
    return drawn


def test_members_are_compared_with_the_others_of_the_pool(scores):
    found = pooled_alpha(scores, scores, np.ones(6, dtype=bool), 0.1)
    for place in range(6):
        own = alpha_hat(np.delete(scores, place, axis=0), scores[place], delta=0.1)
        assert found.alpha[0, place] == pytest.approx(own.alpha, abs=1e-12, nan_ok=True)
        assert found.distance[0, place] == pytest.approx(own.distance, abs=1e-12)


def test_strangers_are_compared_with_the_whole_pool(scores):
    found = pooled_alpha(scores[4:], scores[:4], np.zeros(2, dtype=bool), 0.05)
    for place in range(2):
        own = alpha_hat(scores[:4], scores[4 + place], delta=0.05)
        assert found.alpha[0, place] == pytest.approx(own.alpha, abs=1e-12, nan_ok=True)


@pytest.mark.parametrize("members", [True, False])
def test_drawn_rows_are_drawn_for_all_models_alike(scores, members):
    pool = scores if members else scores[:3]
    found = resampled_alpha(
        scores[3:], pool, np.full(3, members), 0.1, n_bootstrap=7, rng=np.random.default_rng(2)
    )
    counts = np.random.default_rng(2).multinomial(70, np.full(70, 1 / 70), size=7)
    for draw, count in enumerate(counts):
        drawn = np.repeat(scores, count, axis=1)
        for place in range(3):
            others = np.delete(drawn, 3 + place, axis=0) if members else drawn[:3]
            own = alpha_hat(others, drawn[3 + place], delta=0.1)
            assert found.alpha[draw, place] == pytest.approx(own.alpha, abs=1e-12, nan_ok=True)
            assert found.distance[draw, place] == pytest.approx(own.distance, abs=1e-12)


def test_draws_do_not_depend_on_how_many_are_held(scores, monkeypatch):
    def drawn():
        rng = np.random.default_rng(3)
        members = np.ones(6, dtype=bool)
        return resampled_alpha(scores, scores, members, 0.1, n_bootstrap=9, rng=rng).alpha

    whole = drawn()
    monkeypatch.setattr("xaigeo.agreement.pooled_alpha.POOL_BYTES", 8 * scores.size * 2)
    np.testing.assert_array_equal(drawn(), whole)
