from __future__ import annotations

from collections import namedtuple
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from xaigeo.ensemble.module_output import ModuleOutput
from xaigeo.errors import InputError

ROWS = torch.tensor([[0.2, 0.8], [1.0, 0.0]])
Pair = namedtuple("Pair", ["hidden", "logits"])


class Giving(nn.Module):
    """Gives what a function makes of the rows."""

    def __init__(self, make) -> None:
        super().__init__()
        self.make = make

    def forward(self, x):
        return self.make(x)


@pytest.mark.parametrize(
    ("make", "output"),
    [
        (lambda x: x, None),
        (lambda x: {"logits": x, "hidden": -x}, "logits"),
        (lambda x: (-x, x), 1),
        (lambda x: [-x, x], -1),
        (lambda x: Pair(-x, x), "logits"),
        (lambda x: SimpleNamespace(logits=x), "logits"),
        (lambda x: {"nested": (x,)}, lambda answer: answer["nested"][0]),
    ],
)
def test_the_output_asked_for_is_read(make, output):
    assert torch.equal(ModuleOutput(Giving(make), output, "logit")(ROWS), ROWS)


@pytest.mark.parametrize(
    ("make", "output", "message"),
    [
        (lambda x: {"logits": x}, "logit", "output among 'logits', got 'logit'. Did you mean"),
        (lambda x: (x, x), 2, "output among 0, 1, got 2. Pass output= one of these"),
        (lambda x: (x, x), "logits", "'logits' for a tuple of 2. Pass an index from 0 to 1"),
        (lambda x: [x], "logits", "'logits' for a list of 1. Pass an index from 0 to 0"),
        (lambda x: SimpleNamespace(), "logits", "output among 'SimpleNamespace', got 'logits'"),
        (lambda x: (x, x), None, "a tensor as the module's output, got a tuple of 2. Name one"),
        (lambda x: {"a": x}, None, "a tensor as the module's output, got a dict with 'a'"),
        (lambda x: x, lambda answer: answer.tolist(), "a tensor as .* got a list of 2"),
    ],
)
def test_an_output_that_is_not_there_is_told(make, output, message):
    with pytest.raises(InputError, match=message):
        ModuleOutput(Giving(make), output, "logit")(ROWS)


def test_probabilities_become_logits_whose_softmax_they_are():
    logits = ModuleOutput(nn.Identity(), None, "probability")(ROWS)
    assert torch.isfinite(logits).all()  # a probability of zero has a large logit, not -inf
    torch.testing.assert_close(logits.softmax(dim=-1), ROWS)


def test_a_single_probability_becomes_the_logit_whose_sigmoid_it_is():
    single = torch.tensor([[0.0], [0.3], [1.0]])
    logits = ModuleOutput(nn.Identity(), None, "probability")(single)
    assert torch.isfinite(logits).all()
    torch.testing.assert_close(logits.sigmoid(), single)


def test_gradients_pass_through():
    rows = ROWS[:1].clone().requires_grad_()
    ModuleOutput(nn.Identity(), None, "probability")(rows)[0, 0].backward()
    torch.testing.assert_close(rows.grad, torch.tensor([[1 / 0.2, 0.0]]))
