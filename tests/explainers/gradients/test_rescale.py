from __future__ import annotations

import pytest
import torch
from torch import nn

from xaigeo.explainers.gradients.rescale import ELEMENTWISE, activations_of, rescale_multipliers


@pytest.fixture
def pairs():
    generator = torch.Generator().manual_seed(0)
    return torch.randn((2, 5, 4), dtype=torch.float64, generator=generator)


@pytest.mark.parametrize("kind", ELEMENTWISE)
def test_differences_are_explained_whatever_the_activation(kind, pairs):
    torch.manual_seed(1)
    module = nn.Sequential(nn.Linear(4, 6), kind(), nn.Linear(6, 2)).double()
    found = rescale_multipliers(module, *pairs, smallest=1e-10, at_reference=False)
    total = (found.multipliers * (pairs[0] - pairs[1])).sum(dim=-1).T
    gap = module(pairs[0]) - module(pairs[1])
    assert total.numpy() == pytest.approx(gap.detach().numpy(), abs=1e-12)
    assert (found.raw - found.other_raw).numpy() == pytest.approx(gap.detach().numpy())


class Reused(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(4, 4).double(), nn.Linear(4, 1).double()
        self.act = nn.ReLU(inplace=True)

    def forward(self, x):
        return self.second(self.act(self.first(self.act(self.first(x)))))


def test_a_module_may_be_used_twice_and_in_place(pairs):
    torch.manual_seed(2)
    module = Reused()
    found = rescale_multipliers(module, *pairs, smallest=1e-10, at_reference=False)
    total = (found.multipliers * (pairs[0] - pairs[1])).sum(dim=-1)[0]
    gap = (module(pairs[0]) - module(pairs[1]))[:, 0].detach()
    assert total.numpy() == pytest.approx(gap.numpy(), abs=1e-12)


@pytest.mark.parametrize("at_reference", [False, True])
def test_alike_inputs_pass_the_derivative(pairs, at_reference):
    module = nn.Sequential(nn.Tanh(), nn.Linear(4, 1)).double()
    found = rescale_multipliers(module, *pairs, smallest=1e6, at_reference=at_reference)
    place = pairs[1 if at_reference else 0]
    expected = (1 - torch.tanh(place) ** 2) * module[1].weight
    assert found.multipliers[0].numpy() == pytest.approx(expected.detach().numpy())


def test_hooks_are_taken_off(pairs):
    module = nn.Sequential(nn.Linear(4, 2), nn.ReLU(), nn.Linear(2, 1)).double()
    before = module(pairs[0])
    rescale_multipliers(module, *pairs, smallest=1e-10, at_reference=False)
    assert (module(pairs[0]) == before).all()
    assert not module[1]._forward_hooks
    assert activations_of(module) == [module[1]]
