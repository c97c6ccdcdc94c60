from __future__ import annotations

import numpy as np
import pytest

from tests.text_models import TEXTS, linear_text_ensemble
from xaigeo.explainers.background import Background
from xaigeo.explainers.base import Block
from xaigeo.explainers.blocks.streams import instance_seed, shared_seed
from xaigeo.explainers.texts.removal.token_removal import TokenRemoval
from xaigeo.text import ABSENT


def block_of(ensemble, texts, max_memory=2**30):
    rows = ensemble.schema.encode(texts)
    background = Background.from_frame(ensemble.schema, rows)
    seeds = [instance_seed(0, row) for row in rows]
    return Block(ensemble, rows, background, seeds, shared_seed(0), max_memory)


@pytest.fixture(scope="module")
def ensemble():
    return linear_text_ensemble(pooled=True, marked=True)


def test_rows_hold_the_tokens_that_are_kept(ensemble):
    block = block_of(ensemble, TEXTS)
    for removal, hidden in (("delete", ABSENT), ("unknown", 0.0)):
        text = TokenRemoval.at(block, 1, removal=removal, scale="logit")
        assert text.places.tolist() == [1, 2, 3, 4]
        (row,) = text.rows(np.array([[True, False, False, True]]))
        assert (block.rows[1, 5:] == ABSENT).all()
        expected = block.rows[1, :5].copy()
        expected[[2, 3]] = hidden
        assert row.tolist() == expected.tolist()
        assert text.empty[0] == block.rows[1, 0]
        assert (text.empty[1:5] == hidden).all()


@pytest.mark.parametrize("max_memory", [2**20, 2**30])
def test_outputs_are_those_of_the_rows_whatever_the_memory(ensemble, max_memory):
    text = TokenRemoval.at(
        block_of(ensemble, TEXTS, max_memory), 2, removal="delete", scale="probability"
    )
    kept = np.random.default_rng(0).random((40, text.n_tokens)) < 0.5
    kept = np.concatenate([kept, kept[:5]])
    direct = ensemble.outputs_encoded(text.rows(kept), scale="probability")
    assert text.outputs(kept) == pytest.approx(direct)
    assert text.value == pytest.approx(text.outputs(np.ones((1, text.n_tokens), bool))[:, 0])
    assert text.base == pytest.approx(text.outputs(np.zeros((1, text.n_tokens), bool))[:, 0])


def test_each_text_is_asked_once(ensemble, monkeypatch):
    text = TokenRemoval.at(block_of(ensemble, TEXTS), 0, removal="delete", scale="logit")
    asked = []
    values = ensemble.members.values

    def counted(rows, scale):
        asked.append(len(rows))
        return values(rows, scale)

    monkeypatch.setattr(ensemble.members, "values", counted)
    kept = np.repeat(np.eye(text.n_tokens, dtype=bool), 3, axis=0)
    assert text.outputs(kept).shape == (3, 21, 2)
    assert asked == [7]
