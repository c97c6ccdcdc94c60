import numpy as np
import pytest
from scipy.optimize import minimize

from xaigeo.agreement.rashomon_capacity import channel_capacity, rashomon_capacity
from xaigeo.errors import InputError


def entropy(p):
    p = p[p > 0]
    return -(p * np.log2(p)).sum()


def by_optimiser(p):
    """Largest mutual information over weights of the inputs, in bits."""

    def lost(z):
        r = np.exp(z - z.max())
        r /= r.sum()
        return (r * [entropy(one) for one in p]).sum() - entropy(r @ p)

    starts = np.random.default_rng(0).normal(size=(4, len(p)))
    return -min(minimize(lost, z, tol=1e-12).fun for z in starts)


def test_equal_models_have_one_answer(rng):
    p = np.repeat(rng.dirichlet([1, 1, 1], size=(6, 1)), 5, axis=1)
    found = channel_capacity(p)
    np.testing.assert_allclose(2**found.bits, 1.0, atol=1e-12)


@pytest.mark.parametrize("n_different", [1, 2, 3, 4])
def test_sure_models_have_as_many_answers_as_they_name_classes(n_different):
    sure = np.eye(5)[np.arange(9) % n_different]
    assert 2 ** channel_capacity(sure).bits == pytest.approx(n_different, abs=1e-4)


def test_symmetric_pair_has_the_closed_form():
    for error in (0.0, 0.01, 0.2, 0.5):
        pair = np.array([[1 - error, error], [error, 1 - error]])
        expected = 1 - entropy(pair[0])
        assert channel_capacity(pair).bits == pytest.approx(expected, abs=1e-9)
        # Models between the two add nothing.
        between = np.vstack([pair, [[0.5, 0.5]], 0.7 * pair[:1] + 0.3 * pair[1:]])
        assert channel_capacity(between).bits == pytest.approx(expected, abs=1e-5)


def test_erasure_and_z_channel_have_closed_forms():
    erasing = np.array([[0.7, 0.3, 0.0], [0.0, 0.3, 0.7]])
    assert channel_capacity(erasing).bits == pytest.approx(0.7, abs=1e-6)
    z = np.array([[1.0, 0.0], [0.5, 0.5]])
    assert channel_capacity(z).bits == pytest.approx(np.log2(5 / 4), abs=1e-5)


def test_equals_a_slow_optimiser(rng):
    p = rng.dirichlet([0.7, 0.7, 0.7], size=(6, 5))
    found = channel_capacity(p, tolerance=1e-8)
    expected = [by_optimiser(one) for one in p]
    np.testing.assert_allclose(found.bits, expected, atol=1e-6)


def test_the_gap_holds_the_truth(rng):
    p = rng.dirichlet([1, 1, 1, 1], size=(40, 12))
    near, exact = channel_capacity(p, max_steps=3), channel_capacity(p, tolerance=1e-8)
    assert near.gap.max() > 1e-4
    assert (near.bits <= exact.bits + 1e-12).all()
    assert (exact.bits <= near.bits + near.gap + 1e-12).all()
    assert exact.gap.max() <= 1e-8
    assert (2**exact.bits <= 4).all()


def test_rows_alone_are_rows_together_in_any_order_of_models(rng):
    p = rng.dirichlet([1, 1, 1], size=(7, 6))
    together = channel_capacity(p, tolerance=1e-9).bits
    alone = [float(channel_capacity(one, tolerance=1e-9).bits) for one in p]
    np.testing.assert_allclose(alone, together, atol=1e-12)
    turned = channel_capacity(p[:, ::-1], tolerance=1e-9).bits
    np.testing.assert_allclose(turned, together, atol=1e-8)


def test_many_models_that_nearly_agree_end_soon(rng):
    p = rng.dirichlet(np.full(10, 30.0), size=(50, 60))
    assert channel_capacity(p, tolerance=1e-5).gap.max() <= 1e-5


def test_of_an_evaluation(build):
    evaluation = build.make_evaluation([[0, 0, 1], [0, 1, 1], [0, 1, 1]], [0, 1, 1])
    found = rashomon_capacity(evaluation)
    pair = channel_capacity(np.array([[0.9, 0.1], [0.1, 0.9]])).bits
    assert found.rows["instance"].tolist() == [1, 0, 2]
    np.testing.assert_allclose(found.rows["bits"], [pair, 0, 0], atol=1e-5)
    assert found.rows["n_classes_predicted"].tolist() == [2, 1, 1]
    assert found.mean == pytest.approx((2**pair + 2) / 3, abs=1e-5)
    assert found.mean_bits == pytest.approx(pair / 3, abs=1e-5)
    assert (found.n_seeds, found.n_classes, found.name) == (3, 2, "test")


def test_what_has_no_capacity_is_refused(build):
    regression = build.make_evaluation([[0.1, 2.0]], [0.0, 1.0], task="regression")
    with pytest.raises(InputError, match="a classification for the Rashomon capacity, got a regr"):
        rashomon_capacity(regression)
    with pytest.raises(
        InputError, match=r"shape \(\.\.\., n_inputs, n_outputs\), got shape \(3,\)"
    ):
        channel_capacity(np.ones(3) / 3)
    with pytest.raises(InputError, match=r"got shape \(1, 2\) with NaN or infinity"):
        channel_capacity(np.array([[np.nan, 1.0]]))
    with pytest.raises(InputError, match=r"add up to 1, got a smallest of -2 and sums from 1 to 1"):
        channel_capacity(np.array([[3.0, -2.0]]))
    with pytest.raises(InputError, match="tolerance to be a finite number above zero, got 0"):
        channel_capacity(np.eye(2), tolerance=0)
    with pytest.raises(InputError, match="max_steps to be a whole number of at least 1, got 0"):
        channel_capacity(np.eye(2), max_steps=0)
