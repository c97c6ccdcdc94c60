from __future__ import annotations

import json
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.text_models import MarkedTokenizer
from xaigeo.errors import InputError, LongTextWarning
from xaigeo.schema import FeatureSchema
from xaigeo.text import ABSENT, TextSchema, WordTokenizer
from xaigeo.text.schema import as_texts, read_tokenizer

TEXTS = ["a good film", "not a good plot at all", "fine"]


def schema(max_tokens=6):
    return TextSchema.of(WordTokenizer.from_texts(TEXTS), max_tokens)


def marked():
    return TextSchema.of(MarkedTokenizer(WordTokenizer.from_texts(TEXTS)), 6)


@pytest.mark.parametrize("kind", [list, tuple, np.array, pd.Series])
def test_texts_become_rows_with_nothing_beyond_their_end(kind):
    made = schema()
    matrix = made.encode(kind(TEXTS))
    assert matrix.dtype == np.float64
    assert matrix.shape == (3, 6)
    for row, text in zip(matrix, TEXTS, strict=True):
        words = text.split()
        assert [made.tokenizer.words[int(t)] for t in row[: len(words)]] == words
        assert (row[len(words) :] == ABSENT).all()


def test_one_text_is_a_row():
    assert schema().encode("good film").shape == (1, 6)


@given(
    texts=st.lists(
        st.lists(
            st.sampled_from(["a", "good", "film", "not", "plot", "at", "all", "fine"]),
            min_size=1,
            max_size=6,
        ),
        min_size=1,
        max_size=8,
    )
)
@settings(max_examples=50, deadline=None)
def test_decoding_gives_known_words_back(texts):
    made = schema()
    joined = [" ".join(words) for words in texts]
    matrix = made.encode(joined)
    assert made.decode(matrix)["text"].tolist() == joined
    assert made.to_model_input(matrix).tolist() == joined
    np.testing.assert_array_equal(made.encode(made.to_model_input(matrix)), matrix)


def test_removed_tokens_are_left_out_when_read():
    made = schema()
    row = made.encode("a good film")[0]
    row[1] = ABSENT
    assert made.words_of(row) == ["a", "film"]
    assert made.decode(row[None])["text"].tolist() == ["a film"]


def test_places_are_the_features():
    made = schema()
    assert made.names == ["1", "2", "3", "4", "5", "6"]
    assert made.n_features == 6
    assert made.discrete.all()
    assert made.discrete.shape == (6,)


def test_long_texts_lose_their_end_and_it_is_told():
    made = schema(max_tokens=4)
    with pytest.warns(LongTextWarning) as told:
        matrix = made.encode(TEXTS)
    assert str(told[0].message) == (
        "1 of 3 texts have more than 4 tokens (up to 6); what is beyond is not read. Make the "
        "ensemble with a larger max_tokens, if the models read as many, or cut the texts."
    )
    assert made.words_of(matrix[1]) == ["not", "a", "good", "plot"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made.encode(TEXTS[0])


def test_tokens_that_the_tokenizer_adds_are_told_apart():
    made = marked()
    matrix = made.encode(["good film"])
    assert made.words_of(matrix[0]) == ["[start]", "good", "film"]
    assert made.special(matrix).tolist() == [[True, False, False, False, False, False]]
    assert not schema().special(schema().encode(TEXTS)).any()


def test_a_description_brings_the_schema_back():
    made = schema()
    again = FeatureSchema.from_dict(json.loads(json.dumps(made.to_dict())))
    assert again == made
    assert isinstance(again, TextSchema)
    assert again.digest == made.digest
    assert schema(max_tokens=5).digest != made.digest


@pytest.mark.parametrize("texts", [["good", "  "], ["good", ""]])
def test_texts_without_a_word_are_refused(texts):
    with pytest.raises(InputError, match="texts with at least one word each") as error:
        schema().encode(texts)
    assert f"{texts[1]!r} at place 1" in str(error.value)
    assert "Leave such texts out" in str(error.value)


def test_a_text_of_added_tokens_alone_has_no_word():
    with pytest.raises(InputError, match="rows with at least one word each") as error:
        marked().encode(["", "good", " "], what="rows")
    assert "'' at place 0 and 1 more without" in str(error.value)


@pytest.mark.parametrize("given", [pd.DataFrame({"text": TEXTS}), 3, None])
def test_other_things_than_texts_are_refused(given):
    with pytest.raises(InputError, match="texts as a Series, an array or a list of str") as error:
        as_texts(given)
    assert type(given).__name__ in str(error.value)
    assert "frame['text']" in str(error.value)


@pytest.mark.parametrize(
    ("given", "advice"),
    [
        ({"good", "bad"}, "a set has no order"),
        (frozenset(["good"]), "a set has no order"),
        ({"a": "good"}, r"Pass list(texts.values())"),
        ({"a": "good"}.values(), "Pass list(texts)"),
        ((text for text in TEXTS), "Pass list(texts)"),
        (b"good", "Pass one column"),
    ],
    ids=["set", "frozenset", "dict", "values", "generator", "bytes"],
)
def test_texts_come_in_an_order_that_stays(given, advice):
    with pytest.raises(InputError, match="texts as a Series, an array or a list of str") as error:
        as_texts(given)
    assert advice in str(error.value)


@pytest.mark.parametrize("half", [0xD800, 0xDFFF])
def test_half_a_character_is_refused_wherever_texts_are_read(half):
    with pytest.raises(InputError, match="written as UTF-8, got half a character") as error:
        schema().encode(["good", f"a{chr(half)}b"])
    assert "at place 1" in str(error.value)
    assert "surrogatepass" in str(error.value)


def test_words_beyond_the_end_are_named():
    assert schema(max_tokens=4).unread(TEXTS[1]) == ["at", "all"]
    assert schema(max_tokens=6).unread(TEXTS[1]) == []


def test_a_cut_that_was_told_is_not_told_again():
    made = schema(max_tokens=4)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        quiet = made.encode(TEXTS, tell_cut=False)
    with pytest.warns(LongTextWarning):
        np.testing.assert_array_equal(made.encode(TEXTS), quiet)


@pytest.mark.parametrize("odd", [None, float("nan"), 3])
def test_what_is_no_text_is_named(odd):
    with pytest.raises(InputError, match="str in texts") as error:
        as_texts(["good", odd])
    assert f"{odd!r} ({type(odd).__name__}) at place 1" in str(error.value)
    assert "nothing is filled in silence" in str(error.value)


def test_no_texts_are_refused():
    with pytest.raises(InputError, match="at least one of texts"):
        as_texts([])


def test_a_schema_needs_a_tokenizer():
    with pytest.raises(InputError, match="a tokenizer") as error:
        TextSchema.of("words", 3)
    assert "WordTokenizer.from_texts" in str(error.value)


@pytest.mark.parametrize("length", [0, -1, 2.5, True])
def test_a_length_is_a_whole_number(length):
    with pytest.raises(InputError, match="max_tokens to be a whole number of at least 1"):
        schema(length)


def test_unknown_tokenizers_are_not_read():
    with pytest.raises(
        InputError, match="tokenizer of kind 'words', 'huggingface' or 'whole_words'"
    ) as error:
        read_tokenizer({"kind": "letters"})
    assert "'letters'" in str(error.value)
