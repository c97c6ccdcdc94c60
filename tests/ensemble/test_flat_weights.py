from __future__ import annotations

import torch
from torch import nn

from xaigeo.ensemble.flat_weights import FlatWeights
from xaigeo.ensemble.stacked import StackedNetwork


def networks() -> tuple[list[nn.Module], FlatWeights]:
    torch.manual_seed(0)
    modules = [nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3)) for _ in range(4)]
    names = [name for name, _ in modules[0].named_parameters()]
    return modules, FlatWeights(StackedNetwork.from_modules(modules), names)


def test_rows_hold_each_modules_parameters_in_order():
    modules, weights = networks()
    for row, module in zip(weights.values, modules, strict=True):
        expected = torch.cat([p.detach().reshape(-1) for p in module.parameters()])
        assert torch.equal(row, expected)
    assert set(weights.fixed) == {"1.running_mean", "1.running_var", "1.num_batches_tracked"}


def test_changing_values_changes_outputs_and_not_the_network_given():
    modules, weights = networks()
    x = torch.randn((5, 2))
    before = weights.outputs(x)
    weights.values += 1.0
    assert not torch.allclose(weights.outputs(x), before)
    torch.testing.assert_close(weights.network.forward(x), before)
    for place, module in enumerate(modules):
        torch.testing.assert_close(before[place], module.eval()(x).detach())


def test_keep_goes_on_with_these_seeds():
    _, weights = networks()
    x = torch.randn((5, 2))
    expected = weights.outputs(x)[[3, 1]]
    weights.keep([3, 1])
    torch.testing.assert_close(weights.outputs(x), expected)
    state = weights.state(weights.values)
    assert state["0.weight"].shape == (2, 3, 2)
    assert state["0.weight"].is_contiguous()
