"""The tables of a scene as the map draws them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from xaigeo.viz.map_layers import MARK_TABLES, MORE_COLUMNS
from xaigeo.viz.map_notes import compass_table
from xaigeo.viz.number_text import counted
from xaigeo.viz.records import of_row
from xaigeo.viz.text_fit import middle
from xaigeo.viz.theme import class_mark

if TYPE_CHECKING:
    from xaigeo.geometry import Scene
    from xaigeo.viz.map_axes import Frame

# Arrows of a row and method in a projection; shorter ones would hide those that matter.
MOST_ARROWS = 10


def drawn_tables(scene: Scene) -> dict[str, pd.DataFrame]:
    """Return points, instances and marks by name, ready to be drawn.

    A consensus of one seed is left out: that seed's own mark says it all. Where the seeds'
    answers differ, each group's consensus has the `colour` of its answer. `member` of a point
    is open until a rule is chosen.
    """
    tables = {name: getattr(scene, name) for name in ("points", "instances", *MARK_TABLES)}
    tables["points"] = tables["points"].assign(member=None)
    for name in MARK_TABLES:
        tables[name] = _drawn(scene, tables[name])
    lines = tables["lines"]
    groups = lines.loc[lines["layer"] != "seed", ["instance", "predicted", "mode"]]
    tables["cones"] = tables["cones"].merge(groups.drop_duplicates())
    return tables


def every_table(scene: Scene, frame: Frame) -> dict[str, pd.DataFrame]:
    """Return what the notebook's map draws of a scene: `drawn_tables` and those of `MORE_COLUMNS`.

    In a projection a boundary is a patch, and `lines` holds the level lines where there is
    none; `boxes` then says what `box_outlines` draws.
    """
    flat = bool(scene.view.shown)
    tables = drawn_tables(scene)
    tables["boxes"] = tables["boxes"].assign(mark=tables["boxes"].index)
    tables["cones"] = _told_apart(tables["cones"])
    lines = tables["lines"]
    more = {
        "regions": scene.regions,
        "coverage_cells": _shares(scene),
        "box_outlines": _drawn(scene, _edged(scene.box_outlines)),
        "box_edges": _drawn(scene, scene.box_edges),
        "ellipses": _numbered(scene.ellipses),
        "patches": scene.patches.head(0) if flat else _numbered(_patches(scene)),
        "normals": _drawn(scene, scene.normals),
        "staircases": _drawn(scene, scene.staircases),
        "whiskers": _whiskers(tables["vectors"]),
        "clusters": _counted(scene),
        "change_labels": _change_labels(tables["connectors"]),
        "compass": scene.axes.head(0)
        if flat
        else compass_table(scene.axes, frame, scene.points, _shown_first(scene)),
    }
    if not flat:
        tables["lines"] = lines[~lines["boundary"].astype(bool)]
        largest = largest_arrows(tables["vectors"])
        tables["vectors"] = tables["vectors"][largest.to_numpy()]
        more["whiskers"] = _whiskers(tables["vectors"])
    every = tables | more
    del every["ellipse_outlines"]
    return every | {"mode_labels": mode_labels(every)}


def largest_arrows(vectors: pd.DataFrame) -> pd.Series:
    """Return which arrows are drawn in a projection of many columns.

    Of each method and instance those of the `MOST_ARROWS` features whose attribution is the
    largest in any seed or consensus, and every resultant.
    """
    size = vectors["attribution"].abs().fillna(0.0).where(vectors["role"] == "component")
    keys = [vectors[name] for name in ("method", "instance", "feature")]
    widest = size.groupby(keys).max()
    ranks = widest.groupby(level=["method", "instance"]).rank(method="first", ascending=False)
    place = pd.MultiIndex.from_arrays(keys, names=["method", "instance", "feature"])
    rank = pd.Series(ranks.reindex(place).to_numpy(), index=vectors.index)
    return (vectors["role"] == "resultant") | (rank <= MOST_ARROWS)


def mode_labels(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the number of its mode, from 1, at each consensus mark where modes differ."""
    ends = {"lines": ("x2", "y2"), "normals": ("x2", "y2"), "vectors": ("x2", "y2")}
    ends |= {"connectors": ("x2", "y2"), "boxes": ("x2", "y2")}
    found = [pd.DataFrame(columns=list(MORE_COLUMNS["mode_labels"]))]
    for name, (x, y) in ends.items():
        table = tables[name]
        if "mode" not in table:
            continue
        rows = table[(table["layer"] != "seed") & table["mode"].notna() & table[x].notna()]
        if "role" in rows:
            rows = rows[rows["role"] == "resultant"]
        several = rows.groupby(["method", "layer", "instance"])["mode"].transform("nunique") > 1
        kept = rows[several.astype(bool)]
        found.append(
            kept[["method", "layer", "instance"]].assign(
                x=kept[x], y=kept[y], label=[str(int(mode) + 1) for mode in kept["mode"]]
            )
        )
    filled = [one for one in found if len(one)] or found[:1]
    return pd.concat(filled, ignore_index=True)


