from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from xaigeo.ensemble import SeedEnsemble
from xaigeo.ensemble.module_trial import check_module, probe_rows
from xaigeo.errors import InputError
from xaigeo.schema import FeatureSchema


class Shown(nn.Module):
    """A linear layer, and a function in `forward` where no list of layers shows it."""

    def __init__(self, last, n_inputs: int = 2, n_outputs: int = 2) -> None:
        super().__init__()
        self.linear = nn.Linear(n_inputs, n_outputs)
        self.last = last

    def forward(self, x):
        return self.last(self.linear(x))


def softmax(z):
    return z.softmax(dim=-1)


def train(make_model, data, **options):
    return SeedEnsemble.train(make_model, *data, seeds=[0, 1], epochs=1, **options)


def test_probe_rows_are_rows_that_the_schema_knows(mixed):
    schema = FeatureSchema.from_data(mixed[0])
    rows = probe_rows(schema)
    lower, upper = np.transpose([(f.lower, f.upper) for f in schema.features])
    assert ((rows >= lower) & (rows <= upper)).all()
    assert set(rows[:, schema.index("island")]) == {0.0, 1.0, 2.0}
    assert len(np.unique(rows, axis=0)) == len(rows)


@pytest.mark.parametrize("n_outputs", [2, 3])
def test_a_softmax_in_forward_is_refused_where_logits_are_meant(n_outputs, plane):
    def make_model():
        return Shown(softmax, n_outputs=n_outputs)

    message = (
        rf"gives logits, got probabilities: on 16 rows its {n_outputs} outputs lie between 0 and "
        r"1 and sum to one. To train, return logits.* to wrap, pass gives='probability'"
    )
    with pytest.raises(InputError, match=message):
        train(make_model, (plane[0], np.arange(60) % n_outputs))
    modules = [make_model(), make_model()]
    with pytest.raises(InputError, match=message):
        SeedEnsemble.wrap(modules, schema=plane[0])
    wrapped = SeedEnsemble.wrap(modules, schema=plane[0], gives="probability")
    with torch.no_grad():
        own = modules[0](torch.as_tensor(plane[0], dtype=torch.float32))
    np.testing.assert_allclose(wrapped.predict_proba(plane[0])[0], own.numpy(), atol=1e-6)


@pytest.mark.parametrize("last", [torch.sigmoid, lambda z: z.log_softmax(dim=-1), torch.relu])
def test_outputs_that_only_resemble_probabilities_may_be_logits(last, plane):
    assert train(lambda: Shown(last), plane).n_outputs == 2


@pytest.mark.parametrize(
    ("last", "n_outputs", "arrived"),
    [
        (lambda z: 9 * z, 2, r"outputs from -\d.* to \d"),
        (lambda z: 1.01 + z.abs(), 1, r"outputs from 1\.\d+ to \d"),
        (lambda z: softmax(z) / 2, 3, r"rows that sum to 0.5 up to 0.5"),
    ],
)
def test_probabilities_must_be_such_where_they_are_told(last, n_outputs, arrived, plane):
    torch.manual_seed(0)
    modules = [Shown(last, n_outputs=n_outputs) for _ in range(2)]
    with pytest.raises(InputError, match=f"lie between 0 and 1 and sum to one.* got {arrived}"):
        SeedEnsemble.wrap(modules, schema=plane[0], gives="probability")


def test_regression_has_no_probabilities(plane):
    modules = [nn.Linear(2, 1), nn.Linear(2, 1)]
    with pytest.raises(InputError, match=r"gives='logit', its default, with task='regression'"):
        SeedEnsemble.wrap(modules, schema=plane[0], task="regression", gives="probability")


def fail(error):
    def last(z):
        raise error

    return last


@pytest.mark.parametrize(
    ("last", "told"),
    [
        (lambda z: z[:, 5], "IndexError: index 5 is out of bounds"),
        (fail(TypeError("takes two")), "TypeError: takes two"),
        (fail(ValueError("no such thing")), "ValueError: no such thing"),
        (lambda z: z @ z, "RuntimeError: mat1 and mat2 shapes"),
    ],
)
def test_whatever_forward_raises_is_told(last, told, plane):
    message = (
        rf"takes 2 inputs \(2 columns, 2 numbers.*got one that fails on them: {told}.*one tensor"
    )
    with pytest.raises(InputError, match=message):
        train(lambda: Shown(last), plane)
    with pytest.raises(InputError, match=message):
        SeedEnsemble.wrap([Shown(last)] * 2, schema=plane[0])


def test_a_row_must_have_an_answer_of_its_own(plane):
    def make_model():
        return nn.Sequential(nn.BatchNorm1d(2, track_running_stats=False), nn.Linear(2, 2))

    message = r"one that fails on a single row: ValueError: .*track_running_stats=True"
    with pytest.raises(InputError, match=message):
        train(make_model, plane)
    with pytest.raises(InputError, match=message):
        SeedEnsemble.wrap([make_model(), make_model()], schema=plane[0])


def test_trying_leaves_the_module_and_the_random_state_as_they_were(plane):
    schema = FeatureSchema.from_data(plane[0])
    module = nn.Sequential(nn.BatchNorm1d(2), nn.Dropout(), nn.Linear(2, 3)).train()
    before = torch.get_rng_state()
    inputs = torch.as_tensor(probe_rows(schema), dtype=torch.float32)
    assert check_module(module, inputs, schema, n_classes=3) == 3
    assert module.training
    assert module[0].num_batches_tracked == 0
    assert torch.equal(before, torch.get_rng_state())


def test_a_regression_gives_one_value_a_target(plane):
    schema = FeatureSchema.from_data(plane[0])
    inputs = torch.as_tensor(probe_rows(schema), dtype=torch.float32)
    assert check_module(nn.Linear(2, 3), inputs, schema, n_classes=None, n_targets=3) == 3
    with pytest.raises(InputError, match=r"gives shape \(n_rows, 2\): one value a target, got"):
        check_module(nn.Linear(2, 3), inputs, schema, n_classes=None, n_targets=2)
