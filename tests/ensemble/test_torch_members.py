from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from xaigeo.ensemble import SeedEnsemble
from xaigeo.ensemble.members import Members, MixingMembers, OwnRowMembers
from xaigeo.errors import InputError


def network(n_inputs: int, n_outputs: int) -> nn.Module:
    return nn.Sequential(nn.Linear(n_inputs, 8), nn.ReLU(), nn.Linear(8, n_outputs))


def one_logit(n_inputs: int, n_outputs: int) -> nn.Module:
    return network(n_inputs, 1)


@pytest.fixture
def three(mixed):
    return SeedEnsemble.train(network, *mixed, seeds=range(4), epochs=3, dtype="float64")


@pytest.fixture
def single(plane):
    return SeedEnsemble.train(one_logit, *plane, seeds=range(4), epochs=3, dtype="float64")


def test_members_follow_the_protocol(three):
    assert isinstance(three.members, Members)
    assert three.members.kind == "torch"
    assert three.members.has_logits


def test_values_are_softmax_of_each_module_on_its_inputs(three, mixed):
    rows = three.schema.encode(mixed[0])
    inputs = three.members.inputs(rows)
    for place, module in enumerate(three.members.modules):
        raw = module(inputs)
        logits = three.members.values(rows, "logit")[place]
        np.testing.assert_allclose(logits, raw.numpy(), atol=1e-12)
        shares = torch.softmax(raw, dim=1).numpy()
        np.testing.assert_allclose(three.members.values(rows, "probability")[place], shares)
        np.testing.assert_allclose(
            three.members.member_values(place, rows, "probability"), shares, atol=1e-12
        )


def test_a_single_logit_is_reported_as_two_of_opposite_sign(single, plane):
    rows = plane[0]
    z = np.stack([m(single.members.inputs(rows)).numpy()[:, 0] for m in single.members.modules])
    np.testing.assert_allclose(single.logits(rows), np.stack([-z, z], axis=-1), atol=1e-12)
    sigma = 1 / (1 + np.exp(-z))
    np.testing.assert_allclose(single.predict_proba(rows)[..., 1], sigma, atol=1e-12)
    np.testing.assert_allclose(single.predict_proba(rows).sum(axis=-1), 1.0)


def test_regression_values_are_in_the_targets_units(plane):
    X, _ = plane
    y = 1000.0 + 50.0 * X[:, 0]
    ensemble = SeedEnsemble.train(network, X, y, seeds=range(3), epochs=60, dtype="float64")
    assert ensemble.members.target_scale == pytest.approx(50, rel=0.4)
    values = ensemble.predict(X)
    assert np.abs(values - y).mean() < 20
    raw = ensemble.members.modules[1](ensemble.members.inputs(X)).numpy()[:, 0]
    again = raw * ensemble.members.target_scale + ensemble.members.target_location
    np.testing.assert_allclose(values[1], again, atol=1e-9)


@pytest.mark.parametrize("scale", ["logit", "probability"])
@pytest.mark.parametrize("name", ["three", "single"])
def test_forward_inputs_gives_values_and_gradients(name, scale, request, mixed, plane):
    ensemble = request.getfixturevalue(name)
    rows = ensemble.schema.encode(mixed[0] if name == "three" else plane[0])[:5]
    members = ensemble.members
    inputs = members.inputs(rows).requires_grad_()
    outputs = members.forward_inputs(inputs, scale)
    np.testing.assert_allclose(outputs.detach().numpy(), members.values(rows, scale), atol=1e-12)
    (gradient,) = torch.autograd.grad(outputs[2, :, 1].sum(), inputs)
    module = members.output_module(2, scale)
    alone = inputs.detach().clone().requires_grad_()
    (expected,) = torch.autograd.grad(module(alone)[:, 1].sum(), alone)
    torch.testing.assert_close(gradient, expected)
    assert gradient.abs().sum() > 0


def test_each_member_may_have_inputs_of_its_own(three, mixed):
    rows = three.schema.encode(mixed[0])
    inputs = torch.stack([three.members.inputs(rows[k : k + 6]) for k in range(4)])
    outputs = three.members.forward_inputs(inputs, "logit")
    for k in range(4):
        expected = three.members.modules[k](inputs[k])
        torch.testing.assert_close(outputs[k], expected)


