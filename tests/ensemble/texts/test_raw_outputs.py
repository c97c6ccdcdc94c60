from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from scipy.special import expit, softmax

from xaigeo.ensemble.texts.raw_outputs import RawOutputs

RAW = torch.tensor([[-2.0], [0.5]])


def test_one_logit_is_read_as_two():
    outputs = RawOutputs(task="classification", single_logit=True)
    z = RAW.numpy().astype(float)
    np.testing.assert_array_equal(outputs.finished(RAW, "logit"), np.hstack([-z, z]))
    np.testing.assert_allclose(outputs.finished(RAW, "probability"), expit(np.hstack([-z, z])))


def test_several_logits_stay_and_become_shares():
    raw = torch.tensor([[1.0, -1.0, 3.0]])
    outputs = RawOutputs(task="classification")
    np.testing.assert_array_equal(outputs.finished(raw, "logit"), raw)
    shares = outputs.finished(raw, "probability").numpy()
    np.testing.assert_allclose(shares, softmax(raw.numpy().astype(float), axis=-1))


def test_values_are_in_the_targets_units_in_float64_and_keep_their_gradients():
    raw = torch.tensor([[1.0, 2.0]], requires_grad=True)
    outputs = RawOutputs(task="regression", location=np.array([10.0, 0.0]), scale=np.array([2, 3]))
    values = outputs.finished(raw, "value")
    assert values.dtype == torch.float64
    assert values.tolist() == [[12.0, 6.0]]
    assert torch.autograd.grad(values.sum(), raw)[0].tolist() == [[2.0, 3.0]]


@pytest.mark.parametrize(
    ("task", "fields", "scale"),
    [
        ("classification", {"single_logit": True}, "probability"),
        ("regression", {"location": 4.0, "scale": 0.5}, "value"),
        ("regression", {"location": np.array([4.0]), "scale": np.array([0.5])}, "value"),
    ],
)
def test_a_description_reads_the_same_again(task, fields, scale):
    made = RawOutputs(task=task, **fields)
    again = RawOutputs.from_dict(json.loads(json.dumps(made.to_dict())), task)
    assert torch.equal(again.finished(RAW, scale), made.finished(RAW, scale))
    assert again.single_logit == made.single_logit
