from __future__ import annotations

import numpy as np
import pytest

from xaigeo.ensemble.members import FunctionAnswers
from xaigeo.ensemble.texts import read_capitals
from xaigeo.ensemble.texts.read_capitals import reads_capitals, schema_as_read
from xaigeo.ensemble.texts.wrapped_schema import plain_tokenizer, wrapped_schema
from xaigeo.text import WordTokenizer

TEXTS = ["A good film!", "not GOOD", "eine große Straße"]


def whole(texts):
    return np.array([0.1 * ("good" in text.lower()) for text in texts])


def in_small_letters(texts):
    return np.array([0.1 + 1e-9 * ("good" in text) for text in texts])


def in_capitals(texts):
    return np.array([0.1 * ("FILM" in text) for text in texts])


@pytest.mark.parametrize(
    ("functions", "texts", "reads"),
    [
        ([whole], TEXTS, False),
        ([whole, in_small_letters], TEXTS, True),  # however little
        ([in_capitals], TEXTS, False),  # no example tells
        ([in_capitals], ["a FILM"], True),
        ([in_capitals], ["a film"], True),  # small letters alone are asked about in capitals
        ([lambda texts: np.array([0.1 * ("ß" in text) for text in texts])], ["große"], False),
        ([lambda texts: np.full(len(texts), np.nan)], ["好", "123"], False),  # and not asked
    ],
)
def test_capitals_are_read_where_an_answer_tells(functions, texts, reads):
    assert reads_capitals(FunctionAnswers(functions, True), texts) is reads


def test_some_of_many_texts_are_asked_about(monkeypatch):
    monkeypatch.setattr(read_capitals, "MOST_TEXTS", 3)
    asked = []

    def function(texts):
        asked.extend(texts)
        return np.full(len(texts), 0.5)

    assert not reads_capitals(FunctionAnswers([function], True), [f"T{n}" for n in range(9)])
    assert asked == ["T0", "T4", "T8", "t0", "t4", "t8"]


@pytest.mark.parametrize("min_count", [1, 2])
def test_the_schema_is_of_small_letters_unless_capitals_are_read(min_count):
    cased = wrapped_schema(plain_tokenizer(None, TEXTS, min_count), TEXTS, 3)
    small = schema_as_read(cased, FunctionAnswers([whole], True), TEXTS, 3, min_count)
    assert small.tokenizer == WordTokenizer.from_texts(TEXTS, min_count=min_count)
    assert small.max_tokens == 3
    answers = FunctionAnswers([in_small_letters], True)
    assert schema_as_read(cased, answers, TEXTS, 3, min_count) is cased
