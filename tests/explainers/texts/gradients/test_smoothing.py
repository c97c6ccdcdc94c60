from __future__ import annotations

from typing import get_args

import numpy as np
import pytest

from xaigeo.explainers.texts.gradients.reductions import Reduction, reduced
from xaigeo.explainers.texts.gradients.smoothing import Smoothing, smoothed

DRAWS = np.random.default_rng(0).normal(1.0, 0.3, size=(2, 40, 3, 4))


def summary(draws, nt_type):
    if nt_type == "smoothgrad":
        return draws.mean(axis=0)
    if nt_type == "smoothgrad_sq":
        return (draws**2).mean(axis=0)
    return draws.var(axis=0)


@pytest.mark.parametrize("nt_type", get_args(Smoothing))
@pytest.mark.parametrize("reduction", get_args(Reduction))
def test_numbers_are_those_of_a_naive_loop(nt_type, reduction):
    numbers, errors = smoothed(DRAWS, nt_type, reduction)
    assert numbers.shape == errors.shape == (2, 3)
    for i, t in np.ndindex(2, 3):
        assert numbers[i, t] == pytest.approx(reduced(summary(DRAWS[i, :, t], nt_type), reduction))


def test_the_error_of_a_sum_is_that_of_the_mean_of_sums():
    _, errors = smoothed(DRAWS, "smoothgrad", "sum")
    each = DRAWS.sum(axis=-1)
    assert errors == pytest.approx(each.std(axis=1, ddof=1) / np.sqrt(40))


@pytest.mark.parametrize("nt_type", get_args(Smoothing))
@pytest.mark.parametrize("reduction", ["norm", "l1", "absolute_sum"])
def test_errors_of_lengths_are_what_repeating_shows(nt_type, reduction):
    repeats = np.random.default_rng(1).normal(1.0, 0.3, size=(2000, 40, 1, 4))
    numbers, errors = smoothed(repeats, nt_type, reduction)
    assert np.sqrt((errors**2).mean()) == pytest.approx(numbers.std(), rel=0.1)


def test_a_single_draw_has_no_error():
    numbers, errors = smoothed(DRAWS[:, :1], "smoothgrad", "norm")
    assert np.isfinite(numbers).all()
    assert np.isnan(errors).all()
