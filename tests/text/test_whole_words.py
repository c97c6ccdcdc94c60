from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

from tests.huggingface_models import byte_pairs, word_pieces
from xaigeo.errors import InputError
from xaigeo.schema import FeatureSchema
from xaigeo.text import ABSENT, HuggingFaceTokenizer, TextSchema, WordTokenizer
from xaigeo.text.whole_word_schema import (
    OTHER,
    WholeWordSchema,
    WholeWordTokenizer,
    labelled_words,
)
from xaigeo.text.whole_words import WholeWords, whole_words


def spaced():
    """Return a tokenizer such as SentencePiece's, in which "▁" is the space before a word."""
    letters = "abcdefgilmnorstxy,.!"
    pieces = [("<unk>", 0.0), ("▁", -3.0), ("▁good", -1.0), ("ing", -1.0), ("▁sing", -1.0)]
    backend = Tokenizer(models.Unigram([*pieces, *((letter, -5.0) for letter in letters)], 0))
    backend.pre_tokenizer = pre_tokenizers.Metaspace()
    backend.decoder = decoders.Metaspace()
    return backend


def closed():
    """Return a tokenizer in which "</w>" closes the last piece of a word."""
    known = ["<unk>", "g", "o", "d", "d</w>", "go", "x", "x</w>", "o</w>"]
    backend = Tokenizer(
        models.BPE(
            {token: place for place, token in enumerate(known)},
            [("g", "o")],
            unk_token="<unk>",
            end_of_word_suffix="</w>",
        )
    )
    backend.pre_tokenizer = pre_tokenizers.Whitespace()
    return backend


MAKERS = {"pieces": word_pieces, "bytes": byte_pairs, "spaces": spaced, "closed": closed}
TOKENIZERS = {name: HuggingFaceTokenizer.from_tokenizer(make()) for name, make in MAKERS.items()}
WORDS = {
    "pieces": ["good", "singing", "films", "boring", "zxy"],
    "bytes": ["good", "singing", "film", "café", "我们"],
    "spaces": ["good", "singing", "goodness", "gxo"],
    "closed": ["god", "good", "x", "xx", "do"],
}


@pytest.mark.parametrize("name", MAKERS)
@given(data=st.data())
def test_words_are_those_between_the_spaces(name, data):
    words = data.draw(st.lists(st.sampled_from(WORDS[name]), min_size=1, max_size=6))
    found = labelled_words(" ".join(words), TOKENIZERS[name])
    special = TOKENIZERS[name].special
    assert [label for label, pieces in found if pieces[0] not in special] == words


@pytest.mark.parametrize("name", ["pieces", "bytes", "spaces", "closed"])
@given(data=st.data())
def test_words_are_those_of_the_tokenizer(name, data):
    """The library says of every piece which word of the text it came from."""
    words = data.draw(st.lists(st.sampled_from(WORDS[name]), min_size=1, max_size=6))
    encoded = TOKENIZERS[name].backend.encode(" ".join(words))
    begin = WholeWords(TOKENIZERS[name]).begin(encoded.ids)
    theirs = encoded.word_ids
    expected = [
        i == 0 or theirs[i] is None or theirs[i] != theirs[i - 1] for i in range(len(theirs))
    ]
    assert begin == expected


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("pieces", "singing, (good)films", ["singing", ",", "(", "good", ")", "films"]),
        ("bytes", "(good) singing.", ["(", "good", ")", "singing", "."]),
        ("bytes", "abc123 😀", ["abc123", "😀"]),
        ("spaces", "good,singing !", ["good", ",", "singing", "!"]),
    ],
)
def test_signs_are_words_of_their_own(name, text, expected):
    found = labelled_words(text, TOKENIZERS[name])
    assert [label for label, _ in found if label not in ("[CLS]", "[SEP]")] == expected


def test_every_token_of_the_word_tokenizer_is_a_word():
    tokenizer = WordTokenizer.from_texts(["a good-natured film ## ing"])
    rows = TextSchema.of(tokenizer, 12).encode(["a film ## ing", "good-natured zebra"])
    expected = [[(int(t),) for t in row if t != ABSENT] for row in rows]
    assert whole_words(rows, tokenizer) == expected


class Marked:
    """A tokenizer of a user's own, known by what it shows."""

    kind, special, unknown = "own", frozenset(), None

    def __init__(self, *tokens):
        self.tokens, self.n_tokens = tokens, len(tokens)

    def shown(self, token):
        return self.tokens[token]


