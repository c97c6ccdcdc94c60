from __future__ import annotations

import numpy as np
import pytest
import torch

from xaigeo.errors import InputError
from xaigeo.explainers.input_gradients import input_gradients, path_gradients, torch_members


@pytest.fixture
def inputs(single_logit, birds):
    return single_logit.members.inputs(single_logit.schema.encode(birds.iloc[::40]))


@pytest.mark.parametrize("scale", ["logit", "probability"])
def test_gradients_equal_those_of_each_model_and_row_alone(single_logit, inputs, scale):
    members = single_logit.members
    together = input_gradients(members, inputs, scale)
    for place, i, c in np.ndindex(3, len(inputs), 2):
        leaf = inputs[i : i + 1].clone().requires_grad_()
        output = members.output_module(place, scale)(leaf)[0, c]
        (alone,) = torch.autograd.grad(output, leaf)
        assert together[place, i, :, c] == pytest.approx(alone[0].numpy(), abs=1e-12)


def test_memory_limit_changes_nothing(single_logit, inputs, monkeypatch):
    whole = input_gradients(single_logit.members, inputs, "logit")
    monkeypatch.setattr("xaigeo.explainers.input_gradients.MEMORY_LIMIT", 1)
    assert input_gradients(single_logit.members, inputs, "logit") == pytest.approx(whole, abs=1e-12)


def test_path_gradients_are_means_on_the_way(single_logit, inputs):
    members, baseline = single_logit.members, torch.zeros_like(inputs[:1])
    nodes, weights = np.polynomial.legendre.leggauss(7)
    expected = sum(
        weight / 2 * input_gradients(members, (1 + node) / 2 * inputs, "logit")
        for node, weight in zip(nodes, weights, strict=True)
    )
    found = path_gradients(members, inputs, baseline, "logit", 7)
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
