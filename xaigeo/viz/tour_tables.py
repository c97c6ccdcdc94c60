"""The marks of one row along a tour: what is said once, and where each mark is in each frame."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from xaigeo.viz.map_axes import Frame
from xaigeo.viz.map_controls import Tables
from xaigeo.viz.map_layers import COLUMNS, MARK_TABLES, MORE_COLUMNS
from xaigeo.viz.map_notes import compass_at
from xaigeo.viz.map_tables import common_members, every_table
from xaigeo.viz.records import of_row

if TYPE_CHECKING:
    from xaigeo.geometry import Animation, Scene

# More of them move as one cloud, and a chart would take megabytes.
MOST_POINTS: Final = 250
MOST_SEEDS: Final = 8
CORNER: Final = (1.0, 1.0)
# How many letters of an axis's combination are written.
STILL: Final = "_still"
# A frame, from 1, the share of a consensus that it shows, and whose consensus that is.
BestSeen = tuple[int, float, str]


def tour_tables(animation: Animation, label: Any, frame: Frame) -> Tables:
    """Return the tables of a tour's chart.

    Parameters
    ----------
    animation : Animation
    label : label
        The row whose marks are kept.
    frame : Frame
        Axes of all frames, with a width and height in pixels.

    Returns
    -------
    dict of DataFrame
        For each table of marks its columns that move, with `frame` (from 1) and `row`, and
        under its name with "_still" those that do not, with `row`. `frames` has the words of
        each frame's axes.
    """
    longest = max(float(np.linalg.norm(v.projection, axis=1).max()) for v in animation.views)
    places = point_places(len(animation.first.points))
    seeds = shown_seeds(animation.first)
    frames = []
    for number in range(len(animation)):
        scene = animation.scene(number)
        every = every_table(scene, frame)
        every["compass"] = compass_at(scene.axes, frame, CORNER, longest)
        every["points"] = every["points"].iloc[places]
        kept = {name: _kept(table, label, seeds) for name, table in every.items()}
        frames.append(_read(kept))
    tables = _apart(frames)
    if "points_still" in tables:
        tables["points_still"] = tables["points_still"].assign(
            obeys=_obeying(animation.first, label, places)
        )
    return tables | {"frames": _words(animation)}


def point_places(n: int) -> np.ndarray:
    """Return places of the background rows that are drawn: all, or an even sample of many."""
    return np.unique(np.linspace(0, n - 1, min(n, MOST_POINTS)).round().astype(int))


def shown_seeds(scene: Scene) -> list[Any]:
    """Return the seeds whose own marks are drawn, the first of them; a consensus is of all."""
    every = dict.fromkeys(seed for mark in scene.marks for seed in mark.seeds.tolist())
    return list(every)[:MOST_SEEDS]


def best_seen(animation: Animation, label: Any) -> BestSeen | None:
    """Return the frame, from 1, that shows the most of a row's first consensus, and how much.

    It is the share of the surrogate's normal, of all absolute attribution, or of the
    counterfactual's length that lies in the view. None where rules alone are drawn.
    """
    shares: list[float] = []
    method = ""
    for number in range(len(animation)):
        scene = animation.scene(number)
        found = _share(scene, label)
        if found is None:
            return None
        method = found[0]
        shares.append(found[1])
    best = int(np.argmax(shares))
    return best + 1, shares[best], method


def _share(scene: Scene, label: Any) -> tuple[str, float] | None:
    """Return the method and the share seen of its largest group's consensus."""
    arrows = scene.vectors[scene.vectors["role"] == "resultant"]
    for mark in scene.marks:
        for table, name in (
            (scene.normals, "share_in_view"),
            (arrows, "share_in_view"),
            (scene.connectors, "foreshortening"),
        ):
            own = (table["method"] == mark.method) & of_row(table, label)
            rows = table[own & (table["layer"] != "seed") & table[name].notna()]
            if len(rows):
                return mark.method, float(rows[name].iloc[int(rows["n_seeds"].to_numpy().argmax())])
    return None


def _kept(table: pd.DataFrame, label: Any, seeds: Sequence[Any]) -> pd.DataFrame:
    """Return the rows of an instance, and of single seeds those that are drawn."""
    if "instance" in table:
        table = table[of_row(table, label)]
    if "layer" in table and "seed" in table:
        table = table[(table["layer"] != "seed") | table["seed"].isin(seeds).fillna(False)]
    return table.reset_index(drop=True)


def _read(tables: Tables) -> Tables:
    """Return the tables of a frame that have rows, with the columns that layers read."""
    read = {}
    for name, columns in (COLUMNS | MORE_COLUMNS).items():
        if name in tables and len(tables[name]):
            extra = ["mark"] if name == "boxes" else []
            read[name] = tables[name][[*columns, *extra]]
    return read


def _apart(frames: Sequence[Tables]) -> Tables:
    """Return the columns that differ from frame to frame apart from those that do not."""
    tables: Tables = {}
    for name in dict.fromkeys(name for tables_ in frames for name in tables_):
        own = [one[name] for one in frames if name in one]
        alike = len(own) == len(frames) and len({len(one) for one in own}) == 1
        still = [c for c in own[0].columns if alike and _same(own, c)]
        moving = [c for c in own[0].columns if c not in still]
        if still and name not in ("boxes", "scale_bar"):
            tables[f"{name}{STILL}"] = own[0][still].assign(row=np.arange(len(own[0])))
        if name in ("boxes", "scale_bar"):
            tables[name] = own[0]
            continue
        tables[name] = pd.concat(
            [
                one[name][moving].assign(frame=number, row=np.arange(len(one[name])))
                for number, one in enumerate(frames, start=1)
                if name in one
            ],
            ignore_index=True,
        )
    return tables


def _same(tables: Sequence[pd.DataFrame], column: str) -> bool:
    first = tables[0][column]
    return all(first.equals(one[column]) for one in tables[1:])


def _obeying(scene: Scene, label: Any, places: np.ndarray) -> np.ndarray:
    members = common_members(scene)
    return np.isin(places, members.loc[of_row(members, label), "place"])


def _words(animation: Animation) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "frame": np.arange(1, len(animation) + 1),
            "x_label": [view.x_label for view in animation.views],
            "y_label": [view.y_label for view in animation.views],
        }
    )


def mark_names(tables: Tables) -> list[str]:
    """Return the tables of marks that are drawn; `boxes` only tells what outlines are of."""
    return [name for name in (*MARK_TABLES, *MORE_COLUMNS) if name in tables and name != "boxes"]
