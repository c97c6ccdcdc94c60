from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from torch import nn

import xaigeo as xg
from xaigeo.errors import InputError
from xaigeo.faithfulness.random_layers import RandomLayers
from xaigeo.faithfulness.random_weights import RandomWeights

SEEDS = (3, 5, 8)
ROW = np.zeros((1, 3))
ROWS = np.random.default_rng(0).normal(size=(20, 3))


class Backwards(nn.Module):
    """Registers its layers in another order than it runs them, and holds a weight of its own."""

    def __init__(self):
        super().__init__()
        self.last = nn.Linear(4, 2)
        self.first = nn.Linear(3, 4)
        self.unused = nn.Linear(2, 2)
        self.scale = nn.Parameter(torch.tensor([1.0, 2.0]))

    def forward(self, x):
        return self.last(torch.tanh(self.first(x))) * self.scale


class Fixed(nn.Module):
    """Learns nothing."""

    def __init__(self):
        super().__init__()
        self.factor = torch.rand(1).item()

    def forward(self, x):
        return self.factor * x


def deep():
    return nn.Sequential(
        nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 4), nn.LayerNorm(4),
        nn.ReLU(), nn.Linear(4, 2),
    )  # fmt: skip


def wrapped(make, **options):
    made = []
    with torch.random.fork_rng(devices=[]):
        for seed in SEEDS:
            torch.default_generator.manual_seed(seed)
            module = make()
            for part in module.modules():
                if isinstance(part, nn.BatchNorm1d):
                    nn.init.normal_(part.weight)
                    nn.init.normal_(part.running_mean)
            made.append(module)
    return xg.SeedEnsemble.wrap(made, seeds=SEEDS, schema=ROWS, **options)


def weights_of(ensemble, place):
    return {n: v.clone() for n, v in ensemble.members.modules[place].state_dict().items()}


def test_layers_from_the_output_down():
    weights = RandomWeights(wrapped(deep), ROW, 0)
    assert weights.layers == weights.labels == ["6", "4", "3", "1", "0"]
    assert weights.kinds == ["Linear", "LayerNorm", "Linear", "BatchNorm1d", "Linear"]
    assert weights.shuffled == []
    one = RandomWeights(wrapped(lambda: nn.Linear(3, 2)), ROW, 0)
    assert (one.layers, one.labels) == ([""], ["Linear"])


def test_layers_in_the_order_of_the_forward_pass():
    weights = RandomWeights(wrapped(Backwards), ROW, 0)
    assert weights.layers == ["", "last", "first", "unused"]
    assert weights.labels == ["Backwards", "last", "first", "unused"]
    assert weights.shuffled == ["Backwards"]


@pytest.mark.parametrize("make", [deep, Backwards])
def test_only_the_layers_named_change(make):
    ensemble = wrapped(make)
    before = [weights_of(ensemble, place) for place in range(3)]
    weights = RandomWeights(ensemble, ROW, 0)
    name = weights.layers[1]
    changed = weights.randomised([name], 0)
    for place in range(3):
        after = weights_of(changed, place)
        moved = {n for n in after if not torch.equal(after[n], before[place][n])}
        assert moved <= {f"{name}.weight", f"{name}.bias"}
        assert moved or isinstance(ensemble.members.modules[place][4], nn.LayerNorm)
        assert all(torch.equal(v, before[place][n]) for n, v in weights_of(ensemble, place).items())
    # The answers are those of the plain modules.
    for place, module in enumerate(changed.members.modules):
        with torch.no_grad():
            raw = module(torch.as_tensor(ROWS, dtype=torch.float32)).numpy()
        np.testing.assert_allclose(changed.logits(ROWS)[place], raw, atol=1e-5)


