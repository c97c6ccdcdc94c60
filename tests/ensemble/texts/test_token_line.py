from __future__ import annotations

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from xaigeo.ensemble.texts.line_words import DistinctTokens, LineWords
from xaigeo.ensemble.texts.token_line import TokenLine, rows_at

texts = st.lists(st.lists(st.integers(-1, 5), min_size=4, max_size=4), min_size=3, max_size=3)
batches = st.lists(texts, min_size=2, max_size=2).map(lambda made: torch.tensor(made))


def in_order(tokens):
    """Return the tokens of each text as (text, place) pairs, in plain Python."""
    return [
        [[(i, t) for t in range(tokens.shape[2]) if batch[i][t] >= 0] for i in range(len(batch))]
        for batch in tokens.tolist()
    ]


@given(batches)
@settings(max_examples=60, deadline=None)
def test_lines_by_text_hold_texts_one_after_another(tokens):
    line = TokenLine.by_text(tokens)
    for k, batch in enumerate(in_order(tokens)):
        flat = [pair for text in batch for pair in text]
        expected = [i * 4 + t for i, t in flat]
        assert line.source[k, : len(flat)].tolist() == expected
        assert line.filled[k].sum() == len(flat)
        assert line.filled[k, : len(flat)].all()
        assert line.used[k] == len(flat)
        lengths = [len(text) for text in batch]
        assert line.ends[k].tolist() == [sum(lengths[:i]) for i in range(len(lengths) + 1)]
    assert not line.filled[:, -1].any()


@given(batches)
@settings(max_examples=60, deadline=None)
def test_lines_by_time_hold_all_first_tokens_then_all_second_ones(tokens):
    line = TokenLine.by_time(tokens)
    ordered = in_order(tokens)
    for step, (start, count) in enumerate(line.steps):
        alive = [sum(len(text) > step for text in batch) for batch in ordered]
        assert count == max(alive)
        for k, batch in enumerate(ordered):
            by_length = sorted(range(3), key=lambda i: -len(batch[i]))
            expected = [batch[i][step] for i in by_length if len(batch[i]) > step]
            held = line.source[k, start : start + len(expected)].tolist()
            assert held == [i * 4 + t for i, t in expected]
    assert not any(line.filled[k, line.used[k] :].any() for k in range(2))
    assert len(line.steps) == max(len(text) for batch in ordered for text in batch)


@given(batches, st.sampled_from([TokenLine.by_text, TokenLine.by_time]))
@settings(max_examples=60, deadline=None)
def test_values_go_onto_the_line_and_back(tokens, lay):
    line = lay(tokens)
    values = torch.arange(1.0, 1 + tokens.numel() * 2).view(*tokens.shape, 2)
    back = line.give(line.take(values))
    assert torch.equal(back, torch.where((tokens >= 0)[..., None], values, 0))


@given(batches)
@settings(max_examples=60, deadline=None)
def test_a_mirror_turns_every_text_round(tokens):
    line = TokenLine.by_time(tokens)
    mirror = line.mirrored()
    for k, batch in enumerate(in_order(tokens)):
        for text in batch:
            places = [int(line.places[k, i, t]) for i, t in text]
            assert mirror[k, places].tolist() == places[::-1]
    assert torch.equal(mirror.gather(1, mirror)[line.filled], torch.arange(line.length).expand_as(
        mirror
    )[line.filled])  # fmt: skip


@given(batches)
@settings(max_examples=60, deadline=None)
def test_distinct_tokens_are_each_read_once(tokens):
    line = TokenLine.by_text(tokens)
    distinct = DistinctTokens.on(line, tokens, 6)
    for k in range(2):
        present = sorted(set(tokens[k][tokens[k] >= 0].tolist()))
        assert distinct.numbers[k, 1 : 1 + len(present)].tolist() == present
        assert distinct.counts[k] == 1 + len(present)
    table = torch.randn((2, 6, 3))
    read = LineWords.of_tokens(table, distinct)
    words = rows_at(read.vectors, read.which)
    for k in range(2):
        expected = np.array([table[k, t].numpy() for t in tokens[k].flatten() if t >= 0])
        np.testing.assert_array_equal(words[k][line.filled[k]].numpy(), expected.reshape(-1, 3))
        assert (words[k][~line.filled[k]] == 0).all()


@given(batches)
@settings(max_examples=30, deadline=None)
def test_given_vectors_stand_where_their_tokens_do(tokens):
    line = TokenLine.by_text(tokens)
    embedded = torch.randn((*tokens.shape, 3))
    words = LineWords.of_embedded(embedded, line)
    assert torch.equal(rows_at(words.vectors, words.which), line.take(embedded))
