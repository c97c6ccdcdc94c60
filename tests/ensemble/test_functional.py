from __future__ import annotations

import pickle

import pytest
import torch
from torch import nn

from xaigeo.ensemble.architecture import state_of
from xaigeo.ensemble.dropout import DropoutNoise
from xaigeo.ensemble.functional import FunctionalNetwork
from xaigeo.ensemble.stacked import StackedNetwork


class Residual(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(3, 3)
        self.drop = nn.Dropout(0.5)
        self.norm = nn.BatchNorm1d(3)
        self.last = nn.Linear(3, 2)

    def forward(self, x):
        return self.last(self.drop(self.norm(x + self.drop(torch.relu(self.first(x))))))


@pytest.fixture
def modules() -> list[nn.Module]:
    torch.manual_seed(0)
    return [Residual().double() for _ in range(3)]


@pytest.fixture
def inputs() -> torch.Tensor:
    return torch.randn((3, 6, 3), dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def test_evaluation_equals_each_module_alone(modules, inputs):
    network = FunctionalNetwork.from_modules(modules, width=3)
    with torch.no_grad():
        expected = torch.stack([m.eval()(x) for m, x in zip(modules, inputs, strict=True)])
        torch.testing.assert_close(network.forward(inputs), expected)
        shared = torch.stack([m(inputs[0]) for m in modules])
        torch.testing.assert_close(network.forward(inputs[0]), shared)


def test_training_mode_draws_the_masks_of_a_plain_module(modules, inputs):
    network = FunctionalNetwork.from_modules(modules, width=3)
    state = {name: value.clone() for name, value in network.state.items()}
    noise = DropoutNoise([5, 6, 7])
    with torch.no_grad():
        together = [network.run(state, inputs, noise) for _ in range(2)]
    for place, (module, seed) in enumerate(zip(modules, (5, 6, 7), strict=True)):
        torch.manual_seed(seed)
        module.train()
        with torch.no_grad():
            for outputs in together:
                torch.testing.assert_close(outputs[place], module(inputs[place]))
        for name, value in state_of(module).items():
            torch.testing.assert_close(state[name][place], value)


def test_subset_and_modules_are_these_places(modules, inputs):
    network = FunctionalNetwork.from_modules(modules, width=3)
    with torch.no_grad():
        expected = network.forward(inputs[0])[[2, 0]]
        torch.testing.assert_close(network.subset([2, 0]).forward(inputs[0]), expected)
        alone = torch.stack([m(inputs[0]) for m in network.subset([2, 0]).modules()])
    torch.testing.assert_close(alone, expected)


def test_a_network_that_has_answered_can_be_sent_to_a_worker(modules, inputs):
    network = FunctionalNetwork.from_modules(modules, width=3)
    expected = network.forward(inputs)
    again = pickle.loads(pickle.dumps(network))
    torch.testing.assert_close(again.forward(inputs), expected)


def test_both_engines_give_the_same_outputs_and_gradients(inputs):
    torch.manual_seed(0)
    modules = [
        nn.Sequential(nn.Linear(3, 4), nn.ELU(), nn.LayerNorm(4), nn.Linear(4, 2)).double()
        for _ in range(3)
    ]
    answers = []
    for network in (
        StackedNetwork.from_modules(modules),
        FunctionalNetwork.from_modules(modules, width=4),
    ):
        x = inputs.clone().requires_grad_()
        outputs = network.forward(x)
        answers.append((outputs, torch.autograd.grad(outputs.square().sum(), x)[0]))
    torch.testing.assert_close(answers[0], answers[1])
