from __future__ import annotations

import numpy as np
import pytest

from xaigeo.errors import InputError
from xaigeo.explainers import explain
from xaigeo.explainers.gradient_shap import GradientShapExplainer


def attributed(ensemble, rows, background, **parameters):
    return explain(
        ensemble, rows, "gradient_shap", background=background, random_state=0, **parameters
    )


def test_with_noise_both_engines_agree(curved, mixed_frame, assert_engines_agree):
    parameters = {"n_samples": 9, "stdev": 0.3}
    assert_engines_agree(curved, mixed_frame.head(2), mixed_frame, "gradient_shap", **parameters)


def test_a_linear_models_attributions_are_exact_against_one_row(linear_networks, mixed_frame):
    """Against a background of one row nothing is left to chance."""
    rows, reference = mixed_frame.head(4), mixed_frame.iloc[[7]]
    found = attributed(linear_networks, rows, reference)
    gap = linear_networks.outputs(rows) - linear_networks.outputs(reference)
    assert found.array("attribution").sum(axis=2) == pytest.approx(gap)
    assert found.array("convergence_delta") == pytest.approx(0, abs=1e-12)
    assert found.array("std_error") == pytest.approx(0, abs=1e-12)


def test_errors_are_as_large_as_stated(curved, mixed_frame):
    """Against the mean of very many draws, most estimates lie within two standard errors."""
    rows = mixed_frame.head(6)
    exact = attributed(curved, rows, mixed_frame, n_samples=20_000).array("attribution")
    found = attributed(curved, rows, mixed_frame, n_samples=100)
    sizes = np.abs(found.array("attribution") - exact) / found.array("std_error")
    assert 0.85 < (sizes < 2).mean() < 1.0


def test_bad_noise_is_refused():
    for stdev in (-0.1, float("inf"), "much", True):
        with pytest.raises(
            InputError,
            match=r"Expected stdev to be a finite number of at least 0, got .*\. Pass a share of",
        ):
            GradientShapExplainer(stdev=stdev)
