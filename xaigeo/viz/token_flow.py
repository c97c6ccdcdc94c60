"""Words laid out as text flows: one after the other, into lines that fit a width."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from xaigeo.viz.text_fit import LETTER, middle

SIZE = 12.0
# Pixels: beside a word in its cell, and between the cells of two words.
PAD, GAP = 3.5, 3.0
# How wide letters are beside the mean letter, in the sans-serif types that charts are set in.
_NARROW = frozenset("iljtfrI.,;:!|'’‘“”`()[]-/\\\" ")
_WIDE = frozenset("mwMWOQ@%&—…")
_CLOSING = frozenset(".,;:!?)]}…")
# What tokenizers of parts of words write before a part, or before a word.
CONTINUES = "##"
STARTS = ("Ġ", "▁")


@dataclass(frozen=True, eq=False)
class TokenFlow:
    """Where each word of a text stands.

    Attributes
    ----------
    texts : list of str
        Words as they are written: without the signs of parts of words, long ones shortened.
    x1, x2 : ndarray, shape (n_words,)
        Left and right end of each word's cell, in pixels.
    line : ndarray of int, shape (n_words,)
        The line that it stands in, from 0.
    """

    texts: list[str]
    x1: np.ndarray
    x2: np.ndarray
    line: np.ndarray

    @property
    def n_lines(self) -> int:
        """Number of lines."""
        return int(self.line.max(initial=0)) + 1


def token_flow(tokens: Sequence[str], px: float, beneath: Sequence[str] = ()) -> TokenFlow:
    """Return where the words of a text stand in lines of a number of pixels.

    Parameters
    ----------
    tokens : sequence of str
        As a tokenizer shows them. Parts of one word ("play", "##ing") stand side by side without
        a gap, and in one line where they fit it.
    px : float
    beneath : sequence of str, optional
        What is written under each word, if anything; its cell is as wide as the wider of both.

    Examples
    --------
    >>> flow = token_flow(["play", "##ing", "well"], 60)
    >>> flow.texts, flow.line.tolist()
    (['play', 'ing', 'well'], [0, 0, 1])
    """
    written, continues = word_parts(tokens)
    # No line begins with a sign that ends a clause.
    stays = [
        inside or (n > 0 and text in _CLOSING)
        for n, (text, inside) in enumerate(zip(written, continues, strict=True))
    ]
    texts = [_fitting(text, px - 2 * PAD) for text in written]
    under = [_fitting(text, (px - 2 * PAD) / 0.9) for text in beneath] or [""] * len(texts)
    sizes = [
        min(px, max(letters_px(text), 0.9 * letters_px(below)) + 2 * PAD)
        for text, below in zip(texts, under, strict=True)
    ]
    starts = [n for n, held in enumerate(stays) if not held]
    x1, line = np.zeros(len(texts)), np.zeros(len(texts), dtype=int)
    x, row = 0.0, 0
    for start, end in zip(starts, [*starts[1:], len(texts)], strict=True):
        gaps = [0.0 if n == start or continues[n] else GAP for n in range(start, end)]
        if x > 0 and x + sum(sizes[start:end]) + sum(gaps) > px:
            x, row = 0.0, row + 1
        for n, gap in zip(range(start, end), gaps, strict=True):
            if x > 0 and x + gap + sizes[n] > px:
                x, row = -gap, row + 1
            x1[n], line[n] = x + gap, row
            x += gap + sizes[n]
        x += GAP
    return TokenFlow(texts, x1, x1 + np.array(sizes), line)


def word_parts(tokens: Sequence[str]) -> tuple[list[str], list[bool]]:
    """Return tokens as they are written, and which go on with the word before them.

    Examples
    --------
    >>> word_parts(["un", "##seen"]), word_parts(["Ġa", "Ġfilm", "ed"])
    ((['un', 'seen'], [False, True]), (['a', 'film', 'ed'], [False, False, True]))
    """
    marked = any(token.startswith(STARTS) for token in tokens)
    texts, continues = [], []
    for n, token in enumerate(tokens):
        inside = token.startswith(CONTINUES) and len(token) > len(CONTINUES)
        begins = token.startswith(STARTS)
        text = token[len(CONTINUES) :] if inside else token[1:] if begins else token
        bracketed = _bracketed(token)
        before = n > 0 and not _bracketed(tokens[n - 1])
        texts.append(text or "·")
        continues.append(before and (inside or (marked and not begins and not bracketed)))
    return texts, continues


def _fitting(text: str, px: float) -> str:
    """Return a word, its middle left out where it is wider than a number of pixels."""
    most = max(2, int(px / (SIZE * LETTER)))
    shown = middle(text, most)
    while most > 2 and letters_px(shown) > px:
        most -= 1
        shown = middle(text, most)
    return shown


def letters_px(text: str, size: float = SIZE) -> float:
    """Return about how many pixels a word takes, by its letters."""
    return sum(_share(letter) for letter in text) * size


def _share(letter: str) -> float:
    # Accents and what joins pictures take no room of their own.
    if unicodedata.category(letter) in ("Mn", "Me", "Cf") or "\U0001f3fb" <= letter <= "\U0001f3ff":
        return 0.0
    if letter in _NARROW:
        return 0.34
    if letter in _WIDE:
        return 0.9
    # Ideographs and the like are as wide as the type is high.
    if ord(letter) >= 0x1100:
        return 1.05
    return 0.7 if letter.isupper() else 0.58


def _bracketed(token: str) -> bool:
    return token.startswith(("[", "<")) and token.endswith(("]", ">"))
