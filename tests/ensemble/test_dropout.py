from __future__ import annotations

import torch
from torch import nn

from xaigeo.ensemble.dropout import DropoutNoise


def test_masks_are_those_of_a_plain_module_after_manual_seed():
    x = torch.ones((2, 7, 5), dtype=torch.float64)
    noise = DropoutNoise([3, 8])
    together = [noise.apply(x, p) for p in (0.3, 0.6)]
    for place, seed in enumerate((3, 8)):
        torch.manual_seed(seed)
        for masked, p in zip(together, (0.3, 0.6), strict=True):
            assert torch.equal(masked[place], nn.Dropout(p)(x[place]))


def test_seeds_that_go_on_keep_their_streams():
    both, one = DropoutNoise([3, 8]), DropoutNoise([8])
    both.mask((4,), 0.5, torch.float32)
    one.mask((4,), 0.5, torch.float32)
    both.keep([1])
    assert torch.equal(both.mask((4,), 0.5, torch.float32), one.mask((4,), 0.5, torch.float32))


def test_dropping_all_gives_zeros_and_none_gives_ones():
    noise = DropoutNoise([0])
    assert torch.equal(noise.mask((3,), 1.0, torch.float32), torch.zeros((1, 3)))
    assert torch.equal(noise.mask((3,), 0.0, torch.float32), torch.ones((1, 3)))