def test_probabilities_from_logits_match_the_probability_scale(three, single, mixed, plane):
    for ensemble, X in ((three, mixed[0]), (single, plane[0])):
        inputs = ensemble.members.inputs(ensemble.schema.encode(X))
        logits = ensemble.members.forward_inputs(inputs, "logit")
        torch.testing.assert_close(
            ensemble.members.probabilities_from_logits(logits),
            ensemble.members.forward_inputs(inputs, "probability"),
        )


def test_chunks_of_rows_give_the_same_values(three, mixed, monkeypatch):
    rows = three.schema.encode(mixed[0])
    whole = three.members.values(rows, "probability")
    monkeypatch.setattr("xaigeo.ensemble.torch_members.MEMORY_LIMIT", 4 * 8 * 8 * 7)
    seen = []
    inputs = type(three.members).inputs
    monkeypatch.setattr(
        type(three.members),
        "inputs",
        lambda self, part: seen.append(len(part)) or inputs(self, part),
    )
    np.testing.assert_allclose(three.members.values(rows, "probability"), whole, atol=1e-12)
    assert max(seen) == 7
    assert sum(seen) == len(rows)


def test_subset_keeps_the_members_at_these_places(three, mixed):
    rows = three.schema.encode(mixed[0])
    values = three.members.subset([3, 0]).values(rows, "logit")
    np.testing.assert_allclose(values, three.members.values(rows, "logit")[[3, 0]], atol=1e-12)


def test_dropout_is_off_when_predicting(mixed):
    def make_model(n_inputs: int, n_outputs: int) -> nn.Module:
        return nn.Sequential(nn.Dropout(0.5), nn.Linear(n_inputs, n_outputs))

    ensemble = SeedEnsemble.train(make_model, *mixed, seeds=range(2), epochs=1)
    np.testing.assert_array_equal(
        ensemble.predict_proba(mixed[0]), ensemble.predict_proba(mixed[0])
    )


def test_outputs_that_are_not_finite_name_the_model(single, plane):
    single.members.network.state["0.weight"][2] = np.nan
    with pytest.raises(InputError, match=r"NaN or infinite outputs from the model at place 2"):
        single.predict_proba(plane[0])


@pytest.mark.parametrize("scale", ["logit", "probability"])
@pytest.mark.parametrize("name", ["three", "single"])
def test_mixture_means_are_means_over_mixed_rows(name, scale, request, mixed, plane):
    ensemble = request.getfixturevalue(name)
    rows = ensemble.schema.encode(mixed[0] if name == "three" else plane[0])
    masks = np.random.default_rng(0).random((9, rows.shape[1])) < 0.5
    means = ensemble.members.mixture_means(rows[0], rows[5:25], masks, scale)
    for mask, found in zip(masks, np.moveaxis(means, 1, 0), strict=True):
        mixed_rows = np.where(mask, rows[0], rows[5:25])
        expected = ensemble.members.values(mixed_rows, scale).mean(axis=1)
        np.testing.assert_allclose(found, expected, atol=1e-12)


def test_mixture_means_decline_what_they_cannot_do(three, mixed, monkeypatch):
    rows = three.schema.encode(mixed[0])
    masks = np.eye(3, dtype=bool)
    assert isinstance(three.members, MixingMembers)
    monkeypatch.setattr("xaigeo.ensemble.mixtures.load_kernels", lambda: None)
    monkeypatch.setattr("xaigeo.ensemble.torch_members.MEMORY_LIMIT", 4 * 8 * 8 * 2)
    assert three.members.mixture_means(rows[0], rows[:16], masks, "logit") is not None
    assert three.members.mixture_means(rows[0], rows[:17], masks, "logit") is None
    monkeypatch.undo()
    assert three.members.mixture_means(rows[0], rows[:17], masks, "logit") is not None
    monkeypatch.setattr(three.members, "preprocessor", nn.Identity())
    assert three.members.mixture_means(rows[0], rows[:2], masks, "logit") is None


@pytest.mark.parametrize("rows_at_once", [1000, 7])
def test_rows_are_answered_by_the_members_they_belong_to(three, mixed, monkeypatch, rows_at_once):
    members = three.members
    assert isinstance(members, OwnRowMembers)
    size = members.n_members * max(members.network.width, members.preprocessor.n_inputs) * 4
    monkeypatch.setattr("xaigeo.ensemble.torch_members.MEMORY_LIMIT", rows_at_once * size)
    rows = three.schema.encode(mixed[0])[:40]
    places = np.random.default_rng(0).integers(3, size=40)
    places[:10] = 1
    own = members.own_values(rows, places, "probability")
    every = members.values(rows, "probability")
    np.testing.assert_allclose(own, every[places, np.arange(40)], atol=1e-6)
