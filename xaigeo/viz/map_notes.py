"""Words and small arrows on the explanation map: axes of features, changes, numbers of modes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import altair as alt
import numpy as np
import pandas as pd

from xaigeo.viz.channels import at
from xaigeo.viz.map_axes import Frame
from xaigeo.viz.map_layer import MapLayer
from xaigeo.viz.text_fit import middle, text_px
from xaigeo.viz.theme import INK, SOFT_INK

SIZE: Final = 10.0
MOST_AXES: Final = 6
LETTERS: Final = 18
# Features that lie so little in the view have no arrow.
SEEN: Final = 0.1
# Of many features, those within 15 degrees of one that is drawn are left out.
BESIDE: Final = float(np.cos(np.radians(15.0)))
REACH: Final = 0.1


def compass(x: alt.X, y: alt.Y, frame: Frame) -> list[alt.Chart]:
    """Return short arrows that tell where a feature's standard deviation leads."""
    base = MapLayer(alt.NamedData("compass"))
    tooltip = [
        alt.Tooltip("label:N", title="One SD of"),
        alt.Tooltip("length:Q", title="Share of it visible here", format=".0%"),
    ]
    shafts = (
        base.mark_rule(color=SOFT_INK, strokeWidth=1.1)
        .properties(name="compass")
        .encode(x=x, y=y, x2="x2:Q", y2="y2:Q", tooltip=tooltip)
    )
    heads = base.mark_point(
        filled=True,
        shape="triangle-up",
        angle=alt.ExprRef(frame.heading()),
        size=26,
        color=SOFT_INK,
        opacity=1,
        strokeWidth=0,
    ).encode(x=at(x, "x2"), y=at(y, "y2"), tooltip=tooltip)
    look: dict[str, Any] = {
        "align": alt.ExprRef("datum.align"),
        "baseline": "middle",
        "fontSize": SIZE,
    }
    place = {"x": at(x, "text_x"), "y": at(y, "text_y"), "text": "feature:N"}
    halo = base.mark_text(**look, stroke="white", strokeWidth=3, color="white").encode(**place)
    names = base.mark_text(**look, color=SOFT_INK).encode(**place, tooltip=tooltip)
    return [halo, shafts, heads.transform_filter("datum.length > 0"), names]


def compass_table(
    axes: pd.DataFrame, frame: Frame, points: pd.DataFrame, marks: Iterable[pd.DataFrame] = ()
) -> pd.DataFrame:
    """Return the arrows of the features seen best, in the corner that holds the least.

    Parameters
    ----------
    axes : DataFrame
        Of a scene in a projection.
    frame : Frame
        With a width and height in pixels.
    points : DataFrame
        With x and y; the lower left corner is left to the bars of the arrows' scale.
    marks : iterable of DataFrame
        With x and y: ends and vertices of the marks that are shown first.
    """
    return compass_at(axes, frame, _corner(frame, points, marks))


def compass_at(
    axes: pd.DataFrame,
    frame: Frame,
    corner: tuple[float, float],
    longest: float | None = None,
) -> pd.DataFrame:
    """Return the same about a corner, shares of width and height from the lower left.

    An arrow of the length `longest`, that of the longest unless given, takes all the room.
    """
    reach = REACH * min(float(frame.width), float(frame.height))
    room = reach + text_px("m" * LETTERS, SIZE)
    width, height = float(frame.width), float(frame.height)
    centre = np.array(
        [
            np.clip(corner[0] * width, room, width - room),
            np.clip(corner[1] * height, reach + 28, height - reach - 18),
        ]
    )
    kept = seen_best(axes)
    longest = float(axes["length"].max()) if longest is None else longest
    steps = axes[["x", "y"]].to_numpy()[kept] * reach / (longest or 1.0)
    tips = centre + steps
    names = [middle(str(name), LETTERS) for name in axes["feature"].iloc[kept]]
    texts, aligns = _places(tips, steps, names)
    shown = pd.DataFrame(
        {
            "feature": names,
            "label": axes["label"].iloc[kept].to_numpy(),
            "x": centre[0],
            "y": centre[1],
            "x2": tips[:, 0],
            "y2": tips[:, 1],
            "text_x": texts[:, 0],
            "text_y": texts[:, 1],
            "align": aligns,
            "length": axes["length"].iloc[kept].to_numpy(),
        }
    )
    written = pd.concat([shown, _note(centre, texts, len(kept), len(axes))], ignore_index=True)
    for axis, size, (low, high) in (
        ("x", width, frame.x_domain),
        ("y", height, frame.y_domain),
    ):
        for name in (axis, f"{axis}2", f"text_{axis}"):
            written[name] = low + written[name] * (high - low) / size
    return written


def seen_best(axes: pd.DataFrame) -> list[int]:
    """Return places of the features seen best, none of them beside another, longest first."""
    steps, length = axes[["x", "y"]].to_numpy(), axes["length"].to_numpy()
    kept: list[int] = []
    for k in np.argsort(-length, kind="stable").tolist():
        if length[k] < SEEN or len(kept) == MOST_AXES:
            break
        cosines = steps[kept] @ steps[k] / (length[kept] * length[k])
        if len(axes) <= MOST_AXES or not (cosines > BESIDE).any():
            kept.append(k)
    return kept


