from __future__ import annotations

import warnings

import numpy as np
import pytest

from xaigeo.ensemble.members import FunctionAnswers
from xaigeo.ensemble.texts.plain_text_members import PlainTextMembers
from xaigeo.ensemble.texts.rebuilt_texts import note_rebuilt
from xaigeo.errors import RebuiltTextWarning
from xaigeo.text import TextSchema, WordTokenizer

TEXTS = ["a Good film", "a film !", "Good", "a good plot"]


def capitals(texts):
    return np.array([0.5 + 0.1 * ("Good" in text) for text in texts])


def spaces(texts):
    return np.array([0.1 * text.count(" ") for text in texts])


def plots(texts):
    return np.array([0.2 * ("plot" in text) for text in texts])


def note(function, texts=TEXTS, *, known=TEXTS, lowercase=False, max_tokens=4, **options):
    words = WordTokenizer.from_texts(known, lowercase=lowercase)
    schema = TextSchema.of(words, max_tokens)
    task = options.pop("task", "classification")
    members = PlainTextMembers(
        FunctionAnswers([lambda t: np.full(len(t), 0.5), function], task == "classification"),
        schema,
        2 if task == "classification" else 1,
    )
    own = options.pop("schema", schema)
    note_rebuilt(members, own, texts, schema.encode(texts, tell_cut=False), task, **options)


def told(*arguments, **options) -> str:
    with pytest.warns(RebuiltTextWarning) as found:
        note(*arguments, **options)
    assert len(found) == 1
    assert found[0].filename == __file__
    return str(found[0].message)


def test_lost_capitals_are_told():
    assert told(capitals, lowercase=True) == (
        "To 2 of 4 texts models answer otherwise than to the words that they are explained by, up "
        "to 0.1 in probability apart: to 'a Good film' and to 'a good film'. Explanations speak of "
        "the words with a space between. The tokenizer makes letters small, and the models read "
        "capitals: make the ensemble with one of lowercase=False."
    )


def test_unknown_words_are_told():
    assert told(plots, known=TEXTS[:3], what="background texts") == (
        "To 1 of 4 background texts models answer otherwise than to the words that they are "
        "explained by, up to 0.2 in probability apart: to 'a good plot' and to 'a <unk> <unk>'. "
        "Explanations speak of the words with a space between. 2 words of the background texts are "
        "not known to the tokenizer, and read '<unk>'. Models answer otherwise to '<unk>' than to "
        "'plot', up to 0.2 in probability apart: explanations say of such a word what is true of "
        "'<unk>'. Make the ensemble with tokenizer=WordTokenizer.from_texts("
        "texts, lowercase=False) of texts that include those to be explained."
    )
    # Told of the text, though no word alone makes a difference.
    message = told(lambda texts: 0.5 * np.array(["good plot" in t for t in texts]), known=TEXTS[:3])
    assert "2 words of the texts are not known to the tokenizer, and read '<unk>'. Make the" in (
        message
    )


def certain(texts):
    """Near certainty by one word, which a second hardly changes."""
    words = [{"great", "superb"} & set(text.split()) for text in texts]
    return np.array([1 / (1 + np.exp(-6.0 * len(found))) for found in words])


def test_unknown_words_are_told_where_other_words_decide_a_text():
    asked = ["great superb", "great superb grand"]
    message = told(certain, asked, known=["great food"])
    assert message == (
        "2 words of the texts are not known to the tokenizer, and read '<unk>'. Models answer "
        "otherwise to '<unk>' than to 'superb', up to 0.5 in probability apart: explanations say "
        "of such a word what is true of '<unk>'. Make the ensemble with "
        "tokenizer=WordTokenizer.from_texts(texts, lowercase=False) of texts that include those to "
        "be explained."
    )
    message = told(
        lambda texts: 100 * certain(texts),
        asked,
        known=["GREAT"],
        lowercase=True,
        task="regression",
    )
    assert "than to 'superb', up to 1 of the range of a model's values apart" in message
    assert "tokenizer=WordTokenizer.from_texts(texts) of texts that" in message


