from __future__ import annotations

import pytest
import torch

from xaigeo.ensemble.texts.line_words import DistinctTokens, LineWords
from xaigeo.ensemble.texts.token_line import TokenLine, rows_at

K, N, T, N_TOKENS, SIZE = 3, 4, 5, 7, 2


def batch(n_lines):
    generator = torch.Generator().manual_seed(1)
    tokens = torch.randint(-1, N_TOKENS, (n_lines, N, T), generator=generator)
    tokens[:, 1] = -1
    tokens[0, 0] = 2  # a seed with fewer different tokens than others
    vectors = torch.randn((K, N_TOKENS, SIZE), generator=generator)
    return tokens, vectors


@pytest.mark.parametrize("lay", ["by_text", "by_time"])
@pytest.mark.parametrize("n_lines", [1, K])
def test_each_place_has_the_vector_of_its_token(n_lines, lay):
    tokens, vectors = batch(n_lines)
    line = getattr(TokenLine, lay)(tokens)
    distinct = DistinctTokens.on(line, tokens, N_TOKENS)
    of_tokens = LineWords.of_tokens(vectors, distinct)
    of_embedded = LineWords.of_embedded(
        torch.stack([vectors[k][tokens[k if n_lines > 1 else 0].clamp(min=0)] for k in range(K)]),
        line,
    )
    words, given = (rows_at(of.vectors, of.which) for of in (of_tokens, of_embedded))
    assert words.shape == given.shape == (K, line.length, SIZE)
    for seed in range(K):
        own = seed if n_lines > 1 else 0
        expected = torch.zeros((line.length, SIZE))
        for text in range(N):
            for place in range(T):
                token = int(tokens[own, text, place])
                if token >= 0:
                    expected[line.places[own, text, place]] = vectors[seed, token]
        assert torch.equal(words[seed], expected)
        assert torch.equal(given[seed], expected)


def test_every_token_is_listed_once():
    tokens, _ = batch(K)
    distinct = DistinctTokens.on(TokenLine.by_text(tokens), tokens, N_TOKENS)
    for own, numbers in zip(tokens, distinct.numbers, strict=True):
        known = sorted(set(own[own >= 0].tolist()))
        assert numbers[1 : len(known) + 1].tolist() == known
        assert not numbers[len(known) + 1 :].any()
        assert numbers[0] == 0
