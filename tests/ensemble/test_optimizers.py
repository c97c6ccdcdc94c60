from __future__ import annotations

import pytest
import torch

from xaigeo.ensemble import optimizers
from xaigeo.ensemble.optimizers import OPTIMIZERS

UPSTREAM = {
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "sgd": torch.optim.SGD,
    "rmsprop": torch.optim.RMSprop,
}
CASES = [
    (name, decay, momentum)
    for name in UPSTREAM
    for decay in (0.0, 0.1)
    for momentum in ((0.0, 0.8) if name in ("sgd", "rmsprop") else (0.0,))
]


@pytest.mark.parametrize("large", [optimizers.LARGE, 1])
@pytest.mark.parametrize(("name", "decay", "momentum"), CASES)
def test_updates_equal_torchs(name, decay, momentum, large, monkeypatch):
    monkeypatch.setattr(optimizers, "LARGE", large)
    generator = torch.Generator().manual_seed(0)
    weights = torch.randn((3, 5), dtype=torch.float64, generator=generator)
    upstream = weights.clone().requires_grad_()
    more = {"momentum": momentum} if momentum else {}
    theirs = UPSTREAM[name]([upstream], lr=0.05, weight_decay=decay, **more)
    ours = OPTIMIZERS[name](weights, learning_rate=0.05, weight_decay=decay, momentum=momentum)
    for _ in range(7):
        gradient = torch.randn((3, 5), dtype=torch.float64, generator=generator)
        upstream.grad = gradient.clone()
        theirs.step()
        ours.step(gradient)
    torch.testing.assert_close(weights, upstream.detach(), rtol=0, atol=1e-13)


def test_seeds_that_go_on_keep_their_state():
    generator = torch.Generator().manual_seed(0)
    weights = torch.randn((3, 5), dtype=torch.float64, generator=generator)
    gradients = torch.randn((6, 3, 5), dtype=torch.float64, generator=generator)
    whole = weights.clone()
    optimizer = OPTIMIZERS["adam"](whole, learning_rate=0.1, weight_decay=0.0, momentum=0.0)
    for gradient in gradients:
        optimizer.step(gradient)
    partial = weights.clone()
    optimizer = OPTIMIZERS["adam"](partial, learning_rate=0.1, weight_decay=0.0, momentum=0.0)
    for gradient in gradients[:3]:
        optimizer.step(gradient)
    partial = partial[[2, 0]]
    optimizer.keep(partial, [2, 0])
    for gradient in gradients[3:]:
        optimizer.step(gradient[[2, 0]])
    torch.testing.assert_close(partial, whole[[2, 0]])
