"""Batch-normalisation statistics under given weights against torch's own pass, seed by seed."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.optim.swa_utils import update_bn

from xaigeo.ensemble.dropout import DropoutNoise
from xaigeo.ensemble.functional import FunctionalNetwork
from xaigeo.ensemble.recomputed_statistics import batch_norms, recomputed_statistics
from xaigeo.ensemble.stacked import StackedNetwork

SEEDS = (5, 8)


def make_model(momentum: float | None = 0.1) -> nn.Module:
    return nn.Sequential(
        nn.Linear(3, 4),
        nn.BatchNorm1d(4, momentum=momentum),
        nn.Dropout(0.4),
        nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4, affine=False)),
    )


def modules(**options: float | None) -> list[nn.Module]:
    made = []
    for seed in SEEDS:
        torch.manual_seed(seed)
        made.append(make_model(**options).double())
    return made


def batches() -> list[torch.Tensor]:
    rows = torch.Generator().manual_seed(0)
    return [torch.randn(2, n, 3, generator=rows, dtype=torch.float64) * 3 for n in (9, 9, 4)]


@pytest.mark.parametrize(
    ("engine", "momentum"),
    [("stacked", 0.1), ("stacked", None), ("stacked", 0.0), ("functional", 0.1)],
)
def test_statistics_are_those_of_update_bn(engine, momentum):
    made = modules(momentum=momentum)
    if engine == "stacked":
        network = StackedNetwork.from_modules(made)
    else:
        network = FunctionalNetwork.from_modules(made, width=4)
    before = {name: value.clone() for name, value in network.state.items()}
    found = recomputed_statistics(network, network.state, batches(), DropoutNoise(SEEDS))
    assert all(torch.equal(network.state[name], value) for name, value in before.items())
    for place, (seed, module) in enumerate(zip(SEEDS, made, strict=True)):
        torch.manual_seed(seed)
        update_bn([x[place] for x in batches()], module)
        expected = dict(module.named_buffers())
        assert set(found) == set(expected)
        for name, value in expected.items():
            assert (found[name][place] - value).abs().max() <= 1e-12


def test_networks_without_running_statistics_cost_no_pass():
    def never():
        raise RuntimeError("a pass over the rows")
        yield

    made = [nn.Sequential(nn.Linear(3, 4), nn.LayerNorm(4)) for _ in SEEDS]
    network = StackedNetwork.from_modules(made)
    assert recomputed_statistics(network, network.state, never(), DropoutNoise(SEEDS)) == {}
    assert batch_norms(nn.BatchNorm1d(3, track_running_stats=False)) == []
    assert batch_norms(nn.BatchNorm1d(3)) == [""]


class Frozen(nn.Module):
    """Holds its normalisation in evaluation mode, as one does with a layer trained elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.layer, self.norm = nn.Linear(3, 3), nn.BatchNorm1d(3)
        self.norm.running_mean.fill_(0.5)

    def train(self, mode: bool = True) -> Frozen:
        super().train(mode)
        self.norm.eval()
        return self

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.norm(self.layer(x))


def test_a_layer_held_in_evaluation_mode_keeps_its_statistics():
    network = FunctionalNetwork.from_modules([Frozen().double() for _ in SEEDS], width=3)
    assert batch_norms(network.template) == ["norm."]
    assert recomputed_statistics(network, network.state, batches(), DropoutNoise(SEEDS)) == {}
