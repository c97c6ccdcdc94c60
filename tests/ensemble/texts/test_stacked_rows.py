from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from xaigeo.ensemble.texts.line_words import LineWords
from xaigeo.ensemble.texts.stacked_rows import linear, norm, with_places
from xaigeo.ensemble.texts.token_line import TokenLine

K, N, T, SIZE, WIDE = 3, 4, 5, 6, 7


def drawn(n_lines):
    """A line of texts with gaps, one of them empty, and a source of random leaves."""
    generator = torch.Generator().manual_seed(0)
    tokens = torch.randint(-1, 9, (n_lines, N, T), generator=generator)
    tokens[:, 2] = -1

    def normal(*shape):
        return torch.randn(shape, dtype=torch.float64, generator=generator).requires_grad_()

    return tokens, TokenLine.by_text(tokens), normal


def assert_alike(found, expected, leaves, line):
    """Compare values and slopes where texts are, and look for 0 elsewhere."""
    filled = line.filled[..., None]
    assert (found.masked_select(~filled) == 0).all()
    expected = torch.where(filled, expected, 0.0)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)
    slope = torch.randn(found.shape, dtype=torch.float64)
    own = torch.autograd.grad(found, leaves, slope)
    for one, other in zip(own, torch.autograd.grad(expected, leaves, slope), strict=True):
        if one.shape[1] == line.length:
            one = torch.where(filled, one, 0.0)
            other = torch.where(filled, other, 0.0)
        torch.testing.assert_close(one, other, rtol=0, atol=1e-12)


@pytest.mark.parametrize("n_lines", [1, K])
@pytest.mark.parametrize("relu", [False, True])
@pytest.mark.parametrize("added", [False, True])
def test_products_are_those_of_linear_layers(n_lines, relu, added):
    _, line, normal = drawn(n_lines)
    leaves = [normal(K, line.length, SIZE), normal(K, WIDE, SIZE), normal(K, WIDE)]
    onto = normal(K, line.length, WIDE) if added else None
    found = linear(*leaves, line, onto=onto, relu=relu)
    rows, weight, bias = leaves
    expected = rows @ weight.transpose(1, 2) + bias[:, None]
    expected = expected if onto is None else expected + onto
    expected = torch.relu(expected) if relu else expected
    assert_alike(found, expected, leaves if onto is None else [*leaves, onto], line)


def test_a_number_that_is_none_stays_behind_relu():
    _, line, normal = drawn(1)
    bias = torch.full((K, WIDE), torch.nan, dtype=torch.float64)
    rows = linear(normal(K, line.length, SIZE), normal(K, WIDE, SIZE), bias, line, relu=True)
    assert rows[:, line.filled[0]].isnan().all()


@pytest.mark.parametrize("n_lines", [1, K])
def test_norms_are_those_of_torch(n_lines):
    _, line, normal = drawn(n_lines)
    leaves = rows, weight, bias = [normal(K, line.length, SIZE), normal(K, SIZE), normal(K, SIZE)]
    own = [
        functional.layer_norm(r, (SIZE,), w, b) for r, w, b in zip(rows, weight, bias, strict=True)
    ]
    assert_alike(norm(*leaves, line), torch.stack(own), leaves, line)


@pytest.mark.parametrize("n_lines", [1, K])
def test_places_count_the_tokens_of_a_text(n_lines):
    tokens, line, normal = drawn(n_lines)
    embedded, places = normal(K, N, T, SIZE), normal(K, T, SIZE)
    rank = (torch.cumsum(tokens >= 0, dim=2) - 1).clamp(min=0).expand(K, -1, -1)
    own = torch.stack([places[k][rank[k]] for k in range(K)])
    found = with_places(LineWords.of_embedded(embedded, line), places, line)
    assert_alike(found, line.take(embedded + own), [embedded, places], line)
