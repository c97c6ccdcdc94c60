from __future__ import annotations

import numpy as np
import pytest

from xaigeo.errors import InputError
from xaigeo.explainers import explain
from xaigeo.explainers.gradients.sampled_gradients import noise
from xaigeo.explainers.smooth_grad import SmoothGradExplainer


def smooth(ensemble, rows, background, **parameters):
    return explain(
        ensemble, rows, "smooth_grad", background=background, random_state=0, **parameters
    )


@pytest.mark.parametrize("nt_type", ["smoothgrad_sq", "vargrad"])
def test_squares_and_variances_equal_captums(curved, mixed_frame, nt_type, assert_engines_agree):
    parameters = {"nt_type": nt_type, "n_samples": 9, "stdev": 0.5}
    assert_engines_agree(curved, mixed_frame.head(2), mixed_frame, "smooth_grad", **parameters)


def test_a_linear_model_is_not_moved_by_noise(linear_networks, mixed_frame):
    rows = mixed_frame.head(3)
    found = smooth(linear_networks, rows, mixed_frame, absolute=False)
    plain = explain(
        linear_networks, rows, "saliency", background=mixed_frame, absolute=False, random_state=0
    )
    for name in ("attribution", "slope"):
        np.testing.assert_allclose(found.array(name), plain.array(name), atol=1e-12)
    assert found.array("std_error") == pytest.approx(0, abs=1e-12)


def test_variants_are_moments_of_the_same_draws(curved, mixed_frame):
    rows = mixed_frame.head(2)
    mean, square, variance = (
        smooth(curved, rows, mixed_frame, nt_type=kind).array("attribution")
        for kind in ("smoothgrad", "smoothgrad_sq", "vargrad")
    )
    assert variance == pytest.approx(square - mean**2)
    found = smooth(curved, rows, mixed_frame)
    assert found.array("std_error") == pytest.approx(np.sqrt(variance / 49))


def test_noise_is_a_share_of_each_columns_deviation(curved, mixed_frame):
    """To first order slopes move with the noise, so their variance with its square."""
    few, many = (
        smooth(curved, mixed_frame.head(2), mixed_frame, nt_type="vargrad", stdev=stdev)
        .array("attribution")
        .sum()
        for stdev in (0.001, 0.002)
    )
    assert many == pytest.approx(4 * few, rel=0.02)


def test_columns_without_variation_get_no_noise(make_networks, mixed_frame):
    from torch import nn

    from xaigeo.explainers.gradients.input_space import NetworkInputs

    frame = mixed_frame.assign(count=3)
    ensemble = make_networks(frame, lambda n: [nn.Linear(n, 1)])
    spread = NetworkInputs(ensemble.members).spread(ensemble.schema.encode(frame))
    assert spread[0, 1] == 0.0
    assert spread[0, 0].item() == pytest.approx(1.0)
    shares = frame["colour"].value_counts(normalize=True).sort_index().to_numpy()
    assert spread[0, 2:5].numpy() == pytest.approx(np.sqrt(shares * (1 - shares)))


def test_noise_repeats_with_its_seed():
    assert (noise(4, 0.5, 3, 7) == noise(4, 0.5, 3, 7)).all()
    assert (noise(4, 1.0, 3, 7) == 2 * noise(4, 0.5, 3, 7)).all()
    assert (noise(4, 0.5, 3, 7) != noise(4, 0.5, 3, 8)).any()


def test_bad_parameters_are_refused():
    with pytest.raises(InputError, match="Expected nt_type to be one of 'smoothgrad'"):
        SmoothGradExplainer(nt_type="mean")
    with pytest.raises(InputError, match="Expected stdev to be a finite number above zero"):
        SmoothGradExplainer(stdev=0.0)
    with pytest.raises(InputError, match="Expected n_samples to be a whole number"):
        SmoothGradExplainer(n_samples=0)
    with pytest.raises(
        InputError,
        match=r"Expected absolute=True, its default, with nt_type='vargrad', whose numbers have "
        r"no sign, got absolute=False\. Use nt_type='smoothgrad' for signed means\.",
    ):
        SmoothGradExplainer(nt_type="vargrad", absolute=False)
