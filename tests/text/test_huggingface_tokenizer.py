from __future__ import annotations

import json
import pickle
import sys

import pytest
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors

from tests.huggingface_models import N_PIECES, byte_pairs, word_pieces
from xaigeo.errors import InputError
from xaigeo.text import ABSENT, HuggingFaceTokenizer, TextSchema, WordTokenizer
from xaigeo.text.huggingface_tokenizer import as_tokenizer
from xaigeo.text.tokenizer import Tokenizer as Contract


@pytest.fixture(scope="module")
def pieces() -> HuggingFaceTokenizer:
    return HuggingFaceTokenizer.from_tokenizer(word_pieces())


@pytest.fixture(scope="module")
def pairs() -> HuggingFaceTokenizer:
    return HuggingFaceTokenizer.from_tokenizer(byte_pairs())


def sentence_pieces() -> Tokenizer:
    scores = [("<unk>", 0.0), ("▁good", -1.0), ("▁", -3.0), ("ing", -2.0), ("g", -4.0), (".", -4.0)]
    backend = Tokenizer(models.Unigram(scores, unk_id=0))
    backend.pre_tokenizer = pre_tokenizers.Metaspace()
    backend.decoder = decoders.Metaspace()
    return backend


def test_numbers_are_those_of_the_tokenizer_itself(pieces, pairs):
    text = "a boring film, not goodish"
    for own, other in ((pieces, word_pieces()), (pairs, byte_pairs())):
        assert [number for _, number in own.split(text)] == other(text)["input_ids"]
        assert isinstance(own, Contract)
    assert pieces.n_tokens == N_PIECES


def test_word_pieces_as_read(pieces):
    shown = [word for word, _ in pieces.split("boring 漢 good")]
    assert shown == ["[CLS]", "bor", "##ing", "漢", "good", "[SEP]"]  # the unknown as written
    assert pieces.special == {2, 3}
    assert (pieces.unknown, pieces.pad) == (4, 0)
    assert [pieces.shown(number) for number in (1, 2, 4)] == ["[UNK]", "[CLS]", "[MASK]"]


def test_byte_pairs_as_read(pairs):
    shown = [word for word, _ in pairs.split("good gooding film.\né")]
    assert shown == ["good", "good", "##ing", "film", ".", "⏎", "é", "##é"]
    numbers = dict(pairs.split("a good"))
    assert pairs.shown(numbers["good"]) == "good"
    assert pairs.shown(dict(pairs.split("good"))["good"]) == "##good"  # in the middle of a word
    assert (pairs.special, pairs.unknown, pairs.pad) == (frozenset(), None, 0)


def test_white_space_is_shown_by_signs(pairs):
    assert [word for word, _ in pairs.split("a  \t b")][1:] == ["␣", "␣", "⇥", "␣", "b"]


def test_sentence_pieces_as_read():
    own = HuggingFaceTokenizer.from_tokenizer(sentence_pieces())
    assert own.split("good gooding.") == [
        ("good", 1),
        ("good", 1),
        ("##ing", 3),
        (".", 5),
    ]
    assert (own.unknown, own.pad) == (0, None)
    assert own.shown(1) == "good"


def test_the_end_of_a_word_is_not_shown():
    vocabulary = {"a": 0, "b": 1, "b</w>": 2, "ab</w>": 3}
    model = models.BPE(vocabulary, [("a", "b</w>")], end_of_word_suffix="</w>")
    backend = Tokenizer(model)
    backend.pre_tokenizer = pre_tokenizers.Whitespace()
    own = HuggingFaceTokenizer.from_tokenizer(backend)
    assert own.split("ab bb") == [("ab", 3), ("b", 1), ("##b", 2)]
    assert own.shown(3) == "ab"


def test_truncation_and_padding_of_the_tokenizer_are_shut_off():
    tokenizer = word_pieces().backend_tokenizer
    tokenizer.enable_truncation(3)
    tokenizer.enable_padding(length=9)
    own = HuggingFaceTokenizer.from_tokenizer(tokenizer)
    assert [number for _, number in own.split("good film good")][1:-1] == [59, 60, 59]
    assert len(tokenizer.encode("good film good film").ids) == 9  # the user's is left alone


