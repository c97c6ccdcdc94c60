import numpy as np
import pytest

from xaigeo.agreement.intraclass import MeanSquares, icc, icc_interval, pooled_icc
from xaigeo.errors import InputError

# Shrout and Fleiss (1979), table 2: six targets, four judges.
SHROUT_FLEISS = np.array(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], float
).T


def test_published_table():
    assert icc(SHROUT_FLEISS, "agreement") == pytest.approx(0.290, abs=5e-4)
    assert icc(SHROUT_FLEISS, "consistency") == pytest.approx(0.715, abs=5e-4)


def test_published_mean_squares():
    ms = MeanSquares.of(SHROUT_FLEISS)
    assert ms.targets == pytest.approx(11.24, abs=5e-3)
    assert ms.raters == pytest.approx(32.49, abs=5e-3)
    assert ms.error == pytest.approx(1.02, abs=5e-3)


def test_published_intervals():
    # As given for this table by the R package psych (ICC2 and ICC3 of single raters).
    np.testing.assert_allclose(icc_interval(SHROUT_FLEISS, "agreement"), [0.019, 0.761], atol=1e-3)
    np.testing.assert_allclose(
        icc_interval(SHROUT_FLEISS, "consistency"), [0.342, 0.946], atol=1e-3
    )


def test_a_constant_shift_of_a_seed_is_disagreement_but_not_inconsistency(rng):
    targets = rng.normal(size=20)
    values = np.stack([targets, targets + 5])
    assert icc(values, "consistency") == pytest.approx(1.0)
    assert icc(values, "agreement") < 0.3


@pytest.mark.parametrize(("k", "n"), [(2, 3), (2, 6), (3, 3), (5, 6)])
def test_lowest_values(rng, k, n):
    values = rng.integers(-2, 3, (k, 3000, n)).astype(float)
    assert np.nanmin(icc(values, "consistency")) >= -1 / (k - 1) - 1e-12
    assert np.nanmin(icc(values, "agreement")) >= -1 / ((k - 1) - k / n) - 1e-12
    opposite = np.array([[1.0, 0, -1], [-1, 0, 1]])
    assert icc(opposite, "agreement") == pytest.approx(-3.0)
    assert icc(opposite, "consistency") == pytest.approx(-1.0)


def test_instances_are_independent_of_each_other(distinct):
    together = icc(distinct)
    alone = [float(icc(distinct[:, i])) for i in range(distinct.shape[1])]
    np.testing.assert_allclose(together, alone)


def test_equal_seeds_score_one_and_constants_nothing(distinct):
    np.testing.assert_allclose(icc(np.repeat(distinct[:1], 3, axis=0)), 1.0)
    assert np.isnan(icc(np.full((3, 4), 0.1)))


def test_pooled_equals_one_long_table(distinct):
    long = distinct.reshape(5, -1)
    assert pooled_icc(distinct)[0] == pytest.approx(float(icc(long)))


def test_pooled_weights_equal_repeated_instances(distinct):
    weights = np.array([[2, 0, 1, 1, 0, 3, 0]], dtype=float)
    repeated = np.repeat(distinct, weights[0].astype(int), axis=1)
    assert pooled_icc(distinct, weights)[0] == pytest.approx(float(icc(repeated.reshape(5, -1))))


def test_order_does_not_matter(tied, rng):
    shuffled = tied[rng.permutation(5)][..., rng.permutation(6)]
    for form in ("agreement", "consistency"):
        np.testing.assert_allclose(icc(shuffled, form), icc(tied, form))


def test_unknown_form_raises():
    with pytest.raises(InputError, match="form to be one of 'agreement', 'consistency'"):
        icc(SHROUT_FLEISS, "absolute")