def test_the_words_that_differ_most_are_named_and_each_is_asked_about():
    sizes = {"p": 0.1, "q": 0.3, "r": 0.005, "s": 0.2, "t": 0.4, "u": 0.05}

    def function(texts):
        return np.array([sizes.get(text, 0.0) for text in texts])

    message = told(function, ["a p q", "q r s", "t", "a u"], known=["a", "t"], max_tokens=3)
    assert "5 words of the texts are not known" in message
    assert "than to 4 of them alone, such as 'q', 's', 'p', up to 0.3 in probability apart: " in (
        message
    )


def test_a_bag_of_other_words_takes_unknown_words_as_it_takes_what_stands_for_them():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        note(certain, ["great grand", "fine"], known=["great food"])


def test_answers_that_are_drawn_are_told():
    rng = np.random.default_rng(0)
    message = told(lambda texts: rng.uniform(size=len(texts)), ["a film!", *TEXTS])
    assert message.startswith(
        "The models' answers are random: asked twice about the same texts they lie up to "
    )
    assert message.endswith(
        "make its generator anew in each call, such as np.random.default_rng(0), or ask a language "
        "model at temperature 0."
    )
    assert "spaces" not in message
    values = told(lambda texts: rng.normal(size=len(texts)), ["a film!"], task="regression")
    assert "of the range of a model's values apart, to 'a film!'" in values


def test_spaces_and_lost_ends_are_told():
    message = told(spaces, ["a film!", *TEXTS])
    assert "to 'a film!' and to 'a film !'" in message
    assert message.endswith("with a tokenizer whose tokens are what they read.")
    # Capitals that the models do not read are not blamed.
    message = told(spaces, ["A film!", *TEXTS], lowercase=True)
    assert message.endswith("with a tokenizer whose tokens are what they read.")
    message = told(plots, max_tokens=2)
    assert "to 'a good plot' and to 'a good'" in message
    assert message.endswith("max_tokens are not read: make the ensemble with a larger one.")


def test_values_are_measured_by_their_range():
    def many(texts):
        return np.array([1000.0 + 100 * len(text.split()) + ("!" in text[1:]) for text in texts])

    # 1201 and 1301, in a range from 1000, the answer to the empty text, to 1401, or to 1301.
    assert "0.25 of the range of a model's values apart" in told(
        many, ["a film!", "a good film !"], task="regression"
    )
    assert "0.33 of the range" in told(many, ["a film!"], task="regression")


@pytest.mark.parametrize(
    ("function", "options"),
    [
        (capitals, {}),  # nothing is lost
        (spaces, {}),
        (lambda texts: capitals(texts) / 20, {"lowercase": True}),  # 0.005 apart
        (capitals, {"lowercase": True, "most": 1}),  # the first alone, which has small letters
        (plots, {"known": TEXTS[:3], "schema": "another"}),  # texts that are none
    ],
)
def test_nothing_is_told_where_answers_are_alike(function, options):
    texts = TEXTS if "most" not in options else ["a good film", *TEXTS]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        note(function, texts, **options)


def test_some_of_many_texts_are_compared_spread_over_all():
    texts = ["a film"] * 50 + ["Good"] + ["a film"] * 49
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        note(capitals, texts, lowercase=True, most=4)
    first_and_last = ["Good", *texts[:98], "Good"]
    assert "To 2 of 5 texts" in told(capitals, first_and_last, lowercase=True, most=5)


def test_models_that_read_tokens_are_not_asked():
    class Members:
        def values(self, rows, scale):
            raise AssertionError("asked")

    schema = TextSchema.of(WordTokenizer.from_texts(["a"]), 2)
    note_rebuilt(Members(), schema, ["b!"], schema.encode(["b!"]), "classification")
