"""The explanations of one instance, drawn on the data they speak of."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

import altair as alt
import pandas as pd

from xaigeo.errors import InputError
from xaigeo.explanations.row_label import known_label
from xaigeo.geometry.scene import Scene
from xaigeo.geometry.view import Projection
from xaigeo.options import check_count
from xaigeo.viz import map_words
from xaigeo.viz.channels import layered
from xaigeo.viz.map_axes import Frame
from xaigeo.viz.map_controls import Controls, Tables, tables_methods
from xaigeo.viz.map_layers import (
    COLUMNS,
    MARK_TABLES,
    MORE_COLUMNS,
    chosen_layer,
    instance_layer,
    instance_tooltip,
    map_layers,
    member_layer,
)
from xaigeo.viz.map_tables import common_members, every_table, widest_row
from xaigeo.viz.map_words import ALL
from xaigeo.viz.records import plain
from xaigeo.viz.table_data import with_tables
from xaigeo.viz.text_fit import balanced, wrapped
from xaigeo.viz.theme import INK, SOFT_INK
from xaigeo.viz.themed import themed

WIDTH, HEIGHT = 560, 430
# Beyond the data at each side, as a share of their range, that patches may ask for.
MOST_ROOM: Final = 0.3
# Tables that sum up seeds without saying so in a column `layer`.
_SUMMARIES: Final = ("cones", "ellipses", "coverage_cells", "clusters")
LINE: Final = 16
# What the axis takes beside the plot; titles begin above it.
AXIS: Final = 44


def explanation_map(
    scene: Scene,
    instance: Any = None,
    methods: Sequence[str] | None = None,
    *,
    width: int = WIDTH,
    height: int = HEIGHT,
) -> alt.LayerChart:
    """Draw the explanations of an instance over the data, every seed thin, the consensus thick.

    Click a point or use the lists below the chart to choose another instance, one method of
    several, or the consensus or the seeds alone.

    Parameters
    ----------
    scene : Scene
        From `xaigeo.scene`, which takes the `output` to speak of and the view: two columns, the
        principal components, or any other plane.
    instance : label, optional
        The instance shown first; the one whose answers differ most between seeds if None.
    methods : sequence of str, optional
        Methods that can be chosen; all of the scene if None.
    width, height : int
        Of the plot in pixels, without axes and text.

    Raises
    ------
    InputError
        If the scene holds no such instance or method.
    """
    _check(scene, width, height)
    first = first_instance(scene.instances, instance)
    tables = explanation_map_tables(scene, methods, width=width, height=height)
    controls = Controls.of(scene, tables, first, f"{width} {height}")
    px = width + AXIS
    lines = [n_lines(tables[name]) for name in ("captions", "readings")]
    layers = explanation_map_layers(scene, tables, controls, width=width, height=height)
    chart = layered(*layers, *caption_layers(controls, lines)).add_params(*controls.variables)
    chart = chart.properties(
        width=width,
        height=height,
        title=alt.Title(
            balanced(map_words.title(scene), px, 13.0),
            subtitle=wrapped(map_words.thin(scene, modes="mode_labels" in tables), px),
            offset=8,
        ),
        description=map_words.description(scene, _marks(tables)),
    )
    return themed(with_tables(chart, tables))


def explanation_map_layers(
    scene: Scene, tables: Tables, controls: Controls, *, width: int, height: int
) -> list[alt.Chart]:
    """Return the layers of the map over named tables, without title and captions."""
    frame = map_frame(scene, width=width, height=height)
    look: dict[str, Any] = {
        "classes": class_names(scene),
        "regression": is_regression(scene),
        "target": scene.target,
    }
    faded = _faded(tables, controls)
    marks = map_layers(
        frame,
        **look,
        tables=_marks(tables),
        faded=faded,
        keep=lambda chart, name: controls.keep(
            chart, list(tables[name].columns), summary=name in _SUMMARIES
        ),
    )
    members = []
    if "box_members" in tables:
        members = [controls.at_row(member_layer(frame, **look).transform_filter(faded))]
    tooltip = instance_tooltip(frame, regression=look["regression"], target=scene.target)
    rows = instance_layer(frame, **look, tooltip=tooltip)
    ring = controls.at_row(chosen_layer(frame, "instances"))
    # Altair would bind the selection to every view that has a name.
    nameless = [_renamed(layer, alt.Undefined) for layer in (*marks, *members, ring)]
    picked = [] if controls.picked is None else [controls.picked]
    return [*nameless, _renamed(rows, controls.name).add_params(*picked)]


def explanation_map_tables(
    scene: Scene,
    methods: Sequence[str] | None = None,
    *,
    width: int = WIDTH,
    height: int = HEIGHT,
) -> Tables:
    """Return the tables that hold rows, with the columns that are drawn.

    Raises
    ------
    InputError
        For a method the scene does not hold.
    """
    every = scene_tables(scene, methods, width=width, height=height)
    columns = COLUMNS | MORE_COLUMNS
    tables = {
        name: every[name][[*columns[name], *(["mark"] if name == "boxes" else [])]]
        for name in columns
        if name in every and len(every[name])
    }
    known = tables_methods(scene, tables)
    options = [*known, ALL] if len(known) > 1 else known
    px = width + AXIS
    tables |= {
        "points": tables["points"].assign(place=range(len(tables["points"]))),
        "captions": map_words.captions(scene, options, px),
        "readings": map_words.reading_table(scene, options, px),
    }
    if "boxes" in tables:
        obeying = common_members(scene)
        tables |= {"box_members": obeying} if len(obeying) else {}
        if scene.view.shown:
            tables["boxes"] = tables["boxes"].drop(columns="mark")
    return tables


def scene_tables(
    scene: Scene,
    methods: Sequence[str] | None = None,
    *,
    width: int = WIDTH,
    height: int = HEIGHT,
) -> Tables:
    """Return the frames of a scene by name, for some methods.

    Raises
    ------
    InputError
        For a method the scene does not hold.
    """
    tables = every_table(scene, map_frame(scene, width=width, height=height))
    known = tables_methods(scene, tables)
    if methods is None:
        return tables
    fine = isinstance(methods, Sequence) and not isinstance(methods, str) and len(methods) > 0
    if not fine or any(name not in known for name in methods):
        raise InputError(
            expected=f"a list of methods that the scene draws ({', '.join(known)})",
            arrived=repr(methods),
            do=f"Pass methods={known[:1]!r}, or leave it out to draw all.",
        )
    return {
        name: table[table["method"].isin(methods)] if "method" in table else table
        for name, table in tables.items()
    }


def class_names(scene: Scene) -> list[str]:
    """Return the classes in output order; the n-th has the n-th colour everywhere."""
    return list(scene.outputs)


def is_regression(scene: Scene) -> bool:
    """Whether the models predict numbers."""
    return bool(scene.task == "regression")


def map_frame(scene: Scene, *, width: float | str, height: float | str) -> Frame:
    """Return axes fixed by the limits of the scene.

    In a projection of a stated size a standard deviation is as long upwards as to the right, and
    there is room for the consensus patches of all rows, as far as the data do not get too small.
    """
    room = {name: plain(value) for name, value in scene.limits.iloc[0].items()}
    x, y = (room["x_low"], room["x_high"]), (room["y_low"], room["y_high"])
    if isinstance(scene.view, Projection) and not isinstance(width, str | None):
        x, y = _holding(scene, x, y)
        x, y = _even(x, y, float(width), float(height))
    return Frame(scene.view.x_label, scene.view.y_label, x, y, width, height)


Pair = tuple[float, float]


def _holding(scene: Scene, x: Pair, y: Pair) -> tuple[Pair, Pair]:
    """Return ranges widened to hold the consensus patches, by `MOST_ROOM` a side at most."""
    outlines = scene.patch_outlines
    one = len(scene.marks[0].seeds) == 1 if scene.marks else False
    shown = outlines if one else outlines[outlines["layer"] != "seed"]
    ends = []
    for (low, high), name in ((x, "x"), (y, "y")):
        room = MOST_ROOM * (high - low)
        values = shown[name]
        reach = (values.min(), values.max()) if len(shown) else (low, high)
        # A little more, so that the outline's own width is seen.
        margin = 0.02 * (high - low)
        ends.append(
            (
                min(low, max(float(reach[0]) - margin, low - room)) if reach[0] < low else low,
                max(high, min(float(reach[1]) + margin, high + room)) if reach[1] > high else high,
            )
        )
    return ends[0], ends[1]


def _even(x: Pair, y: Pair, width: float, height: float) -> tuple[Pair, Pair]:
    """Return ranges widened about their middles until both have as many units a pixel."""
    step = max((x[1] - x[0]) / width, (y[1] - y[0]) / height)
    ends = []
    for (low, high), size in ((x, width), (y, height)):
        middle, half = (low + high) / 2, step * size / 2
        ends.append((plain(middle - half), plain(middle + half)))
    return ends[0], ends[1]


def _check(scene: Any, width: Any, height: Any) -> None:
    if not isinstance(scene, Scene):
        raise InputError(
            expected="a Scene to draw",
            arrived=type(scene).__name__,
            do="Make one with xaigeo.scene(explanations, view=(column for x, column for y)).",
        )
    check_count("width", width, at_least=160)
    check_count("height", height, at_least=120)


def first_instance(instances: pd.DataFrame, wanted: Any) -> Any:
    """Return the label wanted, or that of the row whose answers differ most if None.

    Raises
    ------
    InputError
        If there is no such instance.
    """
    labels = [plain(label) for label in instances["instance"]]
    if wanted is None:
        return labels[widest_row(instances)]
    label = plain(known_label(wanted, labels))
    if label not in labels:
        raise InputError(
            expected=f"an instance of the scene ({', '.join(map(str, labels[:8]))}"
            f"{', ...' if len(labels) > 8 else ''})",
            arrived=repr(wanted),
            do="Look at scene.instances for the labels that exist.",
        )
    return label


def _faded(tables: Tables, controls: Controls) -> str:
    """Return whether points that obey no rule step back: where a method of rules is drawn."""
    if "box_members" not in tables:
        return "false"
    rules = sorted(set(tables["boxes"]["method"]))
    if controls.method is None:
        return "true"
    return f"indexof({json.dumps(rules)}, {controls.method.name}) >= 0"


def caption_layers(controls: Controls, lines: Sequence[int]) -> list[alt.Chart]:
    """Return the lines above the map: what the row's seeds answer, how the marks are read."""
    top = -LINE * sum(lines) - 2
    layers = []
    for name, y, size, colour in (
        ("captions", top, 12.0, INK),
        ("readings", top + LINE * lines[0], 11.5, SOFT_INK),
    ):
        text = (
            alt.Chart(alt.NamedData(name))
            .mark_text(
                align="left",
                baseline="top",
                fontSize=size,
                color=colour,
                lineBreak="\n",
                lineHeight=LINE,
                tooltip=False,
            )
            .encode(x=alt.value(-AXIS), y=alt.value(y), text="said:N")
        )
        layers.append(
            controls.keep(text, ["method", *(["instance"] if name == "captions" else [])])
        )
    return layers


def _renamed(layer: alt.Chart, name: Any) -> alt.Chart:
    layer = layer.copy(deep=False)
    layer.name = name
    return layer


def _marks(tables: Tables) -> list[str]:
    """Return the tables of marks; in a projection rows of `boxes` only tell of outlines."""
    told = "box_outlines" in tables
    every = (*MARK_TABLES, *MORE_COLUMNS)
    return [name for name in every if name in tables and not (told and name == "boxes")]


def n_lines(table: pd.DataFrame) -> int:
    """Return the lines of the longest text of a table."""
    return 1 + int(table["said"].str.count("\n").max())
