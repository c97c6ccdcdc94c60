"""One look for every chart: what each colour means, which type, which line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt

INK = "#1c1b19"  # consensus marks, text
SOFT_INK = "#5d5a54"  # axes, captions
FAINT = "#dedad2"  # grid, rules
SEED = "#6f6b64"  # single seeds where no class or sign is meant
PAPER = "#fffefb"
POSITIVE = "#d55e00"
NEGATIVE = "#0072b2"

# The first four differ by at least 20 CIELAB units from each other, and by 16 from the two sign
# colours, under normal sight, protanopia, deuteranopia and tritanopia (tested); shapes repeat
# the class, so later colours never stand alone.
CLASSES = (
    "#3aa3a0",
    "#8b3169",
    "#b9a044",
    "#93a1e8",
    "#4a5a1f",
    "#d98a92",
    "#6b4a2f",
    "#8c8c8c",
)
# Vega's own "stroke" has no area, which a filled mark does not show; a small "wedge" is not seen.
BAR, WEDGE = "M-1,-0.25h2v0.5h-2z", "M0,-1L0.6,0.9H-0.6z"
SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down", BAR, WEDGE)
# The outlines of `SHAPES` for legends that are HTML.
PATHS = {
    "circle": "M-5 0a5 5 0 1 0 10 0a5 5 0 1 0-10 0",
    "square": "M-4.5-4.5h9v9h-9z",
    "triangle-up": "M0-5.2L5.4 4.6H-5.4z",
    "diamond": "M0-6L5.4 0L0 6L-5.4 0z",
    "cross": "M-1.8-5.4h3.6v3.6h3.6v3.6h-3.6v3.6h-3.6v-3.6h-3.6v-3.6h3.6z",
    "triangle-down": "M0 5.2L5.4-4.6H-5.4z",
    BAR: "M-5.4-1.35h10.8v2.7h-10.8z",
    WEDGE: "M0-5.6L3.4 5H-3.4z",
}
# Predicted amounts, small to large.
AMOUNTS = ("#cfe0d8", "#5c9ea0", "#123f52")
RAMP = ("#f3efe6", "#d5dcd3", "#9fc3bd", "#5c9ea0", "#2b6f7c", "#123f52")

SANS = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
SERIF = (
    "'Iowan Old Style', 'Palatino Linotype', Palatino, 'URW Palladio L', P052, "
    "Charter, Georgia, 'DejaVu Serif', serif"
)

_LEGEND = alt.Legend(symbolOpacity=1, orient="bottom", titleOrient="left")


def class_colour(classes: Sequence[str], *, title: str | None = "Predicted class") -> alt.Color:
    """Return the colour encoding of the field `predicted`: the n-th class has the n-th colour.

    Classes beyond the palette start again from its first colour; their shape tells them apart.
    """
    return alt.Color(
        "predicted:N",
        title=title,
        scale=alt.Scale(domain=list(classes), range=_cycle(CLASSES, len(classes))),
        legend=_LEGEND,
    )


def class_shape(classes: Sequence[str], *, title: str | None = "Predicted class") -> alt.Shape:
    """Return the shape encoding of the field `predicted`, which repeats the class colour."""
    return alt.Shape(
        "predicted:N",
        title=title,
        scale=alt.Scale(domain=list(classes), range=_shapes(len(classes))),
        legend=_LEGEND,
    )


def class_mark(place: int) -> dict[str, str]:
    """Return colour and outline (an SVG path about the origin, 12 units wide) of a class."""
    return {"colour": _cycle(CLASSES, place + 1)[place], "path": PATHS[_shapes(place + 1)[place]]}


def theme_config() -> dict[str, Any]:
    """Return the Vega-Lite configuration of all charts."""
    text = {"labelFont": SANS, "titleFont": SANS}
    return {
        "background": "white",
        "font": SANS,
        "view": {"stroke": None},
        "title": {
            "font": SANS,
            "fontSize": 13,
            "fontWeight": 600,
            "color": INK,
            "anchor": "start",
            "subtitleFont": SANS,
            "subtitleFontSize": 11.5,
            "subtitleColor": SOFT_INK,
            "subtitlePadding": 4,
            "offset": 10,
        },
        "axis": {
            **text,
            "labelFontSize": 11,
            "titleFontSize": 11.5,
            "titleFontWeight": 400,
            "labelColor": SOFT_INK,
            "titleColor": SOFT_INK,
            "domainColor": "#bdb8ae",
            "tickColor": "#bdb8ae",
            "tickSize": 4,
            "gridColor": "#efece5",
            "labelFlush": False,
        },
        "legend": {
            **text,
            "labelFontSize": 11.5,
            "titleFontSize": 11.5,
            "titleFontWeight": 400,
            "labelColor": INK,
            "titleColor": SOFT_INK,
            "orient": "top",
            "direction": "horizontal",
            "symbolSize": 60,
            "offset": 6,
        },
        "point": {"filled": True},
        "text": {"font": SANS, "fontSize": 11, "color": INK},
    }


def _cycle(values: Sequence[str], n: int) -> list[str]:
    return [values[i % len(values)] for i in range(n)]


def _shapes(n: int) -> list[str]:
    # Colour and shape cycle out of step, so 2 * 8 * 7 classes differ in one of the two.
    return [SHAPES[(i + i // len(CLASSES)) % len(SHAPES)] for i in range(n)]
