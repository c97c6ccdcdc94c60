from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xaigeo.errors import InputError
from xaigeo.text import Tokenizer, WordTokenizer
from xaigeo.text.word_parting import parted

TEXTS = ["The film isn't bad.", "A film-maker's film, the 2nd!", "bad bad"]


def test_words_are_numbered_by_how_often_they_come():
    made = WordTokenizer.from_texts(TEXTS)
    assert made.words[:5] == ("<unk>", "bad", "film", "the", "!")
    assert isinstance(made, Tokenizer)
    assert (made.kind, made.unknown, made.special) == ("words", 0, frozenset())
    assert made.n_tokens == len(made.words)


def test_the_order_of_texts_does_not_matter():
    assert WordTokenizer.from_texts(TEXTS) == WordTokenizer.from_texts(TEXTS[::-1])


def test_apostrophes_and_hyphens_stay_inside_words_and_signs_stand_alone():
    made = WordTokenizer.from_texts(TEXTS)
    words = [word for word, _ in made.split("The film-maker isn't 'bad' -- it's 2nd!")]
    assert words == ["the", "film-maker", "isn't", "'", "bad", "'", "-", "-", "it's", "2nd", "!"]


def test_letters_with_accents_are_letters():
    made = WordTokenizer.from_texts(["Très naïve, œuvre"])
    assert [word for word, _ in made.split("TRÈS naïve œuvre")] == ["très", "naïve", "œuvre"]


def test_unknown_words_keep_their_text_and_have_number_0():
    made = WordTokenizer.from_texts(TEXTS)
    assert made.split("bad Plot") == [("bad", 1), ("plot", 0)]
    assert made.shown(0) == "<unk>"


def test_case_can_be_kept():
    made = WordTokenizer.from_texts(["Bad bad"], lowercase=False)
    assert set(made.words) == {"<unk>", "Bad", "bad"}
    assert made.split("BAD Bad")[0] == ("BAD", 0)


def test_rare_words_can_be_left_out():
    assert set(WordTokenizer.from_texts(TEXTS, min_count=3).words) == {"<unk>", "bad"}
    assert WordTokenizer.from_texts(TEXTS, max_words=2).words == ("<unk>", "bad", "film")


def seen(text):
    """Return what a reader sees: no spaces, invisible formats and selectors of a variant."""
    return [
        sign
        for sign in text
        if not sign.isspace()
        and unicodedata.category(sign) != "Cf"
        and not unicodedata.name(sign, "").startswith("VARIATION SELECTOR")
    ]


@given(st.lists(st.text(max_size=30), min_size=1, max_size=5))
@settings(max_examples=100, deadline=None)
def test_every_text_is_read_as_words_that_are_in_it(texts):
    if not any(parted(text.lower()) for text in texts):
        with pytest.raises(InputError, match="no words"):
            WordTokenizer.from_texts(texts)
        return
    made = WordTokenizer.from_texts(texts)
    for text in texts:
        for word, token in made.split(text):
            assert word in text.lower()
            assert made.shown(token) == word
        kept = "".join(word for word, _ in made.split(text))
        assert seen(kept) == seen(text.lower())
    assert WordTokenizer.from_dict(json.loads(json.dumps(made.to_dict()))) == made


def test_long_texts_keep_their_first_tokens():
    made = WordTokenizer.from_texts(TEXTS)
    tokens = made.split("bad film bad")
    assert made.shortened(tokens, 2) == tokens[:2]


@pytest.mark.parametrize("words", [(), ("bad",), ("<unk>", "bad", "bad")])
def test_a_vocabulary_begins_with_the_unknown_and_repeats_nothing(words):
    with pytest.raises(InputError, match="a vocabulary of different words that begins") as error:
        WordTokenizer(words=words)
    assert ("'bad' twice" if len(words) == 3 else repr(words[:1])) in str(error.value)
    assert "WordTokenizer.from_texts(texts)" in str(error.value)


def test_texts_without_words_make_no_vocabulary():
    with pytest.raises(InputError, match="words that occur at least 1 times") as error:
        WordTokenizer.from_texts(["", " "])
    assert "no words" in str(error.value)
    with pytest.raises(InputError, match="words that occur at least 9 times") as error:
        WordTokenizer.from_texts(TEXTS, min_count=9)
    assert "different words, each rarer" in str(error.value)
    assert "a smaller min_count" in str(error.value)


def test_options_are_checked():
    with pytest.raises(InputError, match="min_count to be a whole number of at least 1"):
        WordTokenizer.from_texts(TEXTS, min_count=0)
    with pytest.raises(InputError, match="max_words to be a whole number of at least 1"):
        WordTokenizer.from_texts(TEXTS, max_words=0)
    with pytest.raises(InputError, match="lowercase to be True or False"):
        WordTokenizer.from_texts(TEXTS, lowercase="yes")
