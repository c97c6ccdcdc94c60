from __future__ import annotations

from itertools import pairwise

import numba
import pytest
import torch
from torch.nn import functional

from xaigeo.ensemble.texts.stacked_attention import attention, attention_with_maps
from xaigeo.ensemble.texts.token_line import TokenLine

K, N, T = 3, 4, 21  # longer than a vector has lanes


def drawn(n_lines, n_heads, size, dtype):
    """Texts with gaps, one of them empty, and what their tokens were projected to, on the line."""
    generator = torch.Generator().manual_seed(0)
    tokens = torch.randint(-1, 9, (n_lines, N, T), generator=generator)
    tokens[:, 2] = -1
    tokens[:, 3, 5:] = -1
    line = TokenLine.by_text(tokens)
    shape = (K, line.length, 3 * n_heads * size)
    projected = torch.randn(shape, dtype=dtype, generator=generator) * line.filled[..., None]
    return line, projected.requires_grad_()


def text_by_text(projected, line, n_heads):
    """Return what torch's own attention makes of each text, and 0 where there is none."""
    rows = []
    for k in range(K):
        ends = line.ends[k % len(line.ends)].tolist()
        parts = []
        for first, behind in pairwise(ends):
            own = projected[k, first:behind].unflatten(1, (3, n_heads, -1))
            heads = (part.transpose(0, 1) for part in own.unbind(1))
            mixed = functional.scaled_dot_product_attention(*heads)
            parts.append(mixed.transpose(0, 1).flatten(1))
        parts.append(projected.new_zeros((line.length - ends[-1], projected.shape[2] // 3)))
        rows.append(torch.cat(parts))
    return torch.stack(rows)


@pytest.mark.parametrize(("n_heads", "size"), [(1, 16), (4, 3), (2, 21)])
@pytest.mark.parametrize("n_lines", [1, K])
@pytest.mark.parametrize(("dtype", "error"), [(torch.float32, 5e-6), (torch.float64, 1e-13)])
def test_each_text_attends_to_its_own_tokens(n_lines, n_heads, size, dtype, error):
    line, projected = drawn(n_lines, n_heads, size, dtype)
    found = attention(projected, line, n_heads)
    expected = text_by_text(projected, line, n_heads)
    torch.testing.assert_close(found, expected, rtol=0, atol=error)
    slope = torch.randn(found.shape, dtype=dtype)
    (own,) = torch.autograd.grad(found, projected, slope)
    (other,) = torch.autograd.grad(expected, projected, slope)
    torch.testing.assert_close(own, other, rtol=0, atol=error)


@pytest.mark.parametrize("n_lines", [1, K])
def test_kept_weights_give_the_same(n_lines, monkeypatch):
    line, projected = drawn(n_lines, 2, 3, torch.float64)
    found = attention(projected, line, 2)
    explicit, maps = attention_with_maps(projected, line, 2)
    torch.testing.assert_close(found, explicit, rtol=0, atol=1e-13)
    assert maps.shape == (K, N, 2, T, T)
    monkeypatch.setattr(numba.config, "DISABLE_JIT", True)
    assert torch.equal(attention(projected, line, 2), explicit)


def test_large_scores_do_not_overflow():
    line, projected = drawn(1, 1, 4, torch.float32)
    mixed = attention(projected.detach() * 100, line, 1)
    assert mixed.isfinite().all()
    expected = text_by_text(projected.detach() * 100, line, 1)
    torch.testing.assert_close(mixed, expected, rtol=1e-4, atol=1e-2)
