"""The schema of texts that models made elsewhere are asked about."""

from __future__ import annotations

from typing import Any

from xaigeo.errors import InputError
from xaigeo.options import check_count
from xaigeo.text.huggingface_tokenizer import HuggingFaceTokenizer
from xaigeo.text.schema import TextSchema
from xaigeo.text.tokenizer import Tokenizer
from xaigeo.text.word_tokenizer import WordTokenizer


def wrapped_schema(
    tokenizer: Tokenizer, texts: list[str] | None, max_tokens: int | None, limit: int | None = None
) -> TextSchema:
    """Return the schema of a tokenizer, with room for the longest text unless told.

    Parameters
    ----------
    tokenizer : Tokenizer
    texts : list of str, optional
        Examples.
    max_tokens : int, optional
    limit : int, optional
        The most tokens that the models read.

    Raises
    ------
    InputError
        For neither texts nor a number, or a number that is too large or too small.
    """
    if max_tokens is not None:
        check_count("max_tokens", max_tokens)
        if limit is not None and max_tokens > limit:
            raise InputError(
                expected=f"max_tokens of at most {limit}, as many as the models read",
                arrived=str(max_tokens),
                do="Pass a smaller max_tokens.",
            )
    elif texts is not None:
        longest = max(len(tokenizer.split(text)) for text in texts)
        max_tokens = longest if limit is None else min(longest, limit)
    elif limit is not None:
        max_tokens = limit
    else:
        raise InputError(
            expected="max_tokens, or example texts that tell how long texts are",
            arrived="neither",
            do="Pass texts=[...] such as those to be explained, or max_tokens=64.",
        )
    n_added = len(tokenizer.split(""))
    if max_tokens <= n_added:
        raise InputError(
            expected=f"max_tokens of at least {n_added + 1}, with {n_added} special tokens in "
            "every text",
            arrived=str(max_tokens),
            do=f"Pass max_tokens={n_added + 1} or more.",
        )
    return TextSchema.of(tokenizer, max_tokens)


def plain_tokenizer(tokenizer: Any, texts: list[str] | None, min_count: int = 1) -> Tokenizer:
    """Return the tokenizer of models that read texts as they are written, capitals too.

    Parameters
    ----------
    tokenizer : Tokenizer, optional
    texts : list of str, optional
        What one is made of where none is given: their words as they are written, and each in small
        letters, with a capital and in capitals too. So a word that begins a sentence in another
        text is known; nothing is learnt from the vocabulary.
    min_count : int
        How often a word must occur, in all its ways together, to be known.

    Raises
    ------
    InputError
        For neither, or a tokenizer whose tokens are pieces of words or are not in the text.
    """
    if tokenizer is None:
        if texts is None:
            raise InputError(
                expected="texts whose words are known, or a tokenizer",
                arrived="neither",
                do="Pass texts=[...], among them those to be explained.",
            )
        return _of_any_case(texts, min_count)
    if isinstance(tokenizer, Tokenizer) and not isinstance(tokenizer, HuggingFaceTokenizer):
        added = sorted(tokenizer.special)
        if not added:
            return tokenizer
        arrived = f"one that adds {tokenizer.shown(added[0])!r}"
    else:
        arrived = f"a {type(tokenizer).__name__}"
    raise InputError(
        expected="a tokenizer of whole words, which stand in the text, for models that read texts "
        "as they are written",
        arrived=arrived,
        do="Leave tokenizer out and pass texts=[...], or pass "
        "tokenizer=xaigeo.text.WordTokenizer.from_texts(texts, lowercase=False).",
    )


def _of_any_case(texts: list[str], min_count: int) -> WordTokenizer:
    known = WordTokenizer.from_texts(texts, min_count=min_count).words[1:]
    written = WordTokenizer.from_texts(texts, lowercase=False).words
    kept = set(known)
    own = [word for word in written[1:] if min_count == 1 or word.lower() in kept]
    ways = [way for word in known for way in (word, word.capitalize(), word.upper())]
    # A way of writing counts where it is read back as one word: not "ß" in capitals, which is two.
    more = [way for way in ways if way.lower() in kept]
    return WordTokenizer(tuple(dict.fromkeys([written[0], *own, *more])), lowercase=False)
