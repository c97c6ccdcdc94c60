from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xaigeo.errors import InputError
from xaigeo.text import TextSchema, WordTokenizer
from xaigeo.text.word_parting import parted

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
THUMB, HEART = "\U0001f44d\U0001f3fd", "\u2764\ufe0f\u200d\U0001f525"
GERMANY, FRANCE = "\U0001f1e9\U0001f1ea", "\U0001f1eb\U0001f1f7"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("我喜欢这个", ["我", "喜", "欢", "这", "个"]),
        ("すごいデータ!", ["す", "ご", "い", "デ", "ー", "タ", "!"]),
        ("new手机2台", ["new", "手", "机", "2", "台"]),
        ("한국어 문장", ["한국어", "문장"]),
        (f"{FAMILY}{FAMILY} ok", [FAMILY, FAMILY, "ok"]),
        (f"{THUMB}{HEART}", [THUMB, HEART]),
        (f"{GERMANY}{FRANCE}", [GERMANY, FRANCE]),
        ("1\ufe0f\u20e3 go", ["1\ufe0f\u20e3", "go"]),
        ("nai\u0308ve", ["nai\u0308ve"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("a\u200bb \ufeffc", ["a", "b", "c"]),
        ("don't -- film-maker's", ["don't", "-", "-", "film-maker's"]),
    ],
)
def test_texts_are_parted_as_they_are_read(text, expected):
    assert parted(text) == expected


@given(st.text(max_size=40))
@settings(max_examples=200, deadline=None)
def test_only_spaces_and_what_is_not_seen_are_left_out(text):
    tokens = parted(text)
    place, left = 0, ""
    for token in tokens:
        found = text.index(token, place)
        left, place = left + text[place:found], found + len(token)
    left += text[place:]
    # Categories of spaces, of invisible formats, and of the marks that choose a letter's variant.
    for sign in left:
        invisible = unicodedata.category(sign) == "Cf" or unicodedata.name(sign, "").startswith(
            "VARIATION SELECTOR"
        )
        assert sign.isspace() or invisible


@given(st.text(alphabet=st.characters(max_codepoint=0x17F, exclude_characters="\u00ad")))
@settings(max_examples=200, deadline=None)
def test_western_texts_are_parted_as_before(text):
    assert parted(text) == parted(text, 1)


def test_a_tokenizer_that_was_saved_reads_on_as_it_was_made():
    old = {"kind": "words", "words": ["<unk>", "我喜欢"], "lowercase": True}
    schema = {"tokenizer": old, "max_tokens": 3}
    read = TextSchema.from_dict(schema)
    assert read.tokenizer.split("我喜欢 好") == [("我喜欢", 1), ("好", 0)]
    assert read.to_dict() == schema
    new = WordTokenizer.from_texts(["我喜欢"])
    again = WordTokenizer.from_dict(json.loads(json.dumps(new.to_dict())))
    assert again == new
    assert [shown for shown, _ in again.split("我喜欢")] == ["我", "喜", "欢"]


def test_a_rule_of_a_later_version_is_not_read():
    with pytest.raises(InputError, match=r"Expected parting among 2, 1, got 3\. Read it with"):
        WordTokenizer(words=("<unk>",), parting=3)
