"""The nouns of sentences on tables, and of the same sentences on texts."""

from __future__ import annotations

import re
from collections.abc import Collection

NOUNS = ("row", "rows", "instance", "instances", "feature", "features")
# Phrases that have words of their own for texts, or speak of no rows of the data.
PHRASES = {
    "features and instances (of texts: from the tokens within a text)": "the {}s within a text",
    "Rows add up to 100%": "Rows add up to 100%",
}
# A whole word, and no field of a chart's table, such as datum.row.
_EDGES = r"(?<![\w.]){}(?!\w)"
_NOUN = re.compile(_EDGES.format(f"(?i:{'|'.join(reversed(NOUNS))})"))
_ARTICLE = r"\b[Aa]n(?= (?i:instance)(?!\w))"


def of_texts(sentence: str, kept: Collection[str] = (), *, part: str = "word") -> str:
    """Return a sentence on rows and features as one on texts and their words.

    Parameters
    ----------
    sentence : str
    kept : collection of str
        Names, such as those of classes, in which nothing is changed.
    part : str
        What a text is made of: "word" or "token".

    Examples
    --------
    >>> of_texts("Features that count on 3 rows")
    'Words that count on 3 texts'
    >>> of_texts("On 2 rows most seeds say front row", kept=["front row"])
    'On 2 texts most seeds say front row'
    >>> of_texts("Within an instance")
    'Within a text'
    """
    names = sorted({name for name in kept if _NOUN.search(name)}, key=len, reverse=True)
    parts = [
        *map(re.escape, PHRASES),
        *(_EDGES.format(re.escape(name)) for name in names),
        _ARTICLE,
        _NOUN.pattern,
    ]

    def other(found: re.Match[str]) -> str:
        told = found[0]
        if told in names:
            return told
        if told in PHRASES:
            return PHRASES[told].format(part)
        if told in ("an", "An"):
            return told if sentence.startswith(tuple(names), found.end() + 1) else told[0]
        noun = part if told.lower().startswith("feature") else "text"
        noun += "s" if told.endswith("s") else ""
        return noun.capitalize() if told[0].isupper() else noun

    return re.sub("|".join(parts), other, sentence)
