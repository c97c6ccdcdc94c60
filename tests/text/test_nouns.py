from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xaigeo.agreement.score import SCORES
from xaigeo.text.nouns import NOUNS, of_texts


@pytest.mark.parametrize(
    ("table", "texts"),
    [
        ("Dot: a row. Features put back.", "Dot: a text. Words put back."),
        ("On 1 row of 3 instances", "On 1 text of 3 texts"),
        ("n_rows, datum.row and arrows", "n_rows, datum.row and arrows"),
        ("Rows add up to 100%. Rows given", "Rows add up to 100%. Texts given"),
    ],
)
def test_nouns_are_those_of_texts(table, texts):
    assert of_texts(table) == texts


def test_the_parts_of_a_text_may_be_tokens():
    assert of_texts("The top features of a row", part="token") == "The top tokens of a text"


def test_articles_fit_their_nouns():
    assert of_texts("An instance, an Instance") == "A text, a Text"


def test_names_are_kept():
    told = of_texts("Of an instance and an instance of it", kept=["instance of it"])
    assert told == "Of a text and an instance of it"
    names = ["front row", "features", "yes"]
    told = of_texts("On 2 rows most say front row, on 3 rows features", kept=names)
    assert told == "On 2 texts most say front row, on 3 texts features"


@pytest.mark.parametrize("name", list(SCORES.names()))
def test_what_scores_mean_can_be_told_of_texts(name):
    told = of_texts(SCORES.get(name).meaning)
    assert "of texts:" not in told
    assert not set(re.findall(r"\w+", told.lower())) & set(NOUNS)


@given(st.lists(st.sampled_from([*NOUNS, "seed", "arrow", ",", "."]), max_size=8))
def test_every_word_is_told_by_itself_and_only_once(words):
    sentence = " ".join(words)
    told = of_texts(sentence)
    assert told == " ".join(of_texts(word) for word in words)
    assert of_texts(told) == told
