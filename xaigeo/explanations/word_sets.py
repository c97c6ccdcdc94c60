"""Sets of words in words: what an anchor of a text says."""

from __future__ import annotations

from collections.abc import Sequence


def anchor_words(words: Sequence[str], answer: str, precision: float, *, met: bool) -> str:
    """Return an anchor of a text in words.

    Parameters
    ----------
    words : sequence of str
        Its words, in the order of the text.
    answer : str
        The class that they keep.
    precision : float
    met : bool
        Whether the precision is as high as wanted.

    Examples
    --------
    >>> anchor_words(["good", "film"], "positive", 0.974, met=True)
    "'good', 'film' are enough for positive (precision 0.97)"
    >>> anchor_words(["good"], "positive", 0.8, met=False)
    "'good' is not enough for positive (precision 0.80)"
    >>> anchor_words([], "positive", 0.99, met=True)
    'no word is needed for positive (precision 0.99)'
    """
    shown = f"{answer} (precision {precision:.2f})"
    if not words:
        return f"no word is {'needed' if met else 'enough'} for {shown}"
    verb = "is" if len(words) == 1 else "are"
    listed = ", ".join(repr(word) for word in words)
    return f"{listed} {verb} {'' if met else 'not '}enough for {shown}"