def test_marks_in_common_use_are_read_of_any_tokenizer():
    hashed = Marked("sing", "##ing", ".")
    assert WholeWords(hashed).begin([0, 1, 2, 0]) == [True, False, True, True]
    spaces = Marked("▁sing", "ing", "▁good", ".")
    assert WholeWords(spaces).begin([0, 1, 2, 3, 1]) == [True, False, True, True, True]
    plain = Marked("sing", "ing")
    assert WholeWords(plain).begin([0, 1, 1]) == [True, True, True]


def test_owners_number_the_words_of_a_row():
    schema = TextSchema.of(TOKENIZERS["pieces"], 9)
    (row,) = schema.encode(["good singing"])
    assert schema.words_of(row) == ["[CLS]", "good", "sing", "##ing", "[SEP]"]
    owners = WholeWords(schema.tokenizer).owners(row)
    assert owners.tolist() == [0, 1, 2, 2, 3, -1, -1, -1, -1]


def test_only_tokens_that_need_no_others_are_whole_words():
    known = TOKENIZERS["pieces"].backend.get_vocab()
    rule = WholeWords(TOKENIZERS["pieces"])
    assert rule.always_begins(known["good"])
    assert not rule.always_begins(known["##ing"])
    known, rule = TOKENIZERS["closed"].backend.get_vocab(), WholeWords(TOKENIZERS["closed"])
    assert rule.always_begins(known["x</w>"])
    assert not rule.always_begins(known["go"])
    known, rule = TOKENIZERS["bytes"].backend.get_vocab(), WholeWords(TOKENIZERS["bytes"])
    assert rule.always_begins(known["Ġgood"])
    assert not rule.always_begins(known["good"])


@pytest.fixture
def words():
    own = TextSchema.of(TOKENIZERS["pieces"], 12)
    return own, WholeWordSchema.of_rows(own, own.encode(["good singing", "boring singing film"]))


def test_rows_of_words_hold_one_number_a_word(words):
    own, schema = words
    n = own.tokenizer.n_tokens
    found = schema.of_pieces(own.encode(["singing good film", "films"]))
    shown = [[schema.tokenizer.shown(int(t)) for t in row if t != ABSENT] for row in found]
    assert shown == [["[CLS]", "singing", "good", "film", "[SEP]"], ["[CLS]", OTHER, "[SEP]"]]
    assert found[0, 1] >= n
    assert found[1, 1] == schema.tokenizer.n_tokens - 1
    good = own.tokenizer.backend.token_to_id("good")
    assert found[0, 2] == good  # a word of one piece keeps its number
    assert schema.special(found)[0].tolist() == [True, False, False, False, True] + [False] * 7
    assert schema.tokenizer.split("good singing") == [
        ("[CLS]", 2),
        ("good", good),
        ("singing", int(found[0, 1])),
        ("[SEP]", 3),
    ]


def test_the_vocabulary_follows_from_the_texts_alone(words):
    own, schema = words
    again = WholeWordSchema.of_rows(own, own.encode(["boring", "film singing", "singing"]))
    assert again == schema
    assert again.digest == schema.digest


def test_a_schema_is_read_back(words):
    _, schema = words
    read = FeatureSchema.from_dict(schema.to_dict())
    assert isinstance(read, WholeWordSchema)
    assert read == schema
    assert isinstance(read.tokenizer, WholeWordTokenizer)


def test_the_end_that_is_not_read_is_that_of_the_models():
    own = TextSchema.of(TOKENIZERS["pieces"], 5)
    with pytest.warns(UserWarning, match="more than 5 tokens"):
        rows = own.encode(["good singing film"])
    schema = WholeWordSchema.of_rows(own, rows)
    assert schema.unread("good singing film") == own.unread("good singing film") == ["film"]
    assert schema.of_pieces(rows).shape == (1, 5)


def test_other_tokenizers_are_refused():
    with pytest.raises(InputError, match="Expected a WholeWordTokenizer, got WordTokenizer"):
        WholeWordSchema.of(WordTokenizer(("<unk>",)), 3)


def test_no_row_of_words_is_a_row_of_pieces_by_chance(words):
    own, schema = words
    pieces = own.encode(["good singing", "singing singing film", "boring"])
    several = np.array(
        [
            len(w) < (row != ABSENT).sum()
            for w, row in zip(whole_words(pieces, own.tokenizer), pieces, strict=True)
        ]
    )
    assert several.all()
    assert (schema.of_pieces(pieces).max(axis=1) >= own.tokenizer.n_tokens).all()
