"""The same charts on dark paper: every colour of the theme has a dark counterpart.

A colour keeps its meaning: the hue of a class or a sign stays, what is nearly black on white is
nearly white here, and ramps run from the paper to the light instead of to the ink.
"""

from __future__ import annotations

import re
from typing import Any

from xaigeo.viz.theme import (
    AMOUNTS,
    CLASSES,
    FAINT,
    INK,
    NEGATIVE,
    PAPER,
    POSITIVE,
    RAMP,
    SEED,
    SOFT_INK,
)

DARK_PAPER = "#17171a"

# The first four classes and the two signs keep the distances that `theme.py` states, under every
# sight, and all stand out from the paper by a contrast of at least 3 (tested).
DARK: dict[str, str] = {
    INK: "#f2efe9",
    SOFT_INK: "#b9b4aa",
    FAINT: "#3b3a38",
    SEED: "#97928a",
    PAPER: DARK_PAPER,
    "white": DARK_PAPER,
    "#bdb8ae": "#67635c",  # axes and their ticks
    "#efece5": "#2b2b2d",  # grid
    POSITIVE: "#f88c20",
    NEGATIVE: "#218cd7",
    **dict(
        zip(
            CLASSES,
            (
                "#4cd3c5",
                "#d5467c",
                "#d9ce69",
                "#b3bffb",
                "#93a94d",
                "#f3b4bb",
                "#b08a68",
                "#9b9b9b",
            ),
            strict=True,
        )
    ),
    # Two of its three colours are colours of the ramp.
    **dict(zip(AMOUNTS, ("#31575f", "#4a8f97", "#d3efe6"), strict=True)),
    **dict(
        zip(RAMP, ("#232528", "#2c3f44", "#35616a", "#4a8f97", "#7fbfbd", "#d3efe6"), strict=True)
    ),
}

_CHANNELS = {"color", "fill", "stroke", "background"}
# Parts of a colour's definition that hold data or words, which may be spelt like a colour.
_WORDS = {"domain", "title", "field", "sort", "test", "param", "labelExpr", "aggregate", "type"}
_DATA = {"data", "datasets", "usermeta", "description", "name"}
# What words of light and dark become; quoted text names something of the data and stays.
SHADES = {
    "dark": "bright",
    "darker": "brighter",
    "darkest": "brightest",
    "pale": "dim",
    "paler": "dimmer",
    "palest": "dimmest",
    "light": "dim",
    "lighter": "dimmer",
    "lightest": "dimmest",
}
_SHADE = re.compile(rf"“[^”]*”|\b(?:{'|'.join(SHADES)})\b(?!_)", re.IGNORECASE)
_QUOTED = re.compile(r"""(['"])(#[0-9a-f]{6}|white)\1""")


def darkened(spec: dict[str, Any]) -> dict[str, Any]:
    """Return a Vega-Lite specification in the dark counterparts of its colours.

    Only what sets a colour is changed: colours of marks, channels, axes, titles and the
    background, also where an expression names them. Rows, domains and words stay, whatever they
    are spelt like, and so does a colour that the theme does not have. Subtitles, which tell how
    to read a chart, speak of bright marks where they spoke of dark ones.

    Parameters
    ----------
    spec : dict
        As `to_dict()` gives it; it stays as it is.

    Examples
    --------
    >>> darkened({"background": "white", "mark": {"type": "bar", "color": "#1c1b19"}})
    {'background': '#17171a', 'mark': {'type': 'bar', 'color': '#f2efe9'}}
    """
    made: dict[str, Any] = _walked(spec, sets_colour=False)
    return made


def dark_words(text: str) -> str:
    """Return how to read a chart on dark paper: what was dark is bright, what was pale is dim.

    Examples
    --------
    >>> dark_words("Dark bar: median. Pale: rows of “dark chocolate”.")
    'Bright bar: median. Dim: rows of “dark chocolate”.'
    """

    def swapped(found: re.Match[str]) -> str:
        word = SHADES.get(found[0].lower(), found[0])
        return word.capitalize() if found[0][0].isupper() else word

    return _SHADE.sub(swapped, text)


def _walked(part: Any, *, sets_colour: bool) -> Any:
    if isinstance(part, dict):
        return {key: _member(key, value, sets_colour=sets_colour) for key, value in part.items()}
    if isinstance(part, list):
        return [_walked(one, sets_colour=sets_colour) for one in part]
    if sets_colour and isinstance(part, str):
        return DARK.get(part, _in_expression(part))
    return part


def _member(key: str, value: Any, *, sets_colour: bool) -> Any:
    if key in _DATA or (sets_colour and key in _WORDS):
        return value
    if key == "subtitle":
        return [dark_words(line) for line in ([value] if isinstance(value, str) else value)]
    names_colour = key in _CHANNELS or key.endswith("Color")
    return _walked(value, sets_colour=sets_colour or names_colour)


def _in_expression(text: str) -> str:
    return _QUOTED.sub(lambda found: f"{found[1]}{DARK.get(found[2], found[2])}{found[1]}", text)
