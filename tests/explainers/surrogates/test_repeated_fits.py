from __future__ import annotations

import numpy as np
import pytest

from xaigeo.explainers.surrogates.repeated_fits import Fits, RepeatedFits

WIDE, NARROW = (2, 3, 4, 2), (2, 3, 2)


def draw(seed):
    random = np.random.default_rng(seed)
    return Fits(
        attribution=1e6 + random.normal(size=WIDE),
        selected=random.random(WIDE) < 0.3,
        intercept=random.normal(size=NARROW),
        local_r2=random.random(NARROW),
        explained_value=np.zeros(NARROW),
    )


@pytest.mark.parametrize("n_fits", [2, 5])
def test_means_and_errors_are_numpys(n_fits):
    found = RepeatedFits()
    for seed in range(n_fits):
        found.add(draw(seed))
    arrays, draws = found.arrays(selects=True), [draw(seed) for seed in range(n_fits)]
    for name in ("attribution", "intercept", "local_r2"):
        expected = np.mean([getattr(one, name) for one in draws], axis=0)
        np.testing.assert_allclose(arrays[name], expected, rtol=1e-13)
    error = np.std([one.attribution for one in draws], axis=0, ddof=1) / np.sqrt(n_fits)
    np.testing.assert_allclose(arrays["std_error"], error, rtol=1e-7)
    np.testing.assert_array_equal(arrays["selected"], np.any([d.selected for d in draws], axis=0))


def test_one_fit_is_itself_without_an_error():
    found = RepeatedFits()
    found.add(draw(0))
    arrays = found.arrays(selects=False)
    assert set(arrays) == {"attribution", "intercept", "local_r2", "explained_value"}
    np.testing.assert_array_equal(arrays["attribution"], draw(0).attribution)
