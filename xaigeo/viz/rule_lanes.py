"""One horizontal lane a feature: its range, where the data lie, and the row's own value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from xaigeo.schema import Feature, FeatureSchema
from xaigeo.viz.channels import at
from xaigeo.viz.text_fit import Width
from xaigeo.viz.theme import FAINT, INK, SOFT_INK

# Pixels: the name above a lane, the strip of data, the ends of the range below, free room.
HEAD, MASS, ENDS, GAP = 22, 11, 14, 10
BINS = 30
MAX_CATEGORIES = 6
# A lane is 1 wide. A side without a limit runs on beyond it.
OPEN = 0.03
LEFT, LEFT_OF_MARKS, RIGHT = -0.045, -0.085, 1.045


@dataclass(frozen=True, eq=False, kw_only=True)
class Lanes:
    """Where things lie: across in shares of each feature's range, down in pixels.

    Attributes
    ----------
    schema : FeatureSchema
    row : ndarray, shape (n_features,)
        The instance, encoded.
    background : ndarray, shape (n_rows, n_features)
    ends : ndarray, shape (2, n_features)
        Ends of each lane in original units.
    order : sequence of int
        Places of the features that have a lane, from the top.
    room : sequence of float
        Pixels that each lane has for intervals.
    notes : sequence of str
        What is said at the right of each lane's name.
    """

    schema: FeatureSchema
    row: np.ndarray
    background: np.ndarray
    ends: np.ndarray
    order: Sequence[int]
    room: Sequence[float]
    notes: Sequence[str]

    @cached_property
    def tops(self) -> np.ndarray:
        """Where each lane's room begins, in pixels from the top, shape (n_lanes,)."""
        heights = HEAD + np.asarray(self.room, dtype=float) + MASS + ENDS + GAP
        return np.concatenate([[0.0], np.cumsum(heights)[:-1]])[: len(self.order)] + HEAD

    def across(self, j: int, values: np.ndarray | float) -> np.ndarray:
        """Return where values of a numeric feature lie, 0 to 1 within its range."""
        low, high = self.ends[:, j]
        return np.asarray((np.asarray(values) - low) / (high - low if high > low else 1.0))

    def interval(self, j: int, lower: float, upper: float) -> tuple[float, float]:
        """Return both ends of an interval; an open one lies at the end of the lane."""
        x1 = float(self.across(j, lower)) if np.isfinite(lower) else 0.0
        x2 = float(self.across(j, upper)) if np.isfinite(upper) else 1.0
        return x1, x2

    def cells(self, j: int) -> list[tuple[str, list[int]]]:
        """Return the cells of a discrete feature: what they are called, and their categories.

        Of many categories the row's own and the commonest have cells, the others share one.
        """
        feature = self.schema.features[j]
        names = [str(category) for category in feature.categories]
        if len(names) <= MAX_CATEGORIES:
            return [(name, [code]) for code, name in enumerate(names)]
        counts = np.bincount(self.background[:, j].astype(np.intp), minlength=len(names))
        counts[round(self.row[j])] = len(self.background) + 1
        shown = sorted(np.argsort(-counts, kind="stable")[: MAX_CATEGORIES - 1].tolist())
        others = [code for code in range(len(names)) if code not in shown]
        return [(names[code], [code]) for code in shown] + [(f"{len(others)} others", others)]

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return `lanes` (name, ends and value of each), `mass` and `cells` (categories)."""
        lanes, mass = [], []
        for k, j in enumerate(self.order):
            feature, top = self.schema.features[j], float(self.tops[k])
            axis = top + self.room[k] + MASS
            discrete = feature.is_discrete
            lanes.append(
                {
                    "feature": feature.name,
                    "heading": f"{feature.name} = {with_unit(feature, self.row[j])}",
                    "note": self.notes[k],
                    "x": np.nan if discrete else float(self.across(j, self.row[j])),
                    "head": top - HEAD,
                    "top": top,
                    "axis": axis,
                    "low": "" if discrete else feature.text(self.ends[0, j]),
                    "high": "" if discrete else with_unit(feature, self.ends[1, j]),
                    "bottom": axis + ENDS + GAP,
                }
            )
            mass += self._shares(j, axis) if discrete else self._histogram(j, axis)
        return {
            "lanes": pd.DataFrame(lanes, columns=list(_LANES)),
            "mass": pd.DataFrame(mass, columns=list(_MASS)),
        }

    def _histogram(self, j: int, axis: float) -> list[dict[str, object]]:
        """Return bars of the background rows by value, the tallest as high as the strip."""
        low, high = self.ends[:, j]
        edges = np.linspace(low, high if high > low else low + 1.0, BINS + 1)
        counts = np.histogram(self.background[:, j], bins=edges)[0]
        x = np.linspace(0.0, 1.0, BINS + 1)
        feature = self.schema.features[j]
        return [
            {
                "feature": feature.name,
                "values": f"{feature.text(edges[b])} to {with_unit(feature, edges[b + 1])}",
                "n_rows": int(counts[b]),
                "x1": x[b],
                "x2": x[b + 1],
                "y1": axis - (MASS - 1.0) * counts[b] / counts.max(),
                "y2": axis,
            }
            for b in np.flatnonzero(counts)
        ]

    def _shares(self, j: int, axis: float) -> list[dict[str, object]]:
        """Return a bar a category, as long in its cell as its share of the background."""
        cells = self.cells(j)
        codes = self.background[:, j].astype(np.intp)
        counts = [int(np.isin(codes, own).sum()) for _, own in cells]
        return [
            {
                "feature": self.schema.features[j].name,
                "values": name,
                "n_rows": counts[c],
                "x1": c / len(cells),
                "x2": (c + CELL * counts[c] / len(codes)) / len(cells),
                "y1": axis - MASS + 2.0,
                "y2": axis - MASS + 6.0,
            }
            for c, (name, _) in enumerate(cells)
        ]


_LANES = ("feature", "heading", "note", "x", "head", "top", "axis", "low", "high", "bottom")
_MASS = ("feature", "values", "n_rows", "x1", "x2", "y1", "y2")
# Share of its cell that a category's bar may fill.
CELL = 0.88


@dataclass(frozen=True, eq=False)
class LaneFrame:
    """The axes that all layers share, and the layers that every chart of lanes has.

    Attributes
    ----------
    height : float
        Pixels of all lanes.
    width : int or "container"
    marked : bool
        Whether marks stand at the left of the lanes.
    """

    height: float
    width: Width
    marked: bool = False

    def x(self, field: str) -> alt.X:
        """Return the encoding across."""
        return at(alt.X("x:Q", axis=None, scale=self._across, title=None), field)

    def y(self, field: str) -> alt.Y:
        """Return the encoding down."""
        scale = alt.Scale(domain=[self.height, 0], nice=False, zero=False)
        return at(alt.Y("y:Q", axis=None, scale=scale, title=None), field)

    @property
    def _across(self) -> alt.Scale:
        left = LEFT_OF_MARKS if self.marked else LEFT
        return alt.Scale(domain=[left, RIGHT], nice=False, zero=False)

    @property
    def px(self) -> int:
        """Pixels across; a guess where the page decides."""
        return self.width if isinstance(self.width, int) else 320

    def text_limit(self, share: float) -> float:
        """Return how many pixels a text may take."""
        return share * self.px

    def base(self) -> list[alt.Chart]:
        """Return the layers of `mass` and `lanes` that lie below the intervals."""
        mass = (
            alt.Chart(alt.NamedData("mass"))
            .mark_rect(color=FAINT)
            .encode(
                x=self.x("x1"),
                x2="x2:Q",
                y=self.y("y1"),
                y2="y2:Q",
                tooltip=[
                    alt.Tooltip("feature:N", title="Feature"),
                    alt.Tooltip("values:N", title="Values"),
                    alt.Tooltip("n_rows:Q", title="Rows of the data"),
                ],
            )
        )
        lanes = alt.Chart(alt.NamedData("lanes"))
        numeric = lanes.transform_filter("isValid(datum.x)")
        axis = numeric.mark_rule(color="#bdb8ae", strokeWidth=1).encode(
            x=alt.XDatum(0, scale=self._across, axis=None),
            x2=alt.X2Datum(1),
            y=self.y("axis"),
        )
        return [mass, axis, *self._words(lanes, numeric)]

    def _words(self, lanes: alt.Chart, numeric: alt.Chart) -> list[alt.Chart]:
        name = lanes.mark_text(
            align="left", baseline="top", fontSize=11.5, limit=self.text_limit(0.72)
        ).encode(
            x=alt.value(0),
            y=self.y("head"),
            text="heading:N",
            tooltip=[alt.Tooltip("heading:N", title="Feature")],
        )
        note = lanes.mark_text(align="right", baseline="top", fontSize=10.5, color=SOFT_INK).encode(
            x=alt.value("width"), y=self.y("head"), text="note:N"
        )
        size: dict[str, Any] = {"baseline": "top", "fontSize": 10, "color": SOFT_INK, "dy": 3}
        low, high = (
            numeric.mark_text(**size, align="left"),
            numeric.mark_text(**size, align="right"),
        )
        low = low.encode(
            x=alt.XDatum(0, scale=self._across, axis=None), y=self.y("axis"), text="low:N"
        )
        high = high.encode(
            x=alt.XDatum(1, scale=self._across, axis=None), y=self.y("axis"), text="high:N"
        )
        return [name, note, low, high]

    def value(self) -> list[alt.Chart]:
        """Return the layers that mark the row's own value, over `lanes`."""
        lanes = alt.Chart(alt.NamedData("lanes")).transform_filter("isValid(datum.x)")
        rule = lanes.mark_rule(color=INK, strokeWidth=1.3, strokeDash=[3, 2]).encode(
            x=self.x("x"), y=self.y("top"), y2="axis:Q"
        )
        head = lanes.mark_point(
            shape="triangle-down", filled=True, size=46, color=INK, opacity=1, yOffset=-4
        ).encode(
            x=self.x("x"),
            y=self.y("top"),
            tooltip=[alt.Tooltip("heading:N", title="This row")],
        )
        return [rule, head]


def with_unit(feature: Feature, value: float) -> str:
    """Return a value with its unit, where it has one."""
    text = feature.text(value)
    return f"{text} {feature.unit}" if feature.unit else text
