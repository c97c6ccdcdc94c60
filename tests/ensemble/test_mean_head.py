from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from xaigeo.ensemble.mean_head import MeanHead


def members(task: str, n_outputs: int, *, single: bool = False) -> SimpleNamespace:
    return SimpleNamespace(
        task=task,
        n_outputs=n_outputs,
        single_logit=single,
        target_scale=2.0,
        target_location=10.0,
    )


@pytest.mark.parametrize(
    ("who", "scale", "kind", "n_sums"),
    [
        (members("classification", 2, single=True), "probability", "sigmoid", 1),
        (members("classification", 2), "probability", "sigmoid", 1),
        (members("classification", 3), "probability", "softmax", 3),
        (members("classification", 2, single=True), "logit", "identity", 1),
        (members("classification", 3), "logit", "identity", 3),
        (members("regression", 1), "value", "identity", 1),
    ],
)
def test_numbers_and_outputs_are_the_outputs_of_the_members(who, scale, kind, n_sums):
    head = MeanHead.of(who, scale)
    assert (head.kind, head.n_sums) == (kind, n_sums)
    raw = torch.randn((head.n_raw, 9), generator=torch.manual_seed(0))
    numbers = head.numbers(raw)
    assert numbers.dtype == torch.float64
    found = head.outputs(numbers.numpy().mean(axis=1))
    logits = np.vstack([-raw, raw]) if who.single_logit else raw.numpy()
    logits = logits.astype(np.float64)
    if scale == "value":
        expected = raw.numpy() * 2.0 + 10.0
    elif scale == "logit":
        expected = logits
    elif who.single_logit:
        expected = 1 / (1 + np.exp(-logits))
    else:
        expected = np.exp(logits) / np.exp(logits).sum(axis=0)
    np.testing.assert_allclose(found, expected.mean(axis=1), rtol=1e-6)
