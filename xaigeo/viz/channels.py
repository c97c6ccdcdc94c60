"""What charts have in common: layers on one frame, one encoding over several fields."""

from __future__ import annotations

from typing import TypeVar, cast

import altair as alt

Channel = TypeVar("Channel")


def at(channel: Channel, field: str) -> Channel:
    """Return the same position encoding over another field; axis, scale and title stay.

    Layers of one chart share an axis; saying it the same way in each keeps Vega-Lite from
    merging differing titles into "x, x2".

    Examples
    --------
    >>> import altair as alt
    >>> at(alt.X("x:Q", title="Mass (g)"), "x2").to_dict()
    {'field': 'x2', 'title': 'Mass (g)', 'type': 'quantitative'}
    """
    moved = channel.copy()  # type: ignore[attr-defined]
    moved.shorthand = f"{field}:Q"
    return cast(Channel, moved)


def layered(*layers: alt.Chart) -> alt.LayerChart:
    """Return layers as one chart; `alt.layer` makes facets only of layers that hold some."""
    return cast(alt.LayerChart, alt.layer(*layers))
