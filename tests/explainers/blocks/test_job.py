"""An instance's numbers depend neither on its place nor on the instances beside it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import xaigeo as xg
from xaigeo.ensemble.seed_ensemble import SeedEnsemble

METHODS = {
    "lime": {"n_samples": 40},
    "kernel_shap": {"n_samples": 10},
    "permutation_shap": {"n_permutations": 2},
    "sampling_shap": {"n_samples": 30, "min_samples": 4},
    "expected_gradients": {"n_samples": 10},
    "smooth_grad": {"n_samples": 5},
    "anchors": {
        "n_samples": 100,
        "n_search": 150,
        "threshold": 0.8,
        "n_checks": 3,
        "n_cross": 20,
    },
}
# A forward pass over other rows beside an instance's own rounds its answer otherwise.
FUSED = ("expected_gradients", "smooth_grad")
N_ROWS = 12  # more than two blocks of five
CLASSES = ("no", "yes")


@pytest.fixture(scope="module")
def numbers():
    values = np.random.default_rng(0).normal(size=(40, 4))
    return pd.DataFrame(values, columns=list("abcd"))


@pytest.fixture(scope="module")
def networks(numbers):
    import torch
    from torch import nn

    modules = []
    for seed in range(2):
        torch.manual_seed(seed)
        modules.append(nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 2)).double().eval())
    return SeedEnsemble.wrap(
        modules, schema=numbers, classes=CLASSES, preprocess=torch.nn.Identity()
    )


@pytest.fixture(scope="module", params=METHODS)
def ask(request, networks, numbers):
    """Return a function that explains some rows, labelled by their places in the question."""

    def ask(places):
        return xg.explain(
            networks,
            numbers.iloc[list(places)].reset_index(drop=True),
            request.param,
            background=numbers.iloc[20:],
            random_state=2,
            **METHODS[request.param],
        )

    return ask


@pytest.fixture(scope="module")
def whole(ask):
    return ask(range(N_ROWS))


@settings(max_examples=4, deadline=None)
@given(places=st.lists(st.integers(0, N_ROWS - 1), min_size=1, max_size=8))
def test_parts_orders_and_repeats_of_the_instances_get_their_own_numbers(ask, whole, places):
    found = ask(places)
    for name, array in found.data.items():
        if "instance" not in array.dims:
            continue
        expected = whole.data[name].isel(instance=places)
        # The searches of some instances may all be shorter than those of others.
        for length in set(array.dims) & {"rule", "step", "term"}:
            expected = expected.isel({length: slice(array.sizes[length])})
        fused = name == "prediction" or found.method in FUSED
        atol = 1e-12 if fused and array.dtype.kind == "f" else 0
        np.testing.assert_allclose(array, expected, rtol=0, atol=atol, err_msg=str(name))
