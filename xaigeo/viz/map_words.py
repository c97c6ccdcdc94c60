"""What the explanation map says: its title, how its marks are read, what a row's seeds answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from xaigeo.geometry.box import Box
from xaigeo.geometry.connector import Connector
from xaigeo.geometry.line import Line
from xaigeo.geometry.mark import Mark
from xaigeo.geometry.vectors import Vectors
from xaigeo.viz.map_tables import MOST_ARROWS, widest_row
from xaigeo.viz.method_words import TITLES
from xaigeo.viz.number_text import counted
from xaigeo.viz.text_fit import wrapped

if TYPE_CHECKING:
    from xaigeo.geometry import Scene

ALL = "all methods"
THIN = "Thin: one seed. Thick: consensus, in the answer's colour where answers differ."
THICK = "Thin: one seed. Thick: consensus."
ALONE = "There is one seed, so there is no consensus."
MODES = "Numbers: modes, groups of seeds that explain alike."
CHOOSE = "All methods: choose one below to read how its marks are meant."
NOTHING = "Nothing is drawn, since no mark lies in this view."
READINGS = {
    "lines": "{title}: a line is where a local model changes its answer; dashed: it is not near. "
    "Fainter: a worse fit. The arrow leads towards the answer. Dotted: where samples weigh most.",
    "patches": "{title}: a patch is the part, seen from this side, of the surface on which a local "
    "model changes its answer, near the row; dashed line: it is not near. Fainter: a worse fit. "
    "The arrow leads towards the answer. Dotted: where samples weigh most. What leaves the map is "
    "cut off.",
    "arrows": "{title}: an arrow is what the feature on its axis adds (orange) or takes (blue). "
    "Band: the middle 80% of seeds. Ellipse: 90% of their sums.",
    "slopes": "{title}: an arrow along each axis is the change for one SD, up (orange) or down "
    "(blue). Band: the middle 80% of seeds. Ellipse: 90% of their sums.",
    "squares": "{title}: an arrow is the mean square or variance of the change for one SD, turned "
    "as the mean change, up (orange) or down (blue). Band: the middle 80% of seeds.",
    "boxes": "{title}: in its box, by the rest of its rule, a seed mostly keeps its answer. "
    "Dashed: open. Darker: more seeds. Grey: holds all boxes. Strong points obey the common rule. "
    "Dotted: where the search drew rows.",
    "shadows": "{title}: the outline of a box seen from this side, in which, by the rest of its "
    "rule, a seed mostly keeps its answer; a point inside the outline need not lie in the box, "
    "strong points do. Dashed: open. Grey: holds all boxes. Dotted: where the search drew rows.",
    "connectors": "{title}: a connector ends at a made-up input that has the diamond's answer; "
    "the dot is where the answer changes. Words: what the axes do not show. Circle: seeds that "
    "say the same.",
}
# Of a regression, which has no answer to change and so no boundary.
LEVELS = {
    "lines": "{title}: a dashed line is the level line of one seed's local model through this row; "
    "the arrow leads to higher predictions. Fainter: a worse fit. Dotted: where samples weigh "
    "most.",
    "patches": "{title}: a dashed line lies across the way in which one seed's local model rises, "
    "through this row; the arrow leads to higher predictions, and a short one points out of the "
    "plane. Fainter: a worse fit. Dotted: where samples weigh most.",
}


def title(scene: Scene) -> str:
    """Return on how many rows the seeds differ; of a regression, where they differ most."""
    rows = scene.instances
    n = len(rows)
    if _n_seeds(scene) == 1:
        return f"One seed's explanations of {n} {'row' if n == 1 else 'rows'}"
    if scene.task == "regression":
        widest = rows.iloc[widest_row(rows)]
        return (
            f"The seeds' predictions of {scene.target} lie furthest apart at row "
            f"{widest['instance']}: {widest['classes']}"
        )
    split = int((rows["flip_rate"] > 0).sum())
    if not split:
        return f"The seeds give the same answer on {'the' if n == 1 else f'all {n}'} explained " + (
            "row" if n == 1 else "rows"
        )
    return f"The seeds' answers differ on {split} of {n} explained {'row' if n == 1 else 'rows'}"


def thin(scene: Scene, *, modes: bool) -> str:
    """Return how seeds and consensus are told apart, and what the numbers of modes are."""
    several = THICK if scene.task == "regression" else THIN
    said = several if _n_seeds(scene) > 1 else ALONE
    return f"{said} {MODES}" if modes else said


def readings(scene: Scene, methods: Sequence[str]) -> dict[str, str]:
    """Return by method how its marks are read."""
    said = {}
    flat = bool(scene.view.shown)
    for mark in scene.marks:
        if mark.method not in methods:
            continue
        kind = mark_kind(mark)
        if not flat:
            kind = {"lines": "patches", "boxes": "shadows"}.get(kind, kind)
        own = READINGS | LEVELS if scene.task == "regression" else READINGS
        said[mark.method] = own[kind].format(title=method_title(mark.method))
        n_columns = len(scene.axes)
        if (scene.staircases["method"] == mark.method).any():
            said[mark.method] += " Head to tail, the same arrows lead to their sum."
        if isinstance(mark, Vectors) and not flat and n_columns > MOST_ARROWS:
            said[mark.method] += (
                f" The {MOST_ARROWS} largest of {n_columns} arrows of the row are drawn, and "
                "the sum of all."
            )
    return said


def mark_kind(mark: Mark) -> str:
    """Return the key in `READINGS` of a mark on a pair of columns."""
    if isinstance(mark, Vectors):
        if mark.unit.endswith("²"):
            return "squares"
        return "slopes" if mark.unit.endswith(" per SD") else "arrows"
    return {Line: "lines", Box: "boxes", Connector: "connectors"}[type(mark)]


def method_title(method: str) -> str:
    """Return what a method is called."""
    return TITLES.get(method, method)


def captions(scene: Scene, options: Sequence[str], px: float) -> pd.DataFrame:
    """Return instance, method and, in lines, what the seeds answer and which have no mark."""
    flat = scene.degenerate[scene.degenerate["layer"] == "seed"]
    lost = flat.groupby(["method", "instance"])["seed"].nunique()
    rows = []
    for row in scene.instances.itertuples():
        finding = row_finding(scene, row)
        for method in options or [ALL]:
            n = int(lost.get((method, row.instance), 0))
            said = f"{finding}. {_without(method, n)}" if n else finding
            rows.append((row.instance, method, "\n".join(wrapped(said, px, 12.0))))
    return pd.DataFrame(rows, columns=["instance", "method", "said"])


def reading_table(scene: Scene, options: Sequence[str], px: float) -> pd.DataFrame:
    """Return method and, in lines, how its marks are read."""
    said = readings(scene, options) | {ALL: CHOOSE if options else NOTHING}
    rows = [(method, "\n".join(wrapped(said[method], px))) for method in options or [ALL]]
    return pd.DataFrame(rows, columns=["method", "said"])


def _without(method: str, n: int) -> str:
    seeds = "seed has" if n == 1 else "seeds have"
    return f"{method_title(method)}: {n} {seeds} no direction here and no mark"


def row_finding(scene: Scene, row: Any) -> str:
    """Return what the seeds answer at a row of `scene.instances`."""
    n_seeds = _n_seeds(scene)
    if scene.task == "regression" and n_seeds == 1:
        return f"Row {row.instance}: the seed predicts {scene.target} {row.predicted:.4g}"
    if scene.task == "regression":
        return f"Row {row.instance}: the seeds predict {scene.target} {row.classes}"
    if n_seeds == 1:
        return f"Row {row.instance}: the seed answers {row.predicted}"
    agreeing = round((1.0 - row.flip_rate) * n_seeds)
    said = f"Row {row.instance}: {agreeing} of {n_seeds} seeds answer {row.predicted}"
    return said if agreeing == n_seeds else f"{said} ({row.classes})"


def description(scene: Scene, drawn: Sequence[str]) -> str:
    """Return the map in words, for those who do not see it."""
    notes = ("scale_bar", "whiskers", "compass", "change_labels", "mode_labels")
    marks = ", ".join(name for name in drawn if name not in notes).replace("_", " ")
    rows = counted(len(scene.instances), "explained row")
    return (
        f"{title(scene)}. Scatter of {counted(len(scene.points), 'row')} by "
        f"{scene.view.x_label} and {scene.view.y_label}, coloured by prediction, with {rows}"
        + (f" and their {marks} for every seed and in consensus." if marks else ".")
    )


def _n_seeds(scene: Scene) -> int:
    return len(scene.marks[0].seeds) if scene.marks else 0
