from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from xaigeo.ensemble.losses import BinaryCrossEntropy, CrossEntropy, SquaredError, SquaredErrors

KINDS = {"ce": (CrossEntropy(), 3), "bce": (BinaryCrossEntropy(), 1), "mse": (SquaredError(), 1)}


def draw(kind: str, *, weighted: bool):
    generator = torch.Generator().manual_seed(0)
    loss, width = KINDS[kind]
    raw = torch.randn((2, 6, width), dtype=torch.float64, generator=generator)
    target = torch.randint(0, 3 if kind == "ce" else 2, (2, 6), generator=generator)
    target = target if kind == "ce" else target.double()
    weight = torch.rand((2, 6), dtype=torch.float64, generator=generator) if weighted else None
    return loss, raw, target, weight


def naive(kind: str, raw, target, weight):
    losses = []
    for s in range(len(raw)):
        each = {
            "ce": lambda z, t: functional.cross_entropy(z, t, reduction="none"),
            "bce": lambda z, t: functional.binary_cross_entropy_with_logits(
                z[:, 0], t, reduction="none"
            ),
            "mse": lambda z, t: (z[:, 0] - t) ** 2,
        }[kind](raw[s], target[s])
        w = torch.ones_like(each) if weight is None else weight[s]
        losses.append((w * each).sum() / w.sum())
    return torch.stack(losses)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_value_and_gradient_equal_autograds(kind, weighted):
    loss, raw, target, weight = draw(kind, weighted=weighted)
    expected = naive(kind, leaf := raw.clone().requires_grad_(), target, weight)
    torch.testing.assert_close(loss.value(raw, target, weight), expected.detach())
    (gradient,) = torch.autograd.grad(expected.sum(), leaf)
    torch.testing.assert_close(loss.gradient(raw.clone(), target, weight), gradient)


def test_targets_shared_by_all_seeds_are_broadcast():
    loss, raw, target, _ = draw("ce", weighted=False)
    shared = loss.value(raw, target[0], None)
    torch.testing.assert_close(shared, loss.value(raw, target[[0, 0]], None))


def test_two_classes_cost_the_same_with_one_logit_and_with_two():
    _, raw, target, weight = draw("bce", weighted=True)
    pair = torch.cat([torch.zeros_like(raw), raw], dim=-1)
    torch.testing.assert_close(
        BinaryCrossEntropy().value(raw, target, weight),
        CrossEntropy().value(pair, target.long(), weight),
    )


@pytest.mark.parametrize("weighted", [False, True])
def test_several_targets_count_alike(weighted):
    generator = torch.Generator().manual_seed(0)
    raw = torch.randn((2, 6, 3), dtype=torch.float64, generator=generator).requires_grad_()
    target = torch.randn((6, 3), dtype=torch.float64, generator=generator)
    weight = torch.rand((2, 6), dtype=torch.float64, generator=generator) if weighted else None
    each = torch.stack(
        [SquaredError().value(raw[..., [k]], target[:, k].expand(2, 6), weight) for k in range(3)]
    )
    value = SquaredErrors().value(raw, target, weight)
    torch.testing.assert_close(value, each.mean(dim=0))
    (expected,) = torch.autograd.grad(value.sum(), raw)
    torch.testing.assert_close(SquaredErrors().gradient(raw.detach(), target, weight), expected)
