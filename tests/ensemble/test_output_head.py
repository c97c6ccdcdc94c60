from __future__ import annotations

import numpy as np
import pytest
import torch

from xaigeo.ensemble.output_head import OutputHead

HEADS = {
    "pair": (OutputHead("pair", 2, 1), 1, lambda z: torch.cat([-z, z], dim=-1)),
    "sigmoid": (
        OutputHead("sigmoid", 2, 1),
        1,
        lambda z: torch.cat([1 - torch.sigmoid(z), torch.sigmoid(z)], dim=-1),
    ),
    "softmax": (OutputHead("softmax", 4, 3), 4, lambda z: torch.softmax(z, dim=-1)),
    "affine": (OutputHead("affine", 2, 2, 3.0), 2, lambda z: 3 * z + 1),
}


@pytest.fixture(params=HEADS)
def case(request):
    head, n_raw, outputs = HEADS[request.param]
    generator = torch.Generator().manual_seed(0)
    raw, other = torch.randn((2, 3, 5, n_raw), dtype=torch.float64, generator=generator)
    return head, raw, other, outputs


def by_raw(head, seeds, raw):
    """Return d outputs / d raw outputs, (K, n_outputs, r, n_raw)."""
    if seeds is None:
        seeds = torch.eye(raw.shape[-1], dtype=raw.dtype)[None, :, None].expand(
            len(raw), -1, raw.shape[1], -1
        )
    return head.expand(seeds)


def test_seeds_are_the_derivative_of_the_outputs(case):
    head, raw, _, outputs = case
    found = by_raw(head, head.seeds(raw), raw)
    for k, r in np.ndindex(raw.shape[:2]):
        expected = torch.autograd.functional.jacobian(outputs, raw[k, r])
        assert found[k, :, r].numpy() == pytest.approx(expected.numpy(), abs=1e-12)


def test_seeds_between_explain_every_difference(case):
    head, raw, other, outputs = case
    found = by_raw(head, head.seeds_between(raw, other, 1e-10, False), raw)
    total = (found * (raw - other)[:, None]).sum(dim=-1).movedim(1, -1)
    assert total.numpy() == pytest.approx((outputs(raw) - outputs(other)).numpy(), abs=1e-9)


def test_where_raw_outputs_are_alike_the_sigmoid_has_its_derivative():
    head, raw = HEADS["sigmoid"][0], torch.tensor([[[0.3]], [[1.0]]], dtype=torch.float64)
    other = raw + 0.1
    at_point = head.seeds_between(raw, other, 1.0, False)
    at_reference = head.seeds_between(raw, other, 1.0, True)
    assert at_point.numpy() == pytest.approx(head.seeds(raw).numpy())
    assert at_reference.numpy() == pytest.approx(head.seeds(other).numpy())


def test_softmax_gives_nothing_to_what_moves_all_logits_alike():
    head = HEADS["softmax"][0]
    raw, other = torch.randn((2, 1, 3, 4), generator=torch.Generator().manual_seed(1)).double()
    found = by_raw(head, head.seeds_between(raw, other, 1e-10, False), raw)
    assert found.sum(dim=-1).numpy() == pytest.approx(np.zeros((1, 4, 3)), abs=1e-12)


def test_two_logits_are_treated_as_one():
    two, one = OutputHead("softmax", 2, 1), HEADS["sigmoid"][0]
    raw, other = torch.randn((2, 1, 3, 2), generator=torch.Generator().manual_seed(2)).double()
    rows = two.seeds_between(raw, other, 1e-10, False)
    gap, other_gap = raw[..., 1:] - raw[..., :1], other[..., 1:] - other[..., :1]
    alone = one.seeds_between(gap, other_gap, 1e-10, False)
    # The first probability falls as the difference of the two logits grows.
    assert rows[..., 0].numpy() == pytest.approx(alone[..., 0].numpy(), abs=1e-9)
    assert rows[..., 1].numpy() == pytest.approx(-alone[..., 0].numpy(), abs=1e-9)


def test_heads_are_read_off_the_members(single_logit, make_head_members):
    assert OutputHead.from_members(single_logit.members, "logit").kind == "pair"
    assert OutputHead.from_members(single_logit.members, "probability").kind == "sigmoid"
    classes = make_head_members("classification", 3)
    assert OutputHead.from_members(classes, "logit") == OutputHead("affine", 3, 3)
    assert OutputHead.from_members(classes, "probability") == OutputHead("softmax", 3, 2)
    values = make_head_members("regression", 1)
    assert OutputHead.from_members(values, "value") == OutputHead("affine", 1, 1, 2.5)


@pytest.fixture
def make_head_members():
    from types import SimpleNamespace

    def make(task, n_outputs):
        return SimpleNamespace(task=task, n_outputs=n_outputs, single_logit=False, target_scale=2.5)

    return make


@pytest.fixture
def single_logit():
    from types import SimpleNamespace

    members = SimpleNamespace(task="classification", n_outputs=2, single_logit=True)
    return SimpleNamespace(members=members)
