"""The explanations of one instance, drawn on the data they speak of."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import altair as alt
import pandas as pd

from xaigeo.errors import InputError
from xaigeo.geometry.box import Box
from xaigeo.geometry.connector import Connector
from xaigeo.geometry.line import Line
from xaigeo.geometry.mark import Mark
from xaigeo.geometry.scene import Scene
from xaigeo.geometry.vectors import Vectors
from xaigeo.viz.channels import layered
from xaigeo.viz.map_axes import Frame
from xaigeo.viz.map_layers import (
    COLUMNS,
    MARK_TABLES,
    chosen_layer,
    instance_layer,
    instance_tooltip,
    map_layers,
    member_layer,
)
from xaigeo.viz.map_tables import common_members, drawn_tables
from xaigeo.viz.method_words import TITLES
from xaigeo.viz.records import plain
from xaigeo.viz.table_data import with_tables
from xaigeo.viz.theme import SOFT_INK
from xaigeo.viz.themed import themed

WIDTH, HEIGHT = 560, 430
READINGS = {
    "lines": "{title}: a line is where a local model changes its answer; dashed: it is not near. "
    "Fainter: a worse fit.",
    "arrows": "{title}: an arrow is what the feature on its axis adds (orange) or takes (blue).",
    "slopes": "{title}: an arrow along each axis is the change for one SD, up (orange) or down "
    "(blue).",
    "squares": "{title}: an arrow is the mean square or variance of the change for one SD, turned "
    "as the mean change, up (orange) or down (blue).",
    "boxes": "{title}: in its box, by the rest of its rule, a seed mostly keeps its answer. "
    "Dashed: open.",
    "connectors": "{title}: a connector ends at a made-up input that has the diamond's answer.",
}


def explanation_map(
    scene: Scene, instance: Any = None, methods: Sequence[str] | None = None
) -> alt.LayerChart:
    """Draw the explanations of an instance over the data, every seed thin, the consensus thick.

    Click a point or use the lists below the chart to choose another instance, one method of
    several, or the consensus alone.

    Parameters
    ----------
    scene : Scene
        From `xaigeo.scene`, which takes the `output` to speak of.
    instance : label, optional
        The instance shown first; the one whose answer differs most between seeds if None.
    methods : sequence of str, optional
        Methods that can be chosen; all of the scene if None.

    Raises
    ------
    InputError
        If the scene holds no such instance or method.
    """
    if not isinstance(scene, Scene):
        raise InputError(
            expected="a Scene to draw",
            arrived=type(scene).__name__,
            do="Make one with xaigeo.scene(explanations, view=(column for x, column for y)).",
        )
    tables = scene_tables(scene, methods)
    instances = tables["instances"]
    first = _first_instance(instances, instance)
    regression = is_regression(scene)
    frame = map_frame(scene, width=WIDTH, height=HEIGHT)
    picked = alt.selection_point(
        name="pick",
        fields=["instance"],
        value=[{"instance": first}],
        on="click",
        toggle=False,
        clear=False,
        empty=False,
        bind=alt.binding_select(
            options=[plain(label) for label in instances["instance"]], name="Row "
        ),
    )
    methods = scene_methods(scene, tables)
    shown = _method_choice(methods)
    layer = alt.param(
        name="seeds_shown",
        value="all seeds",
        bind=alt.binding_radio(options=["all seeds", "consensus only"], name="Marks "),
    )

    drawn = [name for name in MARK_TABLES if len(tables[name])]
    slim = {name: tables[name][list(COLUMNS[name])] for name in drawn}

    def keep(chart: alt.Chart, table: str) -> alt.Chart:
        if shown is not None:
            chart = chart.transform_filter(
                "method_shown === 'all' || datum.method === method_shown"
            )
        if "instance" in COLUMNS[table]:
            chart = chart.transform_filter(picked)
        if "layer" in COLUMNS[table]:
            chart = chart.transform_filter("seeds_shown === 'all seeds' || datum.layer !== 'seed'")
        return chart

    classes = class_names(scene)
    faded = "false"
    members = []
    if "boxes" in drawn:
        rules = set(tables["boxes"]["method"])
        faded = (
            "true" if shown is None else f"indexof({json.dumps(sorted(rules))}, method_shown) >= 0"
        )
        obeying = common_members(scene)
        rows = member_layer(frame, classes, regression=regression, target=scene.target)
        members = [rows.transform_filter(faded).transform_filter(picked)]
    marks = map_layers(
        frame,
        classes,
        tables=drawn,
        regression=regression,
        target=scene.target,
        keep=keep,
        faded=faded,
    )
    points = instance_layer(
        frame,
        classes,
        regression=regression,
        target=scene.target,
        tooltip=instance_tooltip(frame, regression=regression, target=scene.target),
    ).add_params(picked)
    ring = chosen_layer(frame, "instances").transform_filter(picked)
    caption = _caption(methods, shown).transform_filter(picked)
    parameters = [layer] if shown is None else [shown, layer]
    chart = (
        layered(*marks, *members, ring, points, caption)
        .add_params(*parameters)
        .properties(
            width=WIDTH,
            height=HEIGHT,
            title=alt.Title(_title(scene), subtitle=_readings(scene, methods), offset=26),
            description=_description(scene, drawn),
        )
    )
    held = slim | ({"box_members": obeying} if members else {})
    held |= {
        "points": tables["points"][list(COLUMNS["points"])].assign(
            place=range(len(tables["points"]))
        ),
        "instances": instances.assign(finding=_findings(scene, instances)),
    }
    return themed(with_tables(chart, held))


def scene_tables(scene: Scene, methods: Sequence[str] | None = None) -> dict[str, pd.DataFrame]:
    """Return the frames of a scene by name, for some methods.

    Raises
    ------
    InputError
        For a method the scene does not hold.
    """
    tables = drawn_tables(scene)
    known = scene_methods(scene, tables)
    if methods is None:
        return tables
    fine = isinstance(methods, Sequence) and not isinstance(methods, str) and len(methods) > 0
    if not fine or any(name not in known for name in methods):
        raise InputError(
            expected=f"a list of methods that the scene draws ({', '.join(known)})",
            arrived=repr(methods),
            do=f"Pass methods={known[:1]!r}, or leave it out to draw all.",
        )
    return tables | {
        name: tables[name][tables[name]["method"].isin(methods)] for name in MARK_TABLES
    }


def scene_methods(scene: Scene, tables: dict[str, pd.DataFrame]) -> list[str]:
    """Return the methods whose marks the tables hold, in the order in which they were given."""
    seen = {method for name in MARK_TABLES for method in tables[name]["method"]}
    return [mark.method for mark in scene.marks if mark.method in seen]


def class_names(scene: Scene) -> list[str]:
    """Return the classes in output order; the n-th has the n-th colour everywhere."""
    return list(scene.outputs)


def is_regression(scene: Scene) -> bool:
    """Whether the models predict numbers."""
    return bool(scene.task == "regression")


def map_frame(scene: Scene, *, width: float | str, height: float | str) -> Frame:
    """Return axes fixed by the limits of the scene."""
    room = {name: plain(value) for name, value in scene.limits.iloc[0].items()}
    return Frame(
        scene.view.x_label,
        scene.view.y_label,
        (room["x_low"], room["x_high"]),
        (room["y_low"], room["y_high"]),
        width,
        height,
    )


def _first_instance(instances: pd.DataFrame, wanted: Any) -> Any:
    labels = [plain(label) for label in instances["instance"]]
    if wanted is None:
        order = instances["flip_rate"].fillna(0.0).to_numpy()
        return labels[int(order.argmax())]
    if plain(wanted) not in labels:
        raise InputError(
            expected=f"an instance of the scene ({', '.join(map(str, labels[:8]))}"
            f"{', ...' if len(labels) > 8 else ''})",
            arrived=repr(wanted),
            do="Look at scene.instances for the labels that exist.",
        )
    return plain(wanted)


def _method_choice(methods: Sequence[str]) -> Any:
    if len(methods) < 2:
        return None
    return alt.param(
        name="method_shown",
        value=methods[0],
        bind=alt.binding_select(options=[*methods, "all"], name="Method "),
    )


def _caption(methods: Sequence[str], shown: Any) -> alt.Chart:
    """Return the line above the map: the row's finding, and which method is drawn."""
    titles = {method: TITLES.get(method, method) for method in methods} | {"all": "all methods"}
    only = titles[methods[0]] if methods else "nothing, since no mark lies in this view"
    drawn = json.dumps(only) if shown is None else f"{json.dumps(titles)}[method_shown]"
    chart: alt.Chart = (
        alt.Chart(alt.NamedData("instances"))
        .transform_calculate(said=f"datum.finding + '. Drawn: ' + {drawn}")
        .mark_text(align="left", baseline="bottom", fontSize=12, color=SOFT_INK)
        .encode(x=alt.value(0), y=alt.value(-8), text="said:N")
    )
    return chart


