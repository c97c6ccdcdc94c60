from __future__ import annotations

import functools

import pytest
import torch
from torch import nn

from xaigeo.ensemble.factory import build_modules
from xaigeo.errors import InputError


def build(make_model, init_seeds=(1, 2)):
    return build_modules(
        make_model, init_seeds, n_inputs=3, n_outputs=2, dtype="float32", seeds=init_seeds
    )


def make_linear(n_inputs: int, n_outputs: int) -> nn.Module:
    return nn.Linear(n_inputs, n_outputs)


class Model(nn.Linear):
    def __init__(self, n_inputs: int, n_outputs: int) -> None:
        super().__init__(n_inputs, n_outputs)


@pytest.mark.parametrize(
    "make_model",
    [
        make_linear,
        Model,
        nn.Linear,  # (in_features, out_features, ...) by place
        lambda: nn.Linear(3, 2),
        lambda n_outputs: nn.Linear(3, n_outputs),
        functools.partial(make_linear, n_outputs=2),
        lambda *, n_inputs, n_outputs=2: nn.Linear(n_inputs, n_outputs),
    ],
)
def test_sizes_go_to_the_parameters_that_ask_for_them(make_model):
    for module in build(make_model):
        assert module.weight.shape == (2, 3)


def test_initial_weights_are_those_after_manual_seed():
    for module, seed in zip(build(make_linear), (1, 2), strict=True):
        torch.manual_seed(seed)
        assert torch.equal(module.weight, nn.Linear(3, 2).weight)


def test_the_callers_random_state_is_left_alone():
    before = torch.get_rng_state()
    build(make_linear)
    assert torch.equal(before, torch.get_rng_state())


def test_one_module_for_all_seeds_is_refused():
    module = nn.Linear(3, 2)
    message = "a new module on every call, got the same Linear object again. Construct the module"
    with pytest.raises(InputError, match=message):
        build(lambda: module)
