from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from xaigeo.ensemble.texts import text_problem
from xaigeo.ensemble.texts.text_problem import read_text_problem, split_texts
from xaigeo.errors import InputError
from xaigeo.text import ABSENT, WordTokenizer

OPTIONS = {
    "task": None,
    "validation_share": 0.25,
    "random_state": 0,
    "tokenizer": None,
    "min_count": None,
    "max_words": None,
    "max_tokens": None,
}
TEXTS = [f"text {['one', 'two', 'three', 'four'][k % 4]} {k}" for k in range(12)]
LABELS = [k % 2 for k in range(12)]


def read(texts=TEXTS, y=LABELS, **more):
    return read_text_problem(texts, y, **{**OPTIONS, **more})


def test_texts_become_rows_of_token_numbers():
    problem, split = read()
    assert problem.rows.shape == (12, 3)
    assert problem.classes == (0, 1)
    assert problem.task == "classification"
    words = problem.schema.tokenizer.words
    for row, text in zip(problem.rows, TEXTS, strict=True):
        expected = [words.index(w) if w in words else 0 for w in text.split()]
        assert row[row != ABSENT].tolist() == expected
    assert {str(k) for k in split.train} <= set(words)
    assert not {str(k) for k in split.validation} & set(words)


@pytest.mark.parametrize("max_tokens", [10**6, 10**9])
def test_room_that_no_text_needs_is_refused(monkeypatch, max_tokens):
    # 12 texts of 3 tokens, 8 bytes a place: 96 bytes of rows a token.
    monkeypatch.setattr(text_problem, "MOST_ROOM", 96 * 1000)
    assert read(max_tokens=1003)[0].schema.max_tokens == 1003
    with pytest.raises(InputError) as caught:
        read(max_tokens=max_tokens)
    assert str(caught.value) == (
        "Expected max_tokens of at most 1003: the longest text has 3 tokens, and encoded texts "
        f"take 96 bytes a token, got {max_tokens}. Leave max_tokens out, or pass what the longest "
        "text that you will ask about has."
    )


def test_room_as_large_as_the_texts_is_never_refused(monkeypatch):
    monkeypatch.setattr(text_problem, "MOST_ROOM", 0)
    assert read(max_tokens=6)[0].schema.max_tokens == 6
    with pytest.raises(InputError, match="max_tokens of at most 6"):
        read(max_tokens=7)


def test_equal_texts_stay_on_one_side():
    rng = np.random.default_rng(0)
    texts = [f"Good film {k}!" for k in range(20)] + [f"good, FILM {k}" for k in range(20)]
    order = rng.permutation(40)
    texts = [texts[place] for place in order]
    labels = rng.integers(0, 2, 40)
    for state in range(5):
        split = split_texts(
            texts, labels, "classification", validation_share=0.3, random_state=state
        )
        plain = [text.lower().replace(",", "").replace("!", "") for text in texts]
        sides = [{plain[place] for place in side} for side in split]
        assert not sides[0] & sides[1]
        assert sorted([*split.train, *split.validation]) == list(range(40))
        assert len(split.validation) == 12


def test_texts_of_signs_alone_are_told_apart():
    split = split_texts(
        [":)", ":(", ":|", ":/"], np.array([0, 1, 0, 1]), "regression",
        validation_share=0.5, random_state=0,
    )  # fmt: skip
    assert len(split.validation) == 2


def test_nothing_is_held_back_for_a_share_of_zero():
    _, split = read(validation_share=0)
    assert len(split.train) == 12
    assert len(split.validation) == 0


def test_labels_in_another_order_are_refused():
    texts = pd.Series(TEXTS, index=list("abcdefghijkl"))
    y = pd.Series(LABELS, index=list("lkjihgfedcba"))
    with pytest.raises(InputError, match="y in the order of X"):
        read(texts, y)
    problem, _ = read(texts, y.loc[texts.index])
    assert problem.labels.tolist() == LABELS[::-1]


def test_one_text_is_too_few():
    with pytest.raises(InputError, match="at least two texts to train on") as error:
        read("only one", ["a"])
    assert "one text is enough for predict only" in str(error.value)


def test_another_number_of_labels_is_refused():
    with pytest.raises(InputError, match="y with 12 values"):
        read(y=[0, 1])


def test_a_class_too_rare_to_split_is_refused():
    with pytest.raises(InputError, match="every class on both sides"):
        read(y=[0] * 11 + [1])


def test_repeated_texts_are_told_where_too_few_are_left():
    message = (
        "Expected different texts enough to hold back 25% for validation, with every class on both "
        "sides, got 1 different texts among 12, those of the same words on one side, 1 of '0',"
    )
    with pytest.raises(InputError, match=re.escape(message)) as error:
        read(["Same text", "same text!"] * 6)
    assert "Pass more different texts" in str(error.value)
    with pytest.raises(InputError, match=r"Expected texts enough .* got 2 texts, 1 of '0'"):
        read(TEXTS[:2], [0, 1])


def test_texts_in_place_of_labels_are_told():
    texts = [f"number {k} of many" for k in range(30)]
    message = (
        "Expected labels that texts share, as classes, got 30 different ones for 30 texts, such as "
        "'number 0 of many'. Pass the texts first and their labels second."
    )
    with pytest.raises(InputError, match=re.escape(message)):
        read(["good", "bad"] * 15, texts)
    problem, _ = read(texts, [f"class {k % 15}" for k in range(30)], validation_share=0.5)
    assert len(problem.classes) == 15


@pytest.mark.parametrize("name", ["min_count", "max_words"])
def test_options_of_a_vocabulary_do_not_go_with_a_tokenizer(name):
    tokenizer = WordTokenizer.from_texts(TEXTS)
    with pytest.raises(InputError, match=f"{name} only where the tokenizer is made") as error:
        read(tokenizer=tokenizer, **{name: 3})
    assert f"{name}=3 and a tokenizer" in str(error.value)
    assert "Leave" in str(error.value)


def test_whole_numbers_as_floats_are_asked_about_as_for_tables():
    texts = [f"text {word} {k}" for k in range(20) for word in ("a", "b", "c")]
    y = [0.0, 1.0, 2.0] * 20
    with pytest.raises(InputError, match=r"all whole, such as 0.0, 1.0, 2.0\. Pass task="):
        read(texts, y)
    problem, _ = read(texts, y, task="classification")
    assert problem.classes == (0.0, 1.0, 2.0)