def _readings(scene: Scene, methods: Sequence[str]) -> list[str]:
    """Return how the marks are read, of those methods alone that can be drawn."""
    lines = ["Thin: one seed. Thick: consensus, in the answer's colour where answers differ."]
    for mark in scene.marks:
        if mark.method in methods:
            reading = READINGS[_kind(mark)]
            lines.append(reading.format(title=TITLES.get(mark.method, mark.method)))
    return lines


def _kind(mark: Mark) -> str:
    if isinstance(mark, Vectors):
        if mark.unit.endswith("²"):
            return "squares"
        return "slopes" if mark.unit.endswith(" per SD") else "arrows"
    return {Line: "lines", Box: "boxes", Connector: "connectors"}[type(mark)]


def _findings(scene: Scene, instances: pd.DataFrame) -> list[str]:
    if is_regression(scene):
        said = f"the seeds predict {scene.target}"
        return [f"Row {row.instance}: {said} {row.classes}" for row in instances.itertuples()]
    n_seeds = len(scene.marks[0].seeds)
    return [f"Row {row.instance}: {_votes(row, n_seeds)}" for row in instances.itertuples()]


def _votes(row: Any, n_seeds: int) -> str:
    agreeing = round((1.0 - row.flip_rate) * n_seeds)
    said = f"{agreeing} of {n_seeds} seeds {'answer' if n_seeds > 1 else 'answers'} {row.predicted}"
    return said if agreeing == n_seeds else f"{said} ({row.classes})"


def _title(scene: Scene) -> str:
    n = len(scene.instances)
    if is_regression(scene):
        return f"{n} explained rows among {len(scene.points)} of the data"
    split = int((scene.instances["flip_rate"] > 0).sum())
    return f"The seeds' answers differ on {split} of {n} explained rows"


def _description(scene: Scene, drawn: Sequence[str]) -> str:
    marks = ", ".join(drawn).replace("_", " ")
    return (
        f"Scatter of {len(scene.points)} rows by {scene.view.x_label} and {scene.view.y_label}, "
        f"coloured by prediction, with {len(scene.instances)} explained rows"
        + (f" and their {marks} for every seed and in consensus." if marks else ".")
    )
