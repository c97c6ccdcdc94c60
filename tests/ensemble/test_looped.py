from __future__ import annotations

import torch
from torch import nn

from xaigeo.ensemble.looped import LoopedNetwork


def test_modules_are_asked_in_turn():
    modules = (nn.Linear(2, 3), nn.Sequential(nn.Linear(2, 4), nn.Linear(4, 3)))
    network = LoopedNetwork(modules, width=4)
    x = torch.randn((2, 5, 2))
    assert network.n_members == 2
    assert network.modules() == list(modules)
    for place, module in enumerate(modules):
        torch.testing.assert_close(network.forward(x)[place], module(x[place]))
        torch.testing.assert_close(network.forward(x[0])[place], module(x[0]))
        torch.testing.assert_close(network.subset([place]).forward(x[0])[0], module(x[0]))
