"""Two columns of pictures that end at about the same height."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, groupby
from typing import Any

from xaigeo.viz.page.pictures import Picture

# How far apart two columns may end, in pixels.
MOST_HOLE = 220.0
# Pictures that read as well over the whole width, by the first part of their name: one axis is a
# list, a way or a range; squares are none of them.
WIDER = {
    "attribution_importance",
    "deletion",
    "insertion",
    "prediction_deviation",
    "prediction_spread",
    "randomisation",
    "score_by_row",
    "seed_outliers",
}
# Of the page's columns: letters and height of a line of finding and reading, and what stands
# around a plot, all together.
FINDING, READING, AROUND = (42, 22.0), (60, 15.0), 90.0
# Heading and axis of a panel among several.
PANEL = 55.0


def level_columns(pictures: Sequence[Picture]) -> list[Picture]:
    """Return pictures of which some take the whole width, where columns would end far apart.

    A picture that is made wide stands behind those that were beside it.

    Parameters
    ----------
    pictures : sequence of dict
        As `xaigeo.viz.page.pictures.picture` makes them; they are not changed.
    """
    found: list[Picture] = []
    for wide, group in groupby(pictures, key=lambda one: bool(one["wide"])):
        beside = list(group)
        found += beside if wide else _levelled(beside)
    return found


def hole(heights: Sequence[float]) -> float:
    """Return how far apart two columns end that hold things of these heights, in order.

    Examples
    --------
    >>> hole([3.0, 1.0, 1.0]), hole([2.0]), hole([])
    (1.0, 2.0, 0.0)
    """
    total = sum(heights)
    return min(abs(total - 2 * left) for left in accumulate(heights, initial=0.0))


def height(picture: Picture) -> float:
    """Return about how high a picture is in its column, in pixels."""
    words = sum(
        -(-len(picture[name]) // letters) * px
        for name, (letters, px) in (("finding", FINDING), ("reading", READING))
    )
    return words + AROUND + _plot_height(picture["spec"], picture["spec"].get("datasets", {}))


def _levelled(narrow: list[Picture]) -> list[Picture]:
    wide: list[Picture] = []
    while hole([height(one) for one in narrow]) > MOST_HOLE:
        may = [place for place, one in enumerate(narrow) if one["name"].split("-")[0] in WIDER]
        if not may:
            break
        rest = {place: [*narrow[:place], *narrow[place + 1 :]] for place in may}
        best = min(reversed(may), key=lambda place: hole([height(one) for one in rest[place]]))
        wide.insert(0, narrow[best] | {"wide": True})
        narrow = rest[best]
    return [*narrow, *wide]


def _plot_height(spec: dict[str, Any], tables: dict[str, Any]) -> float:
    """Return the height of the plots of a spec, one above the other."""
    for name, joined in (("vconcat", sum), ("hconcat", max)):
        if name in spec:
            each = [_plot_height(one, tables) + PANEL for one in spec[name]]
            return float(joined(each))
    if "facet" in spec:
        held = tables.get(spec.get("data", {}).get("name"), [])
        panels = _n_different(held, spec["facet"].get("field"))
        rows = -(-panels // spec.get("columns", 1))
        return float(rows * (_plot_height(spec["spec"], tables) + PANEL))
    given = spec.get("height", 200)
    return float(given) if isinstance(given, int | float) else 200.0


def _n_different(held: Any, field: str) -> int:
    """Return how many different values a table has in a column, one at least."""
    if isinstance(held, list):
        return max(1, len({row.get(field) for row in held}))
    return max(1, len(held["columns"][field].get("d", [0])))
