"""The explanations of one instance, drawn on the data they speak of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import altair as alt
import pandas as pd

from xaigeo.errors import InputError
from xaigeo.viz.channels import layered
from xaigeo.viz.map_axes import Frame
from xaigeo.viz.map_layers import (
    COLUMNS,
    MARK_TABLES,
    chosen_layer,
    instance_layer,
    instance_tooltip,
    map_layers,
)
from xaigeo.viz.records import csv_format, csv_text, plain, records
from xaigeo.viz.theme import SOFT_INK, themed

if TYPE_CHECKING:
    from xaigeo.geometry import Scene

WIDTH, HEIGHT = 560, 430
READING = (
    "Thin marks: one seed each. Thick dark marks: consensus. Dashed line: no boundary near.",
    "Dashed side: the rule is open there. Diamond: where the answer changes to its colour.",
)


def explanation_map(
    scene: Scene, instance: Any = None, methods: Sequence[str] | None = None
) -> alt.LayerChart:
    """Draw the explanations of an instance over the data, every seed thin, the consensus thick.

    Click a point or use the lists below the chart to choose another instance, one method of
    several, or the consensus alone.

    Parameters
    ----------
    scene : Scene
        From `xaigeo.scene`.
    instance : label, optional
        The instance shown first; the one whose answer differs most between seeds if None.
    methods : sequence of str, optional
        Methods that can be chosen; all of the scene if None.

    Raises
    ------
    InputError
        If the scene holds no such instance or method.
    """
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
    shown = _method_choice(tables)
    layer = alt.param(
        name="seeds_shown",
        value="all seeds",
        bind=alt.binding_radio(options=["all seeds", "consensus only"], name="Marks "),
    )

    drawn = [name for name in MARK_TABLES if len(tables[name])]
    slim = {name: tables[name][list(COLUMNS[name])] for name in drawn}

    def keep(chart: alt.Chart, table: str) -> alt.Chart:
        chart = chart.properties(data=alt.NamedData(table, format=csv_format(slim[table])))
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
    marks = map_layers(frame, classes, tables=drawn, regression=regression, keep=keep)
    points = instance_layer(
        frame,
        classes,
        regression=regression,
        tooltip=instance_tooltip(frame, regression=regression),
    ).add_params(picked)
    ring = chosen_layer(frame, "instances").transform_filter(picked)
    parameters = [layer] if shown is None else [shown, layer]
    chart = (
        layered(*marks, ring, points, _caption().transform_filter(picked))
        .add_params(*parameters)
        .properties(
            width=WIDTH,
            height=HEIGHT,
            title=alt.Title(_title(scene), subtitle=list(READING), offset=26),
            description=_description(scene, drawn),
            datasets={name: csv_text(table) for name, table in slim.items()}
            | {
                "points": records(tables["points"][list(COLUMNS["points"])]),
                "instances": records(instances.assign(finding=_findings(instances, regression))),
            },
        )
    )
    return themed(chart)


def scene_tables(scene: Scene, methods: Sequence[str] | None = None) -> dict[str, pd.DataFrame]:
    """Return the frames of a scene by name, for some methods.

    Raises
    ------
    InputError
        For a method the scene does not hold.
    """
    tables = {name: getattr(scene, name) for name in ("points", "instances", *MARK_TABLES)}
    known = scene_methods(tables)
    if methods is None:
        return tables
    unknown = [name for name in methods if name not in known]
    if unknown or isinstance(methods, str) or not len(methods):
        raise InputError(
            expected=f"a list of methods that the scene draws ({', '.join(known)})",
            arrived=repr(methods),
            do=f"Pass methods={known[:1]!r}, or leave it out to draw all.",
        )
    return tables | {
        name: tables[name][tables[name]["method"].isin(methods)] for name in MARK_TABLES
    }


def scene_methods(tables: dict[str, pd.DataFrame]) -> list[str]:
    """Return the methods whose marks the tables hold, in order of appearance."""
    seen: dict[str, None] = {}
    for name in MARK_TABLES:
        seen |= dict.fromkeys(tables[name]["method"].tolist())
    return list(seen)


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


def _method_choice(tables: dict[str, pd.DataFrame]) -> Any:
    methods = scene_methods(tables)
    if len(methods) < 2:
        return None
    return alt.param(
        name="method_shown",
        value=methods[0],
        bind=alt.binding_select(options=[*methods, "all"], name="Method "),
    )


def _caption() -> alt.Chart:
    chart: alt.Chart = (
        alt.Chart(alt.NamedData("instances"))
        .mark_text(align="left", baseline="bottom", fontSize=12, color=SOFT_INK)
        .encode(x=alt.value(0), y=alt.value(-8), text="finding:N")
    )
    return chart


def _findings(instances: pd.DataFrame, regression: bool) -> list[str]:
    if regression:
        return [
            f"Row {row.instance}: the seeds predict {row.classes}" for row in instances.itertuples()
        ]
    return [f"Row {row.instance}: the seeds answer {row.classes}" for row in instances.itertuples()]


def _title(scene: Scene) -> str:
    n = len(scene.instances)
    if is_regression(scene):
        return f"{n} explained rows among {len(scene.points)} of the data"
    split = int((scene.instances["flip_rate"] > 0).sum())
    return f"The seeds' answers differ on {split} of {n} explained rows"


def _description(scene: Scene, drawn: Sequence[str]) -> str:
    return (
        f"Scatter of {len(scene.points)} rows by {scene.view.x_label} and {scene.view.y_label}, "
        f"coloured by prediction, with {len(scene.instances)} explained rows and their "
        f"{', '.join(drawn).replace('_', ' ')} for every seed and in consensus."
    )
