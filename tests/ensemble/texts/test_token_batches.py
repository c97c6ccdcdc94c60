from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from xaigeo.ensemble.texts import token_batches as module
from xaigeo.ensemble.texts.token_batches import side_by_side, token_batches
from xaigeo.text import ABSENT

ROWS = arrays(float, st.tuples(st.integers(1, 8), st.integers(1, 6)), elements=st.integers(-1, 9))
PAD, EMPTY = 77, (50, 51, 52)


@given(ROWS)
def test_tokens_move_to_the_left_in_their_order(rows):
    for row, moved in zip(rows, side_by_side(rows), strict=True):
        tokens = [token for token in row.tolist() if token != ABSENT]
        assert moved.tolist() == tokens + [ABSENT] * (len(row) - len(tokens))


@given(ROWS, st.booleans(), st.integers(1, 3))
def test_every_text_comes_once_with_its_tokens_and_nothing_else(rows, one_length, copies):
    seen = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "TOKENS_AT_ONCE", 12)
        patch.setattr(module, "PAIRS_AT_ONCE", 40)
        batches = list(
            token_batches(rows, empty=EMPTY, pad=PAD, one_length=one_length, copies=copies)
        )
    for batch in batches:
        n, width = batch.tokens.shape
        assert batch.width == width
        assert n == 1 or n * copies * width <= 12
        assert n == 1 or n * copies * width**2 <= 40
        assert batch.mask.all() or not one_length
        for place, tokens, mask in zip(batch.places, batch.tokens, batch.mask, strict=True):
            own = [token for token in rows[place].tolist() if token != ABSENT] or list(EMPTY)
            assert tokens[mask].tolist() == own
            assert mask[: len(own)].all()
            assert (tokens[~mask] == PAD).all()
            seen.append(int(place))
    assert sorted(seen) == list(range(len(rows)))


def test_copies_of_a_text_stand_together():
    rows = np.array([[3.0, 4.0], [5.0, ABSENT]])
    (batch,) = token_batches(rows, empty=EMPTY, pad=PAD, one_length=False)
    twice = batch.repeated(2)
    assert twice.places.tolist() == [1, 1, 0, 0]
    assert torch.equal(twice.tokens, torch.tensor([[5, PAD], [5, PAD], [3, 4], [3, 4]]))
    assert twice.mask.sum(dim=1).tolist() == [1, 1, 2, 2]
