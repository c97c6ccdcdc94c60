from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from xaigeo.ensemble.texts.line_words import LineWords
from xaigeo.ensemble.texts.stacked_convolution import stacked_convolution
from xaigeo.ensemble.texts.token_line import TokenLine

K, N, T, SIZE, FILTERS, WIDTHS = 3, 5, 6, 4, 2, (1, 3, 7)


def drawn(n_lines):
    """Texts with gaps, one of them empty, vectors of their places, weights and biases."""
    generator = torch.Generator().manual_seed(0)
    tokens = torch.randint(-1, 9, (n_lines, N, T), generator=generator)
    tokens[:, 2] = -1

    def normal(*shape):
        return torch.randn(shape, dtype=torch.float64, generator=generator).requires_grad_()

    weights = [normal(K, FILTERS, SIZE, width) for width in WIDTHS]
    biases = [normal(K, FILTERS) for _ in WIDTHS]
    return tokens, normal(K, N, T, SIZE), weights, biases


def text_by_text(tokens, embedded, weights, biases):
    """Return what torch's own convolution makes of each text without its gaps, by place."""
    hidden = torch.zeros((K, N, T, FILTERS * len(WIDTHS)), dtype=torch.float64)
    for k in range(K):
        for text in range(N):
            there = tokens[k % len(tokens), text] >= 0
            if there.any():
                channels = embedded[k, text, there].T[None]
                parts = [
                    functional.conv1d(channels, w[k], b[k], padding=w.shape[3] // 2)
                    for w, b in zip(weights, biases, strict=True)
                ]
                own = torch.relu(torch.cat(parts, dim=1))[0].T
                hidden = hidden.index_put(
                    (torch.tensor(k), torch.tensor(text), there.nonzero()[:, 0]), own
                )
    return hidden


@pytest.mark.parametrize("n_lines", [1, K])
def test_hidden_vectors_and_slopes_are_those_of_each_text_alone(n_lines):
    tokens, embedded, weights, biases = drawn(n_lines)
    line = TokenLine.by_text(tokens)
    words = LineWords.of_embedded(embedded, line)
    on_line = stacked_convolution(words, line, weights, biases)
    assert (on_line.masked_select(~line.filled[..., None]) == 0).all()
    found = line.give(on_line)
    expected = text_by_text(tokens, embedded, weights, biases)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)
    leaves = [embedded, *weights, *biases]
    slope = torch.randn(found.shape, dtype=torch.float64)
    own = torch.autograd.grad(found, leaves, slope)
    for one, other in zip(own, torch.autograd.grad(expected, leaves, slope), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-12)


def test_numbers_that_are_none_stay():
    tokens, embedded, weights, biases = drawn(1)
    biases[0].data[1, 0] = torch.nan
    line = TokenLine.by_text(tokens)
    hidden = stacked_convolution(LineWords.of_embedded(embedded, line), line, weights, biases)
    assert hidden[1, line.filled[0], 0].isnan().all()
    assert hidden.isnan().sum() == line.filled.sum()
