"""Words cut to the room there is: titles in lines, labels of axes in two lines."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

import altair as alt

# Mean width of a letter, as a share of the size of the type.
LETTER = 0.52
LABEL_SIZE = 11.0
Width = int | str


def text_px(text: str, size: float = LABEL_SIZE) -> float:
    """Return about how many pixels a text takes in a line."""
    return len(text) * size * LETTER


def wrapped(text: str, px: float, size: float = 11.5) -> list[str]:
    """Return a text in lines that fit a number of pixels, broken at blanks alone.

    Examples
    --------
    >>> wrapped("one two three", 60)
    ['one two', 'three']
    """
    letters = max(12, int(px / (size * LETTER)))
    # Lines that end at a hyphen could not be joined again with a blank, as pages do.
    return textwrap.wrap(text, letters, break_long_words=False, break_on_hyphens=False) or [""]


def middle(text: str, n: int) -> str:
    """Return a text of at most `n` letters, what stands in its middle left out.

    Examples
    --------
    >>> middle("worst fractal dimension", 12)
    'worst …nsion'
    """
    if len(text) <= n:
        return text
    head = (n - 1 + 1) // 2
    tail = n - 1 - head
    return f"{text[:head]}…{text[len(text) - tail :] if tail else ''}"


def titled(finding: str, notes: Iterable[str], px: float) -> alt.Title:
    """Return finding and notes as a title whose lines fit a number of pixels."""
    lines = [line for note in notes for line in wrapped(note, px)]
    return alt.Title(balanced(finding, px, 13.0), subtitle=lines)


def balanced(text: str, px: float, size: float) -> list[str]:
    """Return a text in as few lines as fit, about equally long, so that no word stands alone."""
    n_lines = len(wrapped(text, px, size))
    narrowest = next(
        share
        for share in range(40, 101, 2)
        if len(wrapped(text, px * share / 100, size)) == n_lines
    )
    return wrapped(text, px * narrowest / 100, size)


def label_letters(width: Width) -> int:
    """Return how many letters a line of a feature's label may have beside a plot."""
    return 24 if isinstance(width, int) and width < 300 else 34


def label_px(labels: Sequence[str], width: Width) -> float:
    """Return about how many pixels the labels of an axis take, with their distance."""
    letters = label_letters(width)
    longest = max((min(len(label), letters) for label in labels), default=0)
    return text_px("m" * longest) + 14


def total_px(labels: Sequence[str], width: Width) -> float:
    """Return about how wide a chart is with its labels; 600 where the page decides."""
    return 600.0 if isinstance(width, str) else width + label_px(labels, width)


def label_expression(letters: int) -> str:
    """Return a Vega expression that writes a label in two lines at most.

    The first ends at a blank; what does not fit the second is left out in its middle, so that
    units and the ends of names stay.
    """
    last = f"lastindexof(slice(datum.label, 0, {letters + 1}), ' ')"
    cut = f"({last} > 0 ? {last} : {letters})"
    rest = f"truncate(trim(slice(datum.label, {cut})), {letters}, 'center')"
    return (
        f"length(datum.label) <= {letters} ? datum.label : [slice(datum.label, 0, {cut}), {rest}]"
    )


def feature_axis(letters: int) -> alt.Axis:
    """Return the axis of features: names in two lines at most, no line, no ticks."""
    return alt.Axis(
        labelExpr=label_expression(letters),
        labelLimit=round(letters * 6.5),
        # Vega centres the first of two lines, not both.
        labelOffset={
            "condition": {"test": f"length(datum.label) > {letters}", "value": -6},
            "value": 0,
        },
        domain=False,
        ticks=False,
        labelPadding=8,
    )


def feature_rows(letters: int) -> alt.Y:
    """Return the encoding of a row a feature: its field `label`, in the order of `rank`."""
    # By an own column, not by order of arrival: Vega keeps the places of labels that stay when the
    # rows change.
    order = alt.EncodingSortField("rank", op="min", order="ascending")
    return alt.Y("label:N", sort=order, title=None, axis=feature_axis(letters))
