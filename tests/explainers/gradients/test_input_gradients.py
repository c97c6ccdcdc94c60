from __future__ import annotations

import numpy as np
import pytest
import torch

from xaigeo.errors import InputError
from xaigeo.explainers.gradients.input_gradients import (
    DirectPasses,
    GraphPasses,
    torch_members,
    unit_nodes,
)
from xaigeo.explainers.gradients.input_space import NetworkInputs


@pytest.fixture
def inputs(single_logit, birds):
    return single_logit.members.inputs(single_logit.schema.encode(birds.iloc[::40]))


def both(ensemble, scale, max_memory=2**30):
    space = NetworkInputs(ensemble.members)
    graph = GraphPasses(ensemble.members, scale, space.raw_module, None, max_memory)
    return DirectPasses.of(ensemble.members, scale), graph


@pytest.mark.parametrize("scale", ["logit", "probability"])
def test_gradients_equal_those_of_each_model_and_row_alone(single_logit, inputs, scale):
    for passes in both(single_logit, scale):
        together = passes.gradients(inputs)
        for place, i, c in np.ndindex(3, len(inputs), 2):
            leaf = inputs[i : i + 1].clone().requires_grad_()
            output = single_logit.members.output_module(place, scale)(leaf)[0, c]
            (alone,) = torch.autograd.grad(output, leaf)
            assert together[place, i, :, c] == pytest.approx(alone[0].numpy(), abs=1e-12)


@pytest.mark.parametrize("scale", ["logit", "probability"])
def test_both_ways_give_the_same(curved, mixed_frame, scale):
    points = curved.members.inputs(curved.schema.encode(mixed_frame.head(6)))
    own = torch.stack([points + 0.1 * k for k in range(3)])  # points of each member's own
    direct, graph = both(curved, scale)
    rule = {"smallest": 1e-10, "at_reference": False}
    for x in (points, own):
        assert direct.outputs(x) == pytest.approx(graph.outputs(x), abs=1e-12)
        assert direct.gradients(x) == pytest.approx(graph.gradients(x), abs=1e-12)
        start = x[..., :1, :]
        ours, theirs = (p.path_gradients(x, start, 9) for p in (direct, graph))
        assert ours == pytest.approx(theirs, abs=1e-12)
        ours, theirs = (p.multipliers(x, x[..., 2:5, :], **rule) for p in (direct, graph))
        assert ours == pytest.approx(theirs, abs=1e-12)


def test_memory_limit_changes_nothing(single_logit, inputs):
    _, graph = both(single_logit, "logit")
    _, narrow = both(single_logit, "logit", max_memory=1)
    assert narrow.gradients(inputs) == pytest.approx(graph.gradients(inputs), abs=1e-12)


def test_path_gradients_are_means_on_the_way(single_logit, inputs):
    baseline = torch.zeros_like(inputs[:1])
    for passes in both(single_logit, "logit"):
        expected = sum(
            weight * passes.gradients(node * inputs)
            for node, weight in zip(*unit_nodes(7), strict=True)
        )
        found = passes.path_gradients(inputs, baseline, 7)
        assert found == pytest.approx(expected, abs=1e-12)


def test_models_without_gradients_are_refused(species):
    with pytest.raises(
        InputError,
        match=r"Expected an ensemble of torch networks for saliency, which needs their gradients, "
        r"got callable models\. Choose a method that needs outputs only, such as 'kernel_shap'",
    ):
        torch_members(species, "saliency")


def test_preprocessing_that_mixes_columns_is_refused(single_logit, monkeypatch):
    monkeypatch.setattr(single_logit.members.preprocessor, "blocks", None)
    with pytest.raises(
        InputError,
        match=r"Expected preprocessing for saliency that gives each column inputs of its own, "
        r"standardised or one-hot, got Preprocessor, which does not say so\.",
    ):
        torch_members(single_logit, "saliency")
