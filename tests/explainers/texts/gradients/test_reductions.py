from __future__ import annotations

from typing import get_args

import numpy as np
import pytest

from xaigeo.explainers.texts.gradients.reductions import SIGNED, Reduction, reduced, slopes

VECTORS = np.random.default_rng(0).normal(size=(3, 4, 5))


@pytest.mark.parametrize(
    ("reduction", "expected"),
    [
        ("sum", lambda v: sum(v)),
        ("mean", lambda v: sum(v) / len(v)),
        ("absolute_sum", lambda v: abs(sum(v))),
        ("norm", lambda v: sum(x * x for x in v) ** 0.5),
        ("l1", lambda v: sum(abs(x) for x in v)),
    ],
)
def test_a_vector_becomes_the_number_of_its_name(reduction, expected):
    found = reduced(VECTORS, reduction)
    assert found.shape == (3, 4)
    for place in np.ndindex(3, 4):
        assert found[place] == pytest.approx(expected(VECTORS[place]))


@pytest.mark.parametrize("reduction", get_args(Reduction))
def test_slopes_are_those_of_finite_differences(reduction):
    found, step = slopes(VECTORS, reduction), 1e-6
    for j in range(5):
        moved = step * (np.arange(5) == j)
        rise = reduced(VECTORS + moved, reduction) - reduced(VECTORS - moved, reduction)
        assert found[..., j] == pytest.approx(rise / (2 * step), abs=1e-6)


def test_sizes_of_nothing_have_no_slope():
    nothing = np.zeros((2, 3))
    for reduction in ("norm", "l1", "absolute_sum"):
        assert not slopes(nothing, reduction).any()


def test_signed_numbers_are_those_that_are_negative_somewhere():
    negative = {r for r in get_args(Reduction) if (reduced(VECTORS, r) < 0).any()}
    assert negative == SIGNED
