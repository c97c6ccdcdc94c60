"""Whether models that read texts as they are written read capitals, and words as they then are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from xaigeo.ensemble.texts.text_answers import Answers, answers_to_texts, spread
from xaigeo.ensemble.texts.wrapped_schema import wrapped_schema
from xaigeo.text.schema import TextSchema
from xaigeo.text.word_tokenizer import WordTokenizer

# Example texts that models are asked about in two ways of writing, spread over all.
MOST_TEXTS = 200
# Differences that the place of a text in a list may make to a sum.
ROUNDING = 1e-12


def schema_as_read(
    schema: TextSchema,
    answers: Answers,
    texts: list[str],
    max_tokens: int | None,
    min_count: int = 1,
) -> TextSchema:
    """Return a schema of small letters, or the one given if models read capitals.

    Parameters
    ----------
    schema : TextSchema
        Of the words of `texts` in every way of writing.
    answers : Answers
    texts : list of str
    max_tokens, min_count : int
        As `schema` was made with.
    """
    if reads_capitals(answers, texts):
        return schema
    words = WordTokenizer.from_texts(texts, min_count=min_count)
    return wrapped_schema(words, texts, max_tokens)


def reads_capitals(answers: Answers, texts: Sequence[str]) -> bool:
    """Return whether a model answers otherwise to some texts than to the same in small letters.

    A text that has small letters alone is asked about in capitals too.
    """
    written, small = [], []
    for place in spread(len(texts), MOST_TEXTS):
        lower = texts[place].lower()
        other = texts[place] if texts[place] != lower else lower.upper()
        # Not "ß" in capitals, which is another word in small letters again.
        if other != lower and other.lower() == lower:
            written.append(other)
            small.append(lower)
    if not written:
        return False
    values = answers_to_texts(answers, [*written, *small])
    first, second = values[:, : len(written)], values[:, len(written) :]
    return not np.allclose(first, second, rtol=ROUNDING, atol=ROUNDING)