def common_members(scene: Scene) -> pd.DataFrame:
    """Return which points obey a rule common to several seeds: instance and place of the point.

    Of a scene of one seed they are those of its own rules.
    """
    rules = scene.box_members[scene.box_members["layer"] == "intersection"]
    groups = scene.boxes[scene.boxes["layer"] == "intersection"]
    several = len(scene.marks[0].seeds) > 1 if scene.marks else True
    rules = rules[groups["n_seeds"].to_numpy() > (1 if several else 0)]
    return (
        rules[["instance", "background_rows"]]
        .explode("background_rows")
        .dropna()
        .rename(columns={"background_rows": "place"})
        .astype({"place": "int64"})
        .drop_duplicates()
        .reset_index(drop=True)
    )


def _drawn(scene: Scene, table: pd.DataFrame) -> pd.DataFrame:
    """Return marks without a consensus of one seed, and the colour of a group's answer."""
    if "n_seeds" not in table or "layer" not in table:
        return table
    split = scene.instances.loc[scene.instances["flip_rate"] > 0, "instance"]
    kept = table[(table["layer"] == "seed") | (table["n_seeds"] > 1)]
    grouped = (kept["layer"] != "seed") & kept["instance"].isin(split)
    colours = {c: class_mark(i)["colour"] for i, c in enumerate(scene.outputs)}
    return kept.assign(colour=kept["predicted"].map(colours).astype(object).where(grouped, None))


def widest_row(rows: pd.DataFrame) -> int:
    """Return the place of the row whose answers differ most between seeds."""
    if rows["flip_rate"].notna().any():
        return int(rows["flip_rate"].fillna(0.0).to_numpy().argmax())
    ends = [[float(end) for end in said.split(" to ")] for said in rows["classes"]]
    return max(range(len(ends)), key=lambda k: ends[k][-1] - ends[k][0])


def _shown_first(scene: Scene) -> list[pd.DataFrame]:
    """Return ends and vertices of the marks of the row whose answers differ most."""
    first = scene.instances["instance"].iloc[widest_row(scene.instances)]
    outlines = (scene.patch_outlines, scene.box_outlines, scene.cones, scene.regions)
    arrows = (scene.vectors, scene.normals, scene.connectors)
    ends = [
        table.drop(columns=["x", "y"]).rename(columns={"x2": "x", "y2": "y"}) for table in arrows
    ]
    return [table[of_row(table, first)] for table in (*outlines, *ends)]


def _told_apart(outlines: pd.DataFrame) -> pd.DataFrame:
    """Return outlines of which each has a number of its own in `side`."""
    return outlines.assign(side=(outlines["order"] == 0).cumsum())


def _numbered(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(number=range(len(table)))


def _shares(scene: Scene) -> pd.DataFrame:
    n_seeds = len(scene.marks[0].seeds) if scene.marks else 1
    return scene.coverage_cells.assign(share_of_all=scene.coverage_cells["n_seeds"] / n_seeds)


def _edged(outlines: pd.DataFrame) -> pd.DataFrame:
    """Return vertices with the next one in x2, y2, and their box's place in `boxes` in `mark`."""
    mark = (outlines["order"] == 0).cumsum() - 1
    following = outlines[["x", "y"]].groupby(mark).shift(-1)
    first = outlines[["x", "y"]].groupby(mark).transform("first")
    ends = following.fillna(first)
    return outlines.assign(mark=mark, x2=ends["x"], y2=ends["y"])


def _patches(scene: Scene) -> pd.DataFrame:
    """Return patches with what `lines` says of their boundary."""
    near = scene.lines[scene.lines["boundary"].astype(bool)]
    patches = scene.patches.assign(
        distance=near["distance"].to_numpy(),
        resultant_length=near["resultant_length"].to_numpy(),
    )
    return _drawn(scene, patches)


def _whiskers(vectors: pd.DataFrame) -> pd.DataFrame:
    known = vectors[["low_x", "low_y", "high_x", "high_y"]].notna().all(axis=1)
    ends = {"low_x": "x", "low_y": "y", "high_x": "x2", "high_y": "y2"}
    return vectors[known].drop(columns=["x", "y", "x2", "y2"]).rename(columns=ends)


def _change_labels(connectors: pd.DataFrame) -> pd.DataFrame:
    """Return at the middle of each consensus connector what the axes do not show, in short."""
    said = (connectors["layer"] != "seed") & connectors["text"].fillna("").ne("")
    kept = connectors[said]
    return kept.assign(
        x=(kept["x"] + kept["x2"]) / 2,
        y=(kept["y"] + kept["y2"]) / 2,
        label=[short_change(text) for text in kept["text"]],
    )


def _counted(scene: Scene) -> pd.DataFrame:
    """Return clusters, and how many seeds share each where a row has several."""
    table = scene.clusters
    several = table.groupby(["method", "instance"])["n_seeds"].transform("size") > 1
    counts = pd.Series(
        [counted(int(n), "seed") for n in table["n_seeds"]], index=table.index, dtype=object
    )
    return table.assign(label=counts.where(several & (table["n_seeds"] > 1), ""))


def short_change(text: str, letters: int = 34) -> str:
    """Return the first changes of a text and how many are left out.

    Examples
    --------
    >>> short_change("sex: male → female, mass −300 g, age +2", 20)
    'sex: male → female +2'
    """
    parts = text.split(", ")
    kept = parts[:1]
    for part in parts[1:]:
        if len(", ".join([*kept, part])) > letters:
            break
        kept.append(part)
    left = len(parts) - len(kept)
    return middle(", ".join(kept), letters) + (f" +{left}" if left else "")
