from __future__ import annotations

import pytest
import torch
from torch import nn

from xaigeo.ensemble.backpropagation import BACKWARD, KNOWN
from xaigeo.ensemble.dropout import DropoutNoise
from xaigeo.ensemble.flat_weights import FlatWeights
from xaigeo.ensemble.stacked import ACTIVATIONS, StackedNetwork

CASES = [
    *[lambda n=name: getattr(nn, n)() for name in sorted(BACKWARD)],
    lambda: nn.LeakyReLU(0.3),
    lambda: nn.GELU("tanh"),
    lambda: nn.ELU(0.4),
    lambda: nn.Softplus(3.0, 2.0),
    lambda: nn.Dropout(0.4),
    nn.Identity,
    lambda: nn.Linear(4, 4, bias=False),
    lambda: nn.Linear(4, 4),
]


def test_every_stacked_activation_has_a_backward_pass():
    assert set(BACKWARD) == set(ACTIVATIONS)


@pytest.mark.parametrize("n_outputs", [1, 2])
@pytest.mark.parametrize("layer", CASES)
def test_gradients_by_hand_equal_autograds(layer, n_outputs):
    torch.manual_seed(0)
    modules = [
        nn.Sequential(nn.Identity(), nn.Linear(3, 4), layer(), nn.Linear(4, n_outputs)).double()
        for _ in range(2)
    ]
    network = StackedNetwork.from_modules(modules)
    assert {spec["kind"] for _, spec in network.layers} <= KNOWN
    names = [name for name, _ in modules[0].named_parameters()]
    x = torch.randn((2, 6, 3), dtype=torch.float64)
    by_hand = FlatWeights(network, names).gradient(x, torch.cos, DropoutNoise([1, 2]))
    graph = FlatWeights(network, names)
    graph.__dict__["_by_hand"] = None  # take the other path
    torch.testing.assert_close(by_hand, graph.gradient(x, torch.cos, DropoutNoise([1, 2])))
    assert by_hand.abs().sum() > 0