def test_weights_are_those_that_the_layers_draw_themselves():
    ensemble = wrapped(deep)
    weights = RandomWeights(ensemble, ROW, 7)
    changed = weights.randomised(["6", "1"], 2)
    for place, seed in enumerate(SEEDS):
        module = copy.deepcopy(ensemble.members.modules[place])
        for layer, name in ((0, "6"), (3, "1")):
            key = np.random.SeedSequence(7, spawn_key=(2, layer, seed)).generate_state(1)[0]
            with torch.random.fork_rng(devices=[]):
                torch.default_generator.manual_seed(int(key))
                module.get_submodule(name).reset_parameters()
        expected, found = module.state_dict(), weights_of(changed, place)
        assert all(torch.equal(value, found[name]) for name, value in expected.items())
        assert torch.equal(found["1.running_mean"], torch.zeros(4))
        assert torch.equal(found["1.weight"], torch.ones(4))


def test_a_layer_draws_the_same_with_others_or_alone_and_other_members_do_not_matter():
    ensemble = wrapped(deep)
    weights = RandomWeights(ensemble, ROW, 0)
    alone = weights.randomised(["3"], 1)
    all_of_them = weights.randomised(weights.layers, 1)
    another = weights.randomised(["3"], 2)
    few = RandomWeights(ensemble.select([8, 3]), ROW, 0).randomised(["3"], 1)
    own = weights_of(alone, 2)["3.weight"]
    assert torch.equal(own, weights_of(all_of_them, 2)["3.weight"])
    assert torch.equal(own, weights_of(few, 0)["3.weight"])
    assert not torch.equal(own, weights_of(another, 2)["3.weight"])
    assert not torch.equal(own, weights_of(alone, 1)["3.weight"])


def test_layers_without_a_way_to_initialise_are_shuffled():
    ensemble = wrapped(Backwards)
    weights = RandomWeights(ensemble, ROW, 0)
    found = [
        weights_of(weights.randomised([""], repeat), 0)["scale"].tolist() for repeat in range(12)
    ]
    assert {tuple(scale) for scale in found} == {(1.0, 2.0), (2.0, 1.0)}


def test_torchs_random_state_is_left_alone():
    ensemble = wrapped(Backwards)
    torch.manual_seed(5)
    before = torch.get_rng_state()
    weights = RandomWeights(ensemble, ROW, 0)
    weights.randomised(weights.layers, 0)
    assert torch.equal(torch.get_rng_state(), before)


def test_kind_precision_and_target_scale_stay():
    rng = np.random.default_rng(1)
    y = 1000 + 300 * ROWS[:, 0] + rng.normal(size=20)
    for engine in ("stacked", "functional"):
        trained = xg.SeedEnsemble.train(
            lambda n_inputs, n_outputs: nn.Linear(n_inputs, n_outputs), ROWS, y, seeds=(0, 1),
            epochs=1, engine=engine, dtype="float64",
        )  # fmt: skip
        changed = RandomWeights(trained, ROW, 0).randomised([""], 0)
        assert changed.members.network.engine == engine
        assert changed.members.dtype == torch.float64
        raw = changed.members.modules[1](changed.members.inputs(ROWS)).numpy()
        expected = raw[:, 0] * trained.members.target_scale + trained.members.target_location
        np.testing.assert_allclose(changed.predict(ROWS)[1], expected)
    assert wrapped(Backwards).members.network.engine == "looped"


def test_steps_of_both_modes():
    ensemble = wrapped(deep)
    down = RandomLayers.of(ensemble, ROW, 0, mode="cascading")
    assert down.names == ["6", "4", "3", "1", "0", "all"]
    assert down.layers == [["6", "4", "3", "1", "0"][: n + 1] for n in range(5)]
    alone = RandomLayers.of(ensemble, ROW, 0, mode="independent")
    assert alone.layers == [["6"], ["4"], ["3"], ["1"], ["0"], ["6", "4", "3", "1", "0"]]
    single = RandomLayers.of(wrapped(lambda: nn.Linear(3, 2)), ROW, 0, mode="independent")
    assert (single.names, single.layers) == (["Linear", "all"], [[""]])
    assert down.described == {
        "layers": dict(zip(down.weights.labels, down.weights.kinds, strict=True)),
        "shuffled": [],
    }


def test_networks_without_weights_are_refused():
    with pytest.raises(InputError, match="networks with weights in their layers"):
        RandomWeights(wrapped(Fixed), ROW, 0)
