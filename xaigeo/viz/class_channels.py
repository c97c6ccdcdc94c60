"""Colour and shape of classes with a legend that fits the width."""

from __future__ import annotations

import json
from collections.abc import Sequence

import altair as alt

from xaigeo.viz.text_fit import text_px
from xaigeo.viz.theme import class_colour, class_shape

SYMBOL = 28
UNBROKEN = 2000.0


def class_channels(
    classes: Sequence[str],
    px: float | str,
    *,
    title: str = "Predicted class",
    numbered: bool = False,
) -> tuple[alt.Color, alt.Shape]:
    """Return the encodings of the field `predicted` for filled marks.

    Parameters
    ----------
    classes : sequence of str
    px : float or str
        Width of the legend, which is broken into lines where it would be wider. A word, for a
        chart that fills its container, breaks none.
    title : str
    numbered : bool
        Whether the legend gives each class its number, from 1.
    """
    px = UNBROKEN if isinstance(px, str) else px
    own = SYMBOL + (text_px("00 ", 11.5) if numbered else 0.0)
    longest = max(text_px(name, 11.5) for name in classes) + own
    total = sum(text_px(name, 11.5) + own for name in classes) + text_px(title, 11.5)
    columns = len(classes) if total <= px else max(1, min(len(classes), int(px // longest)))
    legend = alt.Legend(
        symbolOpacity=1,
        orient="bottom",
        titleOrient="left" if columns == len(classes) else "top",
        columns=columns,
        labelLimit=max(60.0, px - SYMBOL),
        labelExpr=f"(indexof({json.dumps(list(classes))}, datum.value) + 1) + ' ' + datum.label"
        if numbered
        else alt.Undefined,
    )
    return (
        class_colour(classes, title=title).legend(legend),
        class_shape(classes, title=title).legend(legend),
    )
