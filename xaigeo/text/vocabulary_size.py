"""How many different tokens a tokenizer knows, in words."""

from __future__ import annotations

from xaigeo.text.tokenizer import Tokenizer
from xaigeo.text.word_tokenizer import WordTokenizer


def vocabulary_size(tokenizer: Tokenizer) -> str:
    """Return how many different tokens are known, such as "1,708 different ones".

    Words in several ways of writing count once: a vocabulary that keeps capitals may hold ways that
    no text has.
    """
    if not isinstance(tokenizer, WordTokenizer) or tokenizer.lowercase:
        return f"{tokenizer.n_tokens:,} different ones"
    n_words = len({word.lower() for word in tokenizer.words})
    return f"{n_words:,} different ones, whatever their case"
