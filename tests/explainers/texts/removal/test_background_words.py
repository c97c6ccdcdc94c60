from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from tests.huggingface_models import word_pieces
from tests.text_models import linear_text_ensemble
from xaigeo.errors import InputError
from xaigeo.explainers.background import Background
from xaigeo.explainers.base import Block
from xaigeo.explainers.blocks.streams import shared_seed
from xaigeo.explainers.texts.removal.background_words import BackgroundWords, single_words
from xaigeo.text import ABSENT, HuggingFaceTokenizer, TextSchema

TEXTS = ["good singing good", "films with singing", "sing a film"]
SCHEMA = TextSchema.of(HuggingFaceTokenizer.from_tokenizer(word_pieces()), 20)


def block_of(texts):
    class Ensemble:
        schema = SCHEMA

    rows = SCHEMA.encode(texts)
    background = Background.from_frame(SCHEMA, rows)
    return Block(Ensemble(), rows, background, [], shared_seed(0))


def test_texts_are_numbers_of_their_words():
    known = BackgroundWords.of(block_of(TEXTS))
    shown = SCHEMA.tokenizer.shown
    label = {
        number: "".join(shown(piece).removeprefix("##") for piece in word)
        for word, number in known.known.items()
    }
    read = [[label[int(n)] for n in row if n != ABSENT] for row in known.rows]
    assert read == [["[CLS]", *text.split(), "[SEP]"] for text in TEXTS]


def test_tokens_that_are_whole_words_are_counted_where_they_are():
    single = BackgroundWords.of(block_of(TEXTS)).single
    found = Counter(SCHEMA.tokenizer.shown(int(token)) for token in single)
    # "sing" of "singing" and "film" of "films" are no words.
    assert found == Counter({"good": 2, "with": 1, "sing": 1, "a": 1, "film": 1})


def test_words_that_are_not_there_have_numbers_of_their_own():
    known = BackgroundWords.of(block_of(TEXTS))
    there = next(word for word in known.known if len(word) > 1)
    numbers = known.numbers([there, (998.0,), (999.0,), (998.0,)])
    assert numbers[0] == known.known[there]
    assert numbers[1] == numbers[3] != numbers[2]
    assert not np.isin(numbers[1:], known.rows).any()


def test_without_single_words_there_is_nothing_to_draw():
    with pytest.raises(InputError, match="texts whose words are all made of several"):
        single_words(block_of(["zebra films"]))


def test_every_token_of_a_word_tokenizer_is_one():
    ensemble = linear_text_ensemble()
    rows = ensemble.schema.encode(["good film", "good plot"])
    block = Block(ensemble, rows, Background.from_frame(ensemble.schema, rows), [], shared_seed(0))
    assert BackgroundWords.of(block).single.tolist() == rows[rows != ABSENT].tolist()
