from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from xaigeo.ensemble.input_backpropagation import InputBackpropagation
from xaigeo.ensemble.looped import LoopedNetwork
from xaigeo.ensemble.output_head import OutputHead
from xaigeo.ensemble.stacked import StackedNetwork

LAYERS = {
    "linear": lambda: [nn.Linear(4, 3)],
    "one hidden": lambda: [nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 3)],
    "no bias, three deep": lambda: [
        nn.Linear(4, 6, bias=False),
        nn.GELU(),
        nn.Dropout(0.3),
        nn.Linear(6, 5),
        nn.Softplus(),
        nn.Linear(5, 3),
    ],
    "normalised first": lambda: [nn.BatchNorm1d(4), nn.Linear(4, 6), nn.SiLU(), nn.Linear(6, 3)],
    "normalised twice": lambda: [
        nn.Linear(4, 6),
        nn.BatchNorm1d(6),
        nn.Tanh(),
        nn.BatchNorm1d(6, affine=False),
        nn.BatchNorm1d(6),
        nn.Linear(6, 3),
    ],
    "activation last": lambda: [nn.Linear(4, 6), nn.ELU(), nn.Linear(6, 3), nn.Sigmoid()],
    "two activations": lambda: [nn.Linear(4, 6), nn.LeakyReLU(), nn.Tanh(), nn.Linear(6, 3)],
    "nested": lambda: [nn.Sequential(nn.Linear(4, 6), nn.Identity()), nn.ReLU(), nn.Linear(6, 3)],
}
PLAIN = OutputHead("affine", 3, 3)


def networks(layers, n_seeds=4):
    modules = []
    for seed in range(n_seeds):
        torch.manual_seed(seed)
        module = nn.Sequential(*layers()).double()
        module.train()(torch.randn(30, 4, dtype=torch.float64))  # moves running statistics
        modules.append(module.eval().requires_grad_(False))
    return modules


@pytest.fixture
def points():
    return torch.randn((5, 4), dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def slopes(module, points):
    """Return d output / d input, (n_outputs, n_rows, d), one row and output at a time."""
    answer = np.empty((3, len(points), 4))
    for c, i in np.ndindex(3, len(points)):
        leaf = points[i : i + 1].clone().requires_grad_()
        answer[c, i] = torch.autograd.grad(module(leaf)[0, c], leaf)[0][0]
    return answer


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("part", [2**20, 100])
def test_gradients_equal_autograds(name, part, points, monkeypatch):
    monkeypatch.setattr("xaigeo.ensemble.input_backpropagation.PART", part)
    modules = networks(LAYERS[name])
    direct = InputBackpropagation.from_network(StackedNetwork.from_modules(modules))
    own = torch.stack([points + k for k in range(4)])
    shared, each = direct.gradients(points, PLAIN), direct.gradients(own, PLAIN)
    for place, module in enumerate(modules):
        assert shared[place].numpy() == pytest.approx(slopes(module, points), abs=1e-12)
        assert each[place].numpy() == pytest.approx(slopes(module, own[place]), abs=1e-12)


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("part", [2**20, 100])
def test_path_means_equal_a_loop(name, part, points, monkeypatch):
    monkeypatch.setattr("xaigeo.ensemble.input_backpropagation.PART", part)
    modules = networks(LAYERS[name])
    direct = InputBackpropagation.from_network(StackedNetwork.from_modules(modules))
    baseline, nodes, weights = points[:1] + 0.3, [0.1, 0.4, 0.9], [0.2, 0.5, 0.3]
    found = direct.path_means(points, baseline, PLAIN, nodes, weights)
    own = direct.path_means(
        points.expand(4, -1, -1), baseline.expand(4, -1, -1), PLAIN, nodes, weights
    )
    for place, module in enumerate(modules):
        expected = sum(
            w * slopes(module, baseline + a * (points - baseline))
            for a, w in zip(nodes, weights, strict=True)
        )
        assert found[place].numpy() == pytest.approx(expected, abs=1e-12)
        assert own[place].numpy() == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("name", LAYERS)
def test_multipliers_explain_every_difference(name, points):
    modules = networks(LAYERS[name])
    direct = InputBackpropagation.from_network(StackedNetwork.from_modules(modules))
    references = points[:2] * 0.5 + 0.1
    found = direct.multipliers(points, references, PLAIN, smallest=1e-10, at_reference=False)
    pairs = found.reshape(4, 3, 5, 2, 4)
    total = (pairs * (points[:, None] - references)).sum(dim=-1)
    for place, module in enumerate(modules):
        gap = module(points)[:, None] - module(references)
        assert total[place].movedim(0, -1).numpy() == pytest.approx(gap.numpy(), abs=1e-12)


@pytest.mark.parametrize("at_reference", [False, True])
def test_where_nothing_differs_multipliers_are_derivatives(points, at_reference):
    modules = networks(LAYERS["one hidden"])
    direct = InputBackpropagation.from_network(StackedNetwork.from_modules(modules))
    rule = {"smallest": 1e-10, "at_reference": at_reference}
    found = direct.multipliers(points[:1], points[:1], PLAIN, **rule)
    assert (found == direct.gradients(points[:1], PLAIN)).all()
    # Whose derivative it is shows where the differences count as none.
    other = points[:1] + 0.5
    rule["smallest"] = 1e6
    found = direct.multipliers(points[:1], other, PLAIN, **rule)
    place = other if at_reference else points[:1]
    assert found.numpy() == pytest.approx(direct.gradients(place, PLAIN).numpy())


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("part", [2**20, 100])
def test_replaced_inputs_give_the_outputs_of_replaced_rows(name, part, points, monkeypatch):
    monkeypatch.setattr("xaigeo.ensemble.input_backpropagation.PART", part)
    modules = networks(LAYERS[name])
    direct = InputBackpropagation.from_network(StackedNetwork.from_modules(modules))
    baseline = points[:1] - 0.7
    alone = torch.eye(4, dtype=torch.bool)[[2, 0, 3, 1]]
    mixed = torch.tensor([[1, 1, 0, 0], [0, 0, 0, 0], [1, 1, 1, 1]], dtype=torch.bool)
    for masks in (alone, mixed):
        found = direct.replaced(points, baseline, masks)
        rows = torch.where(masks, baseline, points[:, None])
        for place, module in enumerate(modules):
            expected = module(rows.flatten(0, 1)).reshape(found[place].shape)
            assert found[place].numpy() == pytest.approx(expected.numpy(), abs=1e-12)


@pytest.mark.parametrize(
    "layers",
    [
        lambda: [nn.Linear(4, 6), nn.LayerNorm(6), nn.Linear(6, 3)],
        lambda: [nn.Tanh(), nn.Linear(4, 3)],
        lambda: [nn.Linear(4, 3), nn.ReLU(), nn.BatchNorm1d(3)],
        lambda: [nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 3)],
        lambda: [nn.Dropout(0.5)],
    ],
)
def test_other_networks_are_left_to_autograd(layers):
    modules = [nn.Sequential(*layers()).double().eval() for _ in range(2)]
    network = StackedNetwork.from_modules(modules) if modules[0].state_dict() else None
    assert InputBackpropagation.from_network(network) is None
    assert InputBackpropagation.from_network(LoopedNetwork(tuple(modules), 6)) is None