def _note(centre: np.ndarray, texts: np.ndarray, n_shown: int, n: int) -> pd.DataFrame:
    few = "Directions of columns" if n_shown == n else f"Directions of {n_shown} of {n} columns"
    lowest = min([centre[1], *texts[:, 1]])
    return pd.DataFrame(
        {
            "feature": [few],
            "label": [few],
            "x": [centre[0]],
            "y": [centre[1]],
            "x2": [centre[0]],
            "y2": [centre[1]],
            "text_x": [centre[0]],
            "text_y": [lowest - 16.0],
            "align": ["center"],
            "length": [0.0],
        }
    )


def _places(tips: np.ndarray, steps: np.ndarray, names: list[str]) -> tuple[np.ndarray, list[str]]:
    """Return where names stand beside the tips, moved up or down until none lies on another."""
    right = steps[:, 0] >= 0
    texts = tips + np.column_stack([np.where(right, 6.0, -6.0), np.zeros(len(tips))])
    for side in (True, False):
        own = np.flatnonzero(right == side)
        own = own[np.argsort(texts[own, 1], kind="stable")]
        floor = -np.inf
        for k in own.tolist():
            texts[k, 1] = floor = max(texts[k, 1], floor + SIZE + 3.0)
        # Half of the way that names were pushed up is taken back.
        if len(own):
            texts[own, 1] -= max(0.0, float((texts[own, 1] - tips[own, 1]).max())) / 2
    return texts, ["left" if one else "right" for one in right]


def _corner(
    frame: Frame, points: pd.DataFrame, marks: Iterable[pd.DataFrame]
) -> tuple[float, float]:
    """Return the corner with the smallest share of the points and of the marks' vertices."""
    corners = [(1.0, 1.0), (0.0, 1.0), (1.0, 0.0)]
    drawn = [table[["x", "y"]] for table in marks if len(table)]
    crowds = _crowds(frame, points, corners)
    if drawn:
        crowds = crowds + _crowds(frame, pd.concat(drawn), corners)
    return corners[int(np.argmin(crowds))]


def _crowds(frame: Frame, places: pd.DataFrame, corners: list[tuple[float, float]]) -> np.ndarray:
    (x_low, x_high), (y_low, y_high) = frame.x_domain, frame.y_domain
    x = (places["x"].to_numpy() - x_low) / (x_high - x_low)
    y = (places["y"].to_numpy() - y_low) / (y_high - y_low)
    return np.array([((abs(x - a) < 0.42) & (abs(y - b) < 0.3)).mean() for a, b in corners])


def change_labels(x: alt.X, y: alt.Y) -> list[alt.Chart]:
    """Return on the consensus connectors what changes that the axes do not show."""
    base = MapLayer(alt.NamedData("change_labels")).encode(
        x=x, y=y, text="label:N", tooltip=[alt.Tooltip("text:N", title="Change")]
    )
    halo = base.mark_text(dy=-8, fontSize=11, stroke="white", strokeWidth=3, color="white")
    words = base.mark_text(dy=-8, fontSize=11, color=INK).properties(name="changes")
    return [halo, words]


def clusters(x: alt.X, y: alt.Y) -> list[alt.Chart]:
    """Return the middles of counterfactuals that say the same, wider for more seeds."""
    base = MapLayer(alt.NamedData("clusters")).encode(
        x=x,
        y=y,
        tooltip=[
            alt.Tooltip("text:N", title="What they change"),
            alt.Tooltip("target:N", title="Answer there"),
            alt.Tooltip("n_seeds:Q", title="Seeds that say so"),
            alt.Tooltip("share:Q", title="Share of all seeds", format=".0%"),
            alt.Tooltip("n_points:Q", title="Counterfactuals"),
            alt.Tooltip("distance:Q", title="Median distance (MAD units)", format=".3~g"),
            alt.Tooltip("radius:Q", title="Farthest from the middle (SD)", format=".2~f"),
        ],
    )
    rings = base.mark_point(
        filled=False,
        shape="circle",
        color=SOFT_INK,
        strokeWidth=1.2,
        opacity=0.8,
        clip=True,
        size=alt.ExprRef("200 + 900 * datum.share"),
    ).properties(name="clusters")
    counts = base.mark_text(dx=20, dy=8, align="left", fontSize=SIZE, color=SOFT_INK)
    return [rings, counts.encode(text="label:N")]


def mode_labels(x: alt.X, y: alt.Y) -> list[alt.Chart]:
    """Return the numbers of modes at the consensus marks of each."""
    base = MapLayer(alt.NamedData("mode_labels")).encode(x=x, y=y, text="label:N")
    halo = base.mark_text(
        dx=7, dy=-7, fontSize=12, fontWeight=600, stroke="white", strokeWidth=3, color="white"
    )
    numbers = base.mark_text(dx=7, dy=-7, fontSize=12, fontWeight=600, color=INK)
    return [halo, numbers.properties(name="modes")]
