"""Counterfactuals of models of `transformers`, whose tokens are parts of words."""

import numpy as np
import pytest

import xaigeo as xg
from tests.huggingface_models import bert, byte_pairs, gpt2, word_pieces
from xaigeo.explainers.texts.removal.replacements import named_tokens
from xaigeo.text import ABSENT, HuggingFaceTokenizer, TextSchema

TEXTS = ["boring film", "singing is boring", "fine acting with good singing", "a zebra"]


@pytest.fixture(scope="module", params=["frequent", "near"])
def found(request):
    ensemble = xg.TextEnsemble.wrap(bert(), tokenizer=word_pieces(), max_tokens=20)
    return xg.explain(
        ensemble,
        TEXTS,
        method="counterfactuals",
        background=[*TEXTS, "ΩΩ film ΩΩ"],
        changes="both",
        candidates=request.param,
        max_changes=3,
    )


def test_parts_take_the_place_of_parts_alone(found):
    shown = found.schema.tokenizer.shown
    chosen = found.array("chosen").astype(bool)
    codes = found.array("replacement")
    assert chosen.any()
    for seed, i, place in np.argwhere(chosen & (codes != ABSENT)):
        own, new = found.tokens[i][place], shown(int(codes[seed, i, place]))
        assert new not in ("[UNK]", "[MASK]")
        assert own.startswith("##") == new.startswith("##")
        before = place - 1
        if new.startswith("##"):
            assert found.mask[i, before]
            assert not (chosen[seed, i, before] and codes[seed, i, before] == ABSENT)


def test_changed_texts_are_those_of_the_decoder(found):
    backend = word_pieces().backend_tokenizer
    codes, chosen = found.array("replacement"), found.array("chosen").astype(bool)
    for seed, i in np.ndindex(len(found.seeds), len(TEXTS) - 1):  # no text with unknown words
        row = np.where(chosen[seed, i], codes[seed, i], found.array("input")[i])
        ids = [int(token) for token in row[found.mask[i]] if token != ABSENT]
        wanted = backend.decode(ids)
        assert found.changed_text(found.seeds[seed], found.instances[i]).replace("##", "") == (
            wanted.replace("##", "")
        )


def test_a_named_word_is_the_start_of_one():
    schema = TextSchema.of(HuggingFaceTokenizer.from_tokenizer(byte_pairs()), 8)
    (token,) = named_tokens(["good"], schema)
    assert schema.tokenizer.shown(token) == "good"  # " good", not the part "##good"
    pieces = TextSchema.of(HuggingFaceTokenizer.from_tokenizer(word_pieces()), 8)
    assert named_tokens(["good", "film"], pieces) == [59, 60]
    with pytest.raises(xg.errors.InputError, match="which the tokenizer knows, got 'Ω'"):
        named_tokens(["Ω"], pieces)


def test_the_first_token_is_the_start_of_a_word_of_any_tokenizer():
    ensemble = xg.TextEnsemble.wrap(gpt2(), tokenizer=byte_pairs(), max_tokens=20)
    found = xg.explain(
        ensemble,
        ["good film", "film a good film"],
        method="counterfactuals",
        background=["good film good", "a film"],
        changes="replace",
        max_changes=2,
    )
    shown = found.schema.tokenizer.shown
    first = found.array("replacement")[:, :, 0]
    assert all(not shown(int(code)).startswith("##") for code in first[first != ABSENT])
