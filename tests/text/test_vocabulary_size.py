from __future__ import annotations

import pytest

from xaigeo.ensemble.texts.wrapped_schema import plain_tokenizer
from xaigeo.text import WordTokenizer
from xaigeo.text.vocabulary_size import vocabulary_size

TEXTS = ["A good film", "a GOOD plot"]


@pytest.mark.parametrize(
    ("tokenizer", "told"),
    [
        (WordTokenizer.from_texts(TEXTS), "5 different ones"),
        (
            WordTokenizer.from_texts(TEXTS, lowercase=False),
            "5 different ones, whatever their case",
        ),
        (plain_tokenizer(None, TEXTS), "5 different ones, whatever their case"),
        (WordTokenizer.from_texts([f"w{n}" for n in range(1707)]), "1,708 different ones"),
    ],
)
def test_ways_of_writing_a_word_count_once(tokenizer, told):
    assert vocabulary_size(tokenizer) == told
