import numpy as np
import pytest
from scipy.stats import ks_2samp

from xaigeo.agreement.curve_distances import curve_distances


@pytest.mark.parametrize("digits", [0, 1, 12])
def test_equals_scipy_with_and_without_ties(rng, digits):
    scores = np.round(rng.normal(rng.normal(size=(5, 1)), 1, (5, 40)), digits)
    found = curve_distances(scores)
    for a in range(5):
        for b in range(5):
            assert found[a, b] == pytest.approx(ks_2samp(scores[a], scores[b]).statistic)
    np.testing.assert_array_equal(found, found.T)
    assert (np.diag(found) == 0).all()