def test_shortened_texts_keep_the_closing_token(pieces, pairs):
    tokens = pieces.split("good film with good film")
    short = pieces.shortened(tokens, 4)
    assert [word for word, _ in short] == ["[CLS]", "good", "film", "[SEP]"]
    assert pieces.shortened(tokens, 40) == tokens
    assert pairs.shortened(pairs.split("good film"), 1) == pairs.split("good film")[:1]
    with pytest.raises(
        InputError,
        match=r"max_tokens of at least 3, with 2 special tokens in every text, got 2\. "
        r"Pass max_tokens=3 or more",
    ):
        pieces.shortened(tokens, 2)


def test_a_token_that_is_always_added_hides_no_word():
    backend = Tokenizer(models.WordLevel({"<s>": 0, "good": 1}, unk_token="<s>"))
    backend.pre_tokenizer = pre_tokenizers.Whitespace()
    backend.post_processor = processors.TemplateProcessing(
        single="<s> $A", special_tokens=[("<s>", 0)]
    )
    assert HuggingFaceTokenizer.from_tokenizer(backend).unknown is None


@pytest.mark.parametrize("make", [word_pieces, byte_pairs, sentence_pieces])
def test_to_json_and_back(make):
    own = HuggingFaceTokenizer.from_tokenizer(make())
    schema = TextSchema.of(own, 12)
    again = TextSchema.from_dict(json.loads(json.dumps(schema.to_dict())))
    assert again == schema
    assert again.tokenizer.split("a good film") == own.split("a good film")
    assert pickle.loads(pickle.dumps(own)).split("good") == own.split("good")
    assert "version" not in repr(own)


def test_rows_of_a_schema(pieces):
    schema = TextSchema.of(pieces, 6)
    rows = schema.encode(["good film", "boring film"])
    assert rows.tolist() == [[2, 59, 60, 3, ABSENT, ABSENT], [2, 68, 73, 60, 3, ABSENT]]
    assert schema.words_of(rows[1]) == ["[CLS]", "bor", "##ing", "film", "[SEP]"]
    assert schema.special(rows).sum(axis=1).tolist() == [2, 2]
    with pytest.raises(InputError, match="texts with at least one word each, got '' at place 0"):
        schema.encode([""])


def test_what_is_no_fast_tokenizer():
    class Slow:
        def convert_tokens_to_ids(self, tokens):
            return tokens

    for other, arrived in ((Slow(), "a slow one, Slow"), ("bert", "str")):
        with pytest.raises(
            InputError,
            match=rf"a fast tokenizer of transformers, or one of tokenizers, got {arrived}\. Load "
            r"it with transformers\.AutoTokenizer\.from_pretrained\(\.\.\., use_fast=True\)",
        ):
            HuggingFaceTokenizer.from_tokenizer(other)


def test_numbers_beyond_the_vocabulary(pieces):
    with pytest.raises(InputError, match=rf"a token below {N_PIECES}, got 900\. Pass numbers that"):
        pieces.shown(900)


def test_without_the_package(monkeypatch, pieces):
    own = HuggingFaceTokenizer.from_dict(pieces.to_dict())
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    with pytest.raises(InputError, match=r"Run pip install 'xaigeo\[transformers\]'"):
        own.split("good")


def test_any_tokenizer_is_taken():
    words = WordTokenizer.from_texts(["a good film"])
    assert as_tokenizer(words) is words
    own = HuggingFaceTokenizer.from_tokenizer(word_pieces())
    assert as_tokenizer(own) is own
    assert as_tokenizer(word_pieces()) == own
    assert as_tokenizer(word_pieces().backend_tokenizer).split("good") == own.split("good")
    with pytest.raises(InputError, match="or one of tokenizers, got int"):
        as_tokenizer(3)
