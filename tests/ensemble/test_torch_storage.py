from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from xaigeo.ensemble import SeedEnsemble
from xaigeo.ensemble.torch_storage import WEIGHTS, read_torch, write_torch
from xaigeo.errors import InputError, StoreError


class Scaled(nn.Module):
    def __init__(self, n_inputs: int = 2, n_outputs: int = 2) -> None:
        super().__init__()
        self.linear = nn.Linear(n_inputs, n_outputs)

    def forward(self, x):
        return {"logits": 3 * self.linear(x)}


def written(ensemble, folder):
    """Write the members and return the manifest that reading needs, as JSON brings it back."""
    described = write_torch(ensemble.members, folder)
    manifest = {"members": described, "seeds": list(ensemble.seeds), "task": ensemble.task}
    return json.loads(json.dumps(manifest))


def read_back(ensemble, folder, make_model=None):
    return read_torch(folder, written(ensemble, folder), ensemble.schema, make_model)


def test_weights_are_stacked_by_name(plane, tmp_path):
    modules = [nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 2)) for _ in range(4)]
    ensemble = SeedEnsemble.wrap(modules, schema=plane[0])
    written(ensemble, tmp_path)
    state = load_file(tmp_path / WEIGHTS)
    assert {name: tuple(value.shape) for name, value in state.items()} == {
        "0.weight": (4, 3, 2),
        "0.bias": (4, 3),
        "2.weight": (4, 2, 3),
        "2.bias": (4, 2),
    }
    assert torch.equal(state["2.weight"][3], modules[3][2].weight)


@pytest.mark.parametrize("engine", ["stacked", "functional"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_members_come_back_to_the_bit_with_their_engine(engine, dtype, plane, tmp_path):
    X, y = plane
    ensemble = SeedEnsemble.train(
        nn.Linear, X, y, seeds=[4, 2], epochs=2, engine=engine, dtype=dtype
    )
    members = read_back(ensemble, tmp_path, nn.Linear)
    assert members.network.engine == engine
    assert str(members.dtype) == f"torch.{dtype}"
    np.testing.assert_array_equal(members.values(X, "logit"), ensemble.logits(X))


def test_the_way_an_output_was_read_comes_back(plane, tmp_path):
    X, _ = plane
    ensemble = SeedEnsemble.wrap([Scaled(), Scaled()], schema=X, output="logits")
    members = read_back(ensemble, tmp_path, Scaled)
    assert members.network.engine == "looped"
    np.testing.assert_array_equal(members.values(X, "logit"), ensemble.logits(X))


def test_other_layers_need_their_factory(plane, tmp_path):
    ensemble = SeedEnsemble.wrap([Scaled(), Scaled()], schema=plane[0], output="logits")
    with pytest.raises(InputError, match=r"make_model for modules of other than the common layers"):
        read_back(ensemble, tmp_path)
    wrong = lambda: Scaled(2, 5)  # noqa: E731
    with pytest.raises(StoreError, match=r"2 tensors\), got another one, different in linear.bias"):
        read_back(ensemble, tmp_path, wrong)


@pytest.mark.filterwarnings("ignore:All . models answer alike")
@pytest.mark.parametrize(
    ("modules", "options", "message"),
    [
        (
            [nn.Linear(2, 2)] * 2,
            {"preprocess": lambda rows: rows},
            "got a preprocessor that is code",
        ),
        (
            [Scaled()] * 2,
            {"output": lambda answer: answer["logits"]},
            "or a place to save, got a f",
        ),
        ([nn.Linear(2, 2), nn.Sequential(nn.Linear(2, 2))], {}, "got several architectures"),
    ],
)
def test_what_cannot_be_written_is_told(modules, options, message, plane, tmp_path):
    ensemble = SeedEnsemble.wrap(modules, schema=plane[0], **options)
    with pytest.raises(InputError, match=message):
        write_torch(ensemble.members, tmp_path)
    assert not list(tmp_path.iterdir())
