"""Parts of words, as tokenizers of Hugging Face cut them, and texts joined of these."""

from __future__ import annotations

from collections.abc import Iterable

# What stands before a part of a word that goes on, whatever the tokenizer itself writes.
GOES_ON = "##"


def goes_on(shown: str) -> bool:
    """Return whether a token, as a reader sees it, goes on with the word before it."""
    return shown.startswith(GOES_ON) and len(shown) > len(GOES_ON)


def joined(shown: Iterable[str]) -> str:
    """Return tokens as a text: parts of a word together, others with a space between.

    Examples
    --------
    >>> joined(["cr", "##ust", "good", "."])
    'crust good .'
    """
    text = ""
    for token in shown:
        if goes_on(token):
            text += token.removeprefix(GOES_ON)
        else:
            text += f" {token}" if text else token
    return text
