"""Colour, shape and line of named ensembles, from the plain one to the one changed most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeVar

import altair as alt

from xaigeo.errors import InputError
from xaigeo.viz.text_fit import text_px
from xaigeo.viz.theme import INK, RAMP, SEED

Held = TypeVar("Held")
# Neither classes nor signs: what is plain is grey, what is compared with it stands out.
COLOURS: Final = (SEED, RAMP[3], INK, SEED, RAMP[3], INK)
SHAPES: Final = ("circle", "square", "triangle-up", "diamond", "triangle-down", "cross")
DASHES: Final = ([1, 0], [1, 0], [1, 0], [5, 3], [5, 3], [5, 3])
MOST: Final = len(COLOURS)
ALONE: Final = ""
_SYMBOL = 34


def named(given: Any, what: str) -> dict[str, Any]:
    """Return what is given by name; one thing alone has the name "".

    Raises
    ------
    InputError
        For no things, more than can be told apart, or names that are not text.
    """
    if not isinstance(given, Mapping):
        return {ALONE: given}
    if not 0 < len(given) <= MOST:
        raise InputError(
            expected=f"one to {MOST} {what} by name",
            arrived=str(len(given)),
            do=f"Pass for example {{'plain': ..., 'ASWA': ...}}, at most {MOST} in one picture.",
        )
    for name in given:
        if not isinstance(name, str) or not name:
            raise InputError(
                expected=f"names of {what} as text",
                arrived=repr(name),
                do="Pass for example {'plain': ..., 'ASWA': ...}.",
            )
    return dict(given)


def series_channels(names: Sequence[str], px: float) -> dict[str, Any]:
    """Return encodings of the field `ensemble`: color, shape, strokeDash, fill and stroke.

    One thing alone is dark, without a scale and a legend, so that it can stand in a panel beside
    several.

    Parameters
    ----------
    names : sequence of str
        In the order in which they were given.
    px : float
        Width of the legend, which is broken into lines where it would be wider.
    """
    if len(names) < 2:
        ink = alt.value(INK)
        dash = alt.value(DASHES[0])
        return {
            "color": ink,
            "shape": alt.value(SHAPES[0]),
            "strokeDash": dash,
            "fill": ink,
            "stroke": ink,
        }
    longest = max(text_px(name, 11.5) for name in names) + _SYMBOL
    legend = alt.Legend(
        orient="bottom",
        title=None,
        symbolOpacity=1,
        columns=max(1, min(len(names), int(px // longest))),
        labelLimit=max(60.0, px - _SYMBOL),
    )

    def scale(values: Sequence[Any]) -> alt.Scale:
        return alt.Scale(domain=list(names), range=list(values[: len(names)]))

    return {
        "color": alt.Color("ensemble:N", scale=scale(COLOURS), legend=legend),
        "shape": alt.Shape("ensemble:N", scale=scale(SHAPES), legend=legend),
        "strokeDash": alt.StrokeDash("ensemble:N", scale=scale(DASHES), legend=legend),
        # Of marks that may be hollow; with another legend Vega-Lite could not make one of all.
        "fill": alt.Fill("ensemble:N", scale=scale(COLOURS), legend=legend),
        "stroke": alt.Stroke("ensemble:N", scale=scale(COLOURS), legend=legend),
    }
