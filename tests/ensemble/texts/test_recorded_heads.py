from __future__ import annotations

import torch
from torch import nn

from xaigeo.ensemble.texts.recorded_heads import has_heads, recorded_heads


class Twice(nn.Module):
    """One attention, asked twice: without weights, then with their mean over heads."""

    def __init__(self):
        super().__init__()
        self.own = nn.MultiheadAttention(4, 2, batch_first=True)

    def forward(self, x):
        first, nothing = self.own(x, x, x, need_weights=False)
        second, mean = self.own(x, x, x)
        return first + second, nothing, mean


def test_heads_are_noted_and_callers_get_what_they_asked_for():
    torch.manual_seed(0)
    module, x = Twice().eval(), torch.randn(3, 5, 4)
    plain = module(x)
    with recorded_heads(module) as found:
        output, nothing, mean = module(x)
    torch.testing.assert_close(output, plain[0])
    assert nothing is None
    torch.testing.assert_close(mean, plain[2])
    assert [name for name, _ in found] == ["own", "own[2]"]
    expected = module.own(x, x, x, average_attn_weights=False)[1]
    for _, weights in found:
        assert weights.shape == (3, 2, 5, 5)
        assert not weights.requires_grad
        torch.testing.assert_close(weights, expected.detach())


def test_afterwards_a_part_has_its_own_forward_again():
    module, x = Twice().eval(), torch.randn(1, 2, 4)
    with recorded_heads(module) as found:
        pass
    assert "forward" not in vars(module.own)
    module(x)
    assert found == []


def test_a_forward_of_ones_own_is_not_torchs():
    class Other(nn.MultiheadAttention):
        def forward(self, x):
            return x

    assert has_heads(nn.MultiheadAttention(4, 2))
    assert not has_heads(Other(4, 2))
    assert not has_heads(nn.Linear(4, 2))
