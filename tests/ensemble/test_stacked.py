from __future__ import annotations

import pytest
import torch
from torch import nn

from xaigeo.ensemble.stacked import StackedNetwork

LAYERS = [
    nn.ReLU,
    lambda: nn.LeakyReLU(0.3),
    nn.Tanh,
    nn.Sigmoid,
    nn.GELU,
    lambda: nn.GELU("tanh"),
    lambda: nn.ELU(0.5),
    nn.SiLU,
    lambda: nn.Softplus(3.0, 5.0),
    lambda: nn.Dropout(0.5),
    lambda: nn.BatchNorm1d(4),
    lambda: nn.BatchNorm1d(4, affine=False),
    lambda: nn.LayerNorm(4),
    lambda: nn.LayerNorm(4, elementwise_affine=False),
    nn.Identity,
    nn.Flatten,
    lambda: nn.Linear(4, 4, bias=False),
    lambda: nn.Sequential(nn.Linear(4, 4), nn.Sequential(nn.ReLU())),
]


def modules_with(layer) -> list[nn.Module]:
    torch.manual_seed(0)
    made = []
    for _ in range(3):
        module = nn.Sequential(nn.Linear(2, 4), layer(), nn.Linear(4, 2)).double()
        for part in module.modules():
            if isinstance(part, nn.BatchNorm1d):
                nn.init.normal_(part.running_mean)
                nn.init.uniform_(part.running_var, 0.5, 2.0)
        made.append(module.eval())
    return made


@pytest.mark.parametrize("layer", LAYERS)
def test_each_layer_equals_the_plain_modules(layer):
    modules = modules_with(layer)
    network = StackedNetwork.from_modules(modules)
    x = torch.randn((3, 5, 2), dtype=torch.float64)
    with torch.no_grad():
        expected = torch.stack([module(part) for module, part in zip(modules, x, strict=True)])
        torch.testing.assert_close(network.forward(x), expected)
        shared = torch.stack([module(x[0]) for module in modules])
        torch.testing.assert_close(network.forward(x[0]), shared)
        again = torch.stack([module(x[0]) for module in network.modules()])
        torch.testing.assert_close(again, shared)
        torch.testing.assert_close(network.subset([2]).forward(x[0])[0], shared[2])


def test_width_is_the_widest_layer():
    assert StackedNetwork.from_modules([nn.Sequential(nn.Linear(2, 9), nn.Linear(9, 1))]).width == 9


def test_modules_that_differ_in_options_are_not_stacked():
    assert StackedNetwork.from_modules([nn.LeakyReLU(0.1), nn.LeakyReLU(0.2)]) is None


def test_a_lone_layer_is_a_network():
    module = nn.Linear(2, 3)
    network = StackedNetwork.from_modules([module])
    x = torch.randn((4, 2))
    torch.testing.assert_close(network.forward(x)[0], module(x))


def test_modules_without_weights_are_not_stacked():
    assert StackedNetwork.from_modules([nn.Sequential(nn.ReLU()), nn.Sequential(nn.ReLU())]) is None
