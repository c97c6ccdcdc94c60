from __future__ import annotations

import pytest
import torch

from xaigeo.ensemble.texts.stacked_pooling import pooled, pooling_weights
from xaigeo.ensemble.texts.text_architecture import TextArchitecture
from xaigeo.ensemble.texts.token_line import TokenLine

K, N, T, SIZE = 3, 5, 6, 4


def line_and_hidden(n_lines, lay):
    """Texts with gaps, one of them empty, and random vectors of their tokens."""
    generator = torch.Generator().manual_seed(0)
    tokens = torch.randint(-1, 9, (n_lines, N, T), generator=generator)
    tokens[:, 2] = -1
    line = getattr(TokenLine, lay)(tokens)
    hidden = torch.randn((K, line.length, SIZE), dtype=torch.float64, generator=generator)
    weights = torch.rand((K, N, T), dtype=torch.float64, generator=generator) * line.there
    return line, hidden, weights


@pytest.mark.parametrize("lay", ["by_text", "by_time"])
@pytest.mark.parametrize("n_lines", [1, K])
@pytest.mark.parametrize("learning", [True, False])
def test_a_text_is_the_weighted_sum_of_its_tokens(n_lines, lay, learning):
    line, hidden, weights = line_and_hidden(n_lines, lay)
    found = pooled(weights, hidden.requires_grad_(learning), line)
    assert found.requires_grad == learning
    for seed in range(K):
        places = line.places[seed if n_lines > 1 else 0]
        for text in range(N):
            total = torch.zeros(SIZE, dtype=torch.float64)
            for token in range(T):
                total += weights[seed, text, token] * hidden[seed, places[text, token]]
            torch.testing.assert_close(found[seed, text], total, rtol=0, atol=1e-12)


@pytest.mark.parametrize("n_lines", [1, K])
def test_slopes_of_pooled_texts_are_those_of_a_sum_over_all_places(n_lines):
    line, hidden, weights = line_and_hidden(n_lines, "by_text")
    slope = torch.randn((K, N, SIZE), dtype=torch.float64)
    leaves = [weights.requires_grad_(), hidden.requires_grad_()]
    found = torch.autograd.grad(pooled(*leaves, line), leaves, slope)
    by_text = torch.stack([h[line.places[k % n_lines]] for k, h in enumerate(hidden)])
    sums = torch.einsum("knt,kntd->knd", weights * line.there, by_text)
    for own, other in zip(found, torch.autograd.grad(sums, leaves, slope), strict=True):
        torch.testing.assert_close(own, other, rtol=0, atol=1e-12)


def test_without_attention_all_tokens_of_a_text_weigh_the_same():
    line, hidden, _ = line_and_hidden(1, "by_text")
    architecture = TextArchitecture.of(
        n_tokens=9, n_raw=1, max_tokens=T, encoder="lstm", embedding_size=4, attention="none"
    )
    weights = pooling_weights(architecture, {}, hidden, line)
    assert weights.shape == (K, N, T)
    counts = line.there[0].sum(dim=1)
    assert counts[2] == 0
    for text in range(N):
        own = 1 / int(counts[text]) if counts[text] else 0.0
        expected = own * line.there[0, text].double()
        for seed in range(K):
            torch.testing.assert_close(weights[seed, text], expected, rtol=0, atol=1e-12)
