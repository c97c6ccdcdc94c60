from __future__ import annotations

import json

import pytest
import torch
from torch import nn

from xaigeo.ensemble.architecture import (
    LAYER_OPTIONS,
    architecture_digest,
    build,
    describe,
    state_of,
    widest_output,
)
from xaigeo.errors import InputError

EXAMPLES = {
    nn.Linear: nn.Linear(2, 3, bias=False),
    nn.LeakyReLU: nn.LeakyReLU(0.3),
    nn.GELU: nn.GELU("tanh"),
    nn.ELU: nn.ELU(0.2),
    nn.Softplus: nn.Softplus(2.0, 7.0),
    nn.Dropout: nn.Dropout(0.3),
    nn.BatchNorm1d: nn.BatchNorm1d(3, eps=0.1, momentum=0.3, affine=False),
    nn.LayerNorm: nn.LayerNorm(3, eps=0.2, bias=False),
}


@pytest.mark.parametrize("kind", LAYER_OPTIONS)
def test_every_layer_is_built_from_its_description_as_it_was(kind):
    module = nn.Sequential(nn.Sequential(EXAMPLES.get(kind) or kind()))
    built = build(json.loads(json.dumps(describe(module))))
    assert repr(built) == repr(module)
    assert architecture_digest(built) == architecture_digest(module)
    assert describe(built) == describe(module)


def shared() -> nn.Module:
    layer = nn.Linear(2, 2)
    return nn.Sequential(layer, nn.ReLU(), layer)


def tied() -> nn.Module:
    module = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    module[1].weight = module[0].weight
    return module


def hooked() -> nn.Module:
    module = nn.Linear(2, 2)
    module.register_forward_hook(lambda *_: None)
    return module


class Doubled(nn.Linear):
    def forward(self, x):
        return 2 * super().forward(x)


@pytest.mark.parametrize(
    "module",
    [
        shared(),
        tied(),
        hooked(),
        Doubled(2, 2),
        nn.Sequential(nn.Linear(2, 2), nn.Conv1d(1, 1, 1)),
        nn.Flatten(0),
        nn.LayerNorm((2, 2)),
        nn.BatchNorm1d(2, track_running_stats=False),
        torch.nn.utils.parametrizations.weight_norm(nn.Linear(2, 2)),
    ],
)
def test_what_a_description_cannot_say_is_not_described(module):
    assert describe(module) is None


def test_unknown_layers_are_told():
    with pytest.raises(InputError, match=r"description of the layers .* got 'Conv9d'. Load with"):
        build({"kind": "Conv9d", "options": {}})


def test_the_digest_tells_architectures_apart_and_not_weights():
    assert architecture_digest(nn.Linear(2, 3)) == architecture_digest(nn.Linear(2, 3))
    for other in (nn.Linear(3, 2), nn.Linear(2, 3, bias=False), nn.Linear(2, 3).double()):
        assert architecture_digest(nn.Linear(2, 3)) != architecture_digest(other)


def test_state_holds_buffers_that_are_not_saved():
    module = nn.Linear(1, 1)
    module.register_buffer("hidden", torch.ones(2), persistent=False)
    assert set(state_of(module)) == {"weight", "bias", "hidden"}


def test_widest_output_looks_inside_and_leaves_the_module_as_it_was():
    module = nn.Sequential(nn.Linear(2, 40), nn.BatchNorm1d(40), nn.Linear(40, 1)).train()
    assert widest_output(module, torch.zeros(1, 2)) == 40
    assert module.training
    assert not module[0]._forward_hooks
    assert module[1].num_batches_tracked == 0
