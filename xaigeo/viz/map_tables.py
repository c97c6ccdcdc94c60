"""The tables of a scene as the map draws them."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from xaigeo.viz.map_layers import MARK_TABLES
from xaigeo.viz.theme import class_mark

if TYPE_CHECKING:
    from xaigeo.geometry import Scene


def drawn_tables(scene: Scene) -> dict[str, pd.DataFrame]:
    """Return points, instances and marks by name, ready to be drawn.

    A consensus of one seed is left out: that seed's own mark says it all. Where the seeds'
    answers differ, each group's consensus has the `colour` of its answer. `member` of a point
    is open until a rule is chosen.
    """
    tables = {name: getattr(scene, name) for name in ("points", "instances", *MARK_TABLES)}
    tables["points"] = tables["points"].assign(member=None)
    tables["boxes"] = tables["boxes"].assign(members=_masks(scene))
    split = scene.instances.loc[scene.instances["flip_rate"] > 0, "instance"]
    for name in MARK_TABLES:
        table = tables[name]
        if "n_seeds" in table and "layer" in table:
            kept = table[(table["layer"] == "seed") | (table["n_seeds"] > 1)]
            grouped = (kept["layer"] != "seed") & kept["instance"].isin(split)
            colours = {c: class_mark(i)["colour"] for i, c in enumerate(scene.outputs)}
            tables[name] = kept.assign(
                colour=kept["predicted"].map(colours).astype(object).where(grouped, None)
            )
    lines = tables["lines"]
    groups = lines.loc[lines["layer"] != "seed", ["instance", "predicted"]]
    tables["cones"] = tables["cones"].merge(groups.drop_duplicates())
    return tables


def common_members(scene: Scene) -> pd.DataFrame:
    """Return which points obey a rule common to several seeds: instance and place of the point."""
    rules = scene.box_members[scene.box_members["layer"] == "intersection"]
    groups = scene.boxes[scene.boxes["layer"] == "intersection"]
    rules = rules[groups["n_seeds"].to_numpy() > 1]
    return (
        rules[["instance", "background_rows"]]
        .explode("background_rows")
        .dropna()
        .rename(columns={"background_rows": "place"})
        .astype({"place": "int64"})
        .drop_duplicates()
        .reset_index(drop=True)
    )


def _masks(scene: Scene) -> list[str | None]:
    """Return by box which points obey its rule: one bit a point, lowest first, in base64.

    The tables of boxes and of members are made side by side, row by row. The hull of all boxes
    is not a rule of any seed and has none.
    """
    masks: list[str | None] = []
    for layer, rows in scene.box_members[["layer", "background_rows"]].itertuples(index=False):
        inside = np.zeros(len(scene.points), dtype=bool)
        inside[list(rows)] = True
        packed = np.packbits(inside, bitorder="little").tobytes()
        masks.append(None if layer == "union" else base64.b64encode(packed).decode("ascii"))
    return masks
