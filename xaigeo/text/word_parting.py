"""How a text is parted into words and signs, by versions of the rule."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Literal, get_args

Parting = Literal[2, 1]
PARTINGS: tuple[Parting, ...] = get_args(Parting)

# Han characters and kana, written without spaces between words.
_CJK = (
    "\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f"
    "\U0001b000-\U0001b16f\U00020000-\U0003ffff"
)
# Pictures that a zero-width joiner ties together, halves of a flag, skin tones, letters of a tag.
_PICTURE = "\u2190-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
_FLAG, _TONE, _TAG = "\U0001f1e6-\U0001f1ff", "\U0001f3fb-\U0001f3ff", "\U000e0020-\U000e007f"
_JOINER = "\u200d"
# Inside a word: apostrophes, hyphens, soft hyphens and what joins or parts the shapes of letters.
_INSIDE = "'’\\-\u00ad\u200c" + _JOINER
# Where marks, such as accents and signs of vowels, may stand.
_MARKS = (range(0x300, 0x1F000), range(0xE0100, 0xE01F0))
# Signs that are not seen, and part nothing.
_UNSEEN = (
    "\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufe00-\ufe0f\ufeff"
)


def parted(text: str, parting: Parting = PARTINGS[0]) -> list[str]:
    """Return words and signs of a text, in order.

    Parameters
    ----------
    text : str
    parting : {2, 1}
        Version of the rule. 2: a run of letters, digits and the marks on them, with apostrophes and
        hyphens inside; one Han character or kana; or one sign with what belongs to it, an emoji
        with its skin tone and those that are joined with it. 1: any run of letters and digits, or
        one code point.

    Notes
    -----
    An ending such as "n't" stays with its word, since "don't" read as "don" and "t" would lose the
    negation. Han characters are parted as in BERT (Devlin et al. 2019, arXiv:1810.04805).

    Examples
    --------
    >>> parted("don't 我喜欢 👍🏽!")
    ["don't", '我', '喜', '欢', '👍🏽', '!']
    """
    return _pattern(parting).findall(text)


@cache
def _pattern(parting: Parting) -> re.Pattern[str]:
    if parting == 1:
        return re.compile(r"\w+(?:['’\-]\w+)*|[^\w\s]")
    marks = _marks()
    word = rf"(?:(?![{_CJK}])\w[{marks}]*)+"
    extended = rf"[{marks}{_TONE}{_TAG}]*"
    picture = rf"[{_PICTURE}]{extended}"
    return re.compile(
        rf"{word}(?:[{_INSIDE}]{word})*|[{_CJK}][{marks}]*|[{_FLAG}]{{2}}"
        rf"|{picture}(?:{_JOINER}{picture})*|[^\w\s{_UNSEEN}]{extended}"
    )


def _marks() -> str:
    """Return the code points of marks, as ranges of a set of characters."""
    runs: list[list[int]] = []
    for code in (code for block in _MARKS for code in block):
        if not unicodedata.category(chr(code)).startswith("M"):
            continue
        if runs and runs[-1][1] == code - 1:
            runs[-1][1] = code
        else:
            runs.append([code, code])
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in runs)
