from __future__ import annotations

import pytest

from tests.text_models import MarkedTokenizer
from xaigeo.ensemble.texts.wrapped_schema import plain_tokenizer
from xaigeo.errors import InputError
from xaigeo.text import WordTokenizer

TEXTS = ["A good film!", "not GOOD", "don't go"]


def test_words_are_known_in_every_case_and_read_as_they_are_written():
    words = plain_tokenizer(None, TEXTS)
    for text in ("A good film!", "GOOD FILM", "Good", "Don't Go NOT a film !", "DON'T"):
        assert [word for word, _ in words.split(text)] == [
            words.shown(number) for _, number in words.split(text)
        ]
    assert [number for _, number in words.split("plot gOOd")] == [0, 0]
    assert len(set(words.words)) == len(words.words)


def test_rare_words_are_left_out_whatever_their_case():
    words = plain_tokenizer(None, TEXTS, 2)
    known = [word for word, number in words.split("A good film , not GOOD Good") if number]
    assert known == ["good", "GOOD", "Good"]


def test_one_s_own_tokenizer_is_taken():
    own = WordTokenizer.from_texts(TEXTS)
    assert plain_tokenizer(own, None) is own


def test_tokenizers_whose_tokens_are_not_in_the_text():
    with pytest.raises(InputError, match=r"a tokenizer of whole words.* adds '\[start\]'"):
        plain_tokenizer(MarkedTokenizer(WordTokenizer.from_texts(TEXTS)), TEXTS)
    with pytest.raises(
        InputError, match=r"a tokenizer of whole words.*, got a str\. Leave tokenize"
    ):
        plain_tokenizer("bert-base-uncased", TEXTS)
    with pytest.raises(InputError, match="texts whose words are known, or a tokenizer, got neith"):
        plain_tokenizer(None, None)


def test_tokenizers_of_pieces():
    tokenizers = pytest.importorskip("tokenizers")
    pieces = tokenizers.Tokenizer(tokenizers.models.WordPiece(unk_token="[UNK]"))
    with pytest.raises(InputError, match=r"a tokenizer of whole words.*, got a Tokenizer"):
        plain_tokenizer(pieces, TEXTS)
