from __future__ import annotations

import numpy as np
import pytest

from xaigeo.ensemble.members import FunctionAnswers
from xaigeo.ensemble.texts import text_answers
from xaigeo.ensemble.texts.text_answers import answers_to_texts, spread
from xaigeo.errors import InputError

TEXTS = ["a", "bb", "", "ccc", "bb"]


def lengths(texts):
    answer = np.array([len(text) / 40 for text in texts])
    texts.clear()  # what is done to the list must not reach the next model
    return answer


def ask(function, texts=TEXTS):
    return answers_to_texts(FunctionAnswers([lengths, function], True), texts)


def test_equal_texts_are_asked_about_once_and_answered_in_their_places():
    asked = []

    def function(texts):
        asked.append(list(texts))
        return lengths(texts)

    values = ask(function)
    assert asked == [["a", "bb", "", "ccc"]]
    np.testing.assert_array_equal(values[:, :, 1] * 40, [[1, 2, 0, 3, 2]] * 2)


def test_texts_are_asked_about_in_bounded_parts(monkeypatch):
    monkeypatch.setattr(text_answers, "TEXTS_AT_ONCE", 3)
    monkeypatch.setattr(text_answers, "CHARACTERS_AT_ONCE", 12)
    asked = []

    def function(texts):
        asked.append(list(texts))
        return lengths(texts)

    texts = ["a", "bb", "ccc", "dddd", "e" * 13, "f", "gggggggggg", "hh"]
    values = ask(function, texts)
    assert asked == [texts[:3], texts[3:4], texts[4:5], texts[5:7], texts[7:]]
    np.testing.assert_array_equal(values[1, :, 1], [len(text) / 40 for text in texts])


@pytest.mark.parametrize("text", TEXTS[:4])
def test_the_text_is_named_whose_answer_is_none(text):
    with pytest.raises(InputError) as told:
        ask(lambda texts: [np.nan if one == text else 0.5 for one in texts])
    assert str(told.value) == (
        "Expected finite outputs of shape (4, n_outputs) from model 1, got shape (4, 1) with "
        f"values that are not finite, asked about {text!r}. Return one row of outputs for each row "
        "of input."
    )
    with pytest.raises(InputError, match=f"values from 0.5 to 7, asked about {text!r}"):
        ask(lambda texts: [7 if one == text else 0.5 for one in texts])


@pytest.mark.parametrize(
    "function",
    [
        lambda texts: [np.nan] * len(texts),
        lambda texts: [0.5] * (len(texts) + 1),
        lambda texts: [0.5],
        lambda texts: [0.2, 0.3],
    ],
)
def test_no_text_is_named_where_it_is_not_the_text(function):
    with pytest.raises(InputError, match="from model 1") as told:
        ask(function)
    assert "asked about" not in str(told.value)


def test_places_that_are_spread_over_all():
    assert spread(3, 4).tolist() == [0, 1, 2]
    assert spread(9, 3).tolist() == [0, 4, 8]
