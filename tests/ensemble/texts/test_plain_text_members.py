from __future__ import annotations

import numpy as np
import pytest

from xaigeo.ensemble.members import FunctionAnswers
from xaigeo.ensemble.texts.plain_text_members import PlainTextMembers
from xaigeo.ensemble.texts.text_members import TextMembers
from xaigeo.errors import InputError
from xaigeo.text import ABSENT, TextSchema, WordTokenizer

WORDS = WordTokenizer(("<unk>", "Good", "film", "!", "bad"), lowercase=False)
SCHEMA = TextSchema.of(WORDS, 4)


class Recorder:
    """Half the number of characters, modulo 1, and every list that it was asked about."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []

    def __call__(self, texts):
        self.asked.append(list(texts))
        answer = np.array([len(text) / 40 for text in texts])
        texts.clear()  # what is done to the list must not reach the next model
        return answer


def members_of(*functions) -> PlainTextMembers:
    return PlainTextMembers(FunctionAnswers(list(functions), True), SCHEMA, 2)


def test_models_read_the_words_that_are_left_with_a_space_between():
    first, second = Recorder(), Recorder()
    members = members_of(first, second)
    assert isinstance(members, TextMembers)
    rows = np.array([[1, 2, 3, -1], [1, -1, 3, -1], [-1, -1, -1, -1], [0, 4, -1, -1]], dtype=float)
    values = members.values(rows, "probability")
    read = ["Good film !", "Good !", "", "<unk> bad"]
    assert first.asked == [read]
    assert second.asked == [read]
    np.testing.assert_array_equal(values[0, :, 1], [len(text) / 40 for text in read])
    np.testing.assert_array_equal(values[0], values[1])
    np.testing.assert_array_equal(members.member_values(1, rows, "probability"), values[1])
    assert members.subset([1]).n_members == 1


def test_equal_texts_are_asked_about_once_and_answered_in_their_places():
    asked = Recorder()
    # The same two words at other places, and the empty text twice.
    rows = np.array(
        [[1, -1, 2, -1], [-1, -1, -1, -1], [-1, 1, -1, 2], [4, -1, -1, -1], [-1, -1, -1, -1]],
        dtype=float,
    )
    values = members_of(asked).values(rows, "probability")
    assert asked.asked == [["Good film", "", "bad"]]
    np.testing.assert_array_equal(values[0, :, 1], np.array([9, 0, 9, 3, 0]) / 40)
    assert members_of(asked).values(rows[:0], "probability").shape == (1, 0, 2)


def test_nothing_is_read_from_inside():
    members = members_of(Recorder())
    rows = np.array([[1.0, ABSENT, ABSENT, ABSENT]])
    for ask, what in (
        (lambda: members.embed(rows), "word vectors"),
        (lambda: members.outputs_of_embedded(None, rows, "probability"), "word vectors"),
        (lambda: members.attention(rows), "attention"),
        (lambda: members.outputs_with_attention(rows, rows, "probability"), "attention"),
    ):
        with pytest.raises(
            InputError,
            match=f"models whose {what} can be read, got functions, which take texts and give "
            "answers alone. Use a method that removes words: 'occlusion', 'lime'",
        ):
            ask()
    assert members.modules == []


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda texts: [{"label": "good"}] * len(texts), "a list that is no array of numbers"),
        (lambda texts: np.full(len(texts), np.nan), "values that are not finite"),
        (lambda texts: np.full(len(texts), 1.2), "probabilities between 0 and 1 from model 0"),
        (lambda texts: np.full((len(texts), 3), 0.5), "add up to 1 in every row from model 0"),
        (lambda texts: np.array([0.2, 0.8]), r"outputs of shape \(1, n_outputs\) from model 0"),
    ],
)
def test_answers_that_are_none(function, message):
    with pytest.raises(InputError, match=message):
        members_of(function).values_of_texts(["Good"])


def test_models_of_other_shapes():
    with pytest.raises(InputError, match="return outputs of one shape"):
        members_of(
            lambda texts: np.full((len(texts), 3), 1 / 3), lambda texts: np.full(len(texts), 0.5)
        ).values_of_texts(["Good"])
