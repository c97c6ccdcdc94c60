"""A tour as a chart: a slider and a box to play it turn one row's explanations before the eye."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, cast

import altair as alt

from xaigeo.errors import InputError
from xaigeo.explanations import Explanation
from xaigeo.geometry import Animation, Tour, animate, scene
from xaigeo.options import check_count
from xaigeo.viz import map_words
from xaigeo.viz.channels import layered
from xaigeo.viz.explanation_map import (
    AXIS,
    caption_layers,
    class_names,
    first_instance,
    is_regression,
    map_frame,
    n_lines,
)
from xaigeo.viz.map_axes import Frame
from xaigeo.viz.map_controls import (
    Controls,
    Tables,
    layer_choice,
    method_choice,
    several_seeds,
    tables_methods,
)
from xaigeo.viz.map_layers import chosen_layer, instance_layer, instance_tooltip, map_layers
from xaigeo.viz.map_words import ALL
from xaigeo.viz.records import csv_text, of_row, plain
from xaigeo.viz.table_data import with_tables
from xaigeo.viz.text_fit import titled
from xaigeo.viz.theme import SOFT_INK
from xaigeo.viz.themed import ThemedLayerChart, themed
from xaigeo.viz.tour_tables import (
    STILL,
    BestSeen,
    best_seen,
    mark_names,
    point_places,
    shown_seeds,
    tour_tables,
)
from xaigeo.viz.tour_timer import FRAME, PLAY

WIDTH, HEIGHT = 460, 460
N_FRAMES: Final = 24
MOST_BYTES: Final = 5 * 1000**2
_SUMMARIES: Final = ("cones", "ellipses", "clusters")
# Keeps the room of a title above the legend.
BLANK: Final = "\u00a0"
# Tables that are the same in every frame.
_STEADY: Final = ("boxes", "scale_bar")


def tour_map(
    source: Animation | Explanation | Sequence[Explanation],
    tour: Tour | None = None,
    instance: Any = None,
    *,
    n_frames: int = N_FRAMES,
    width: int = WIDTH,
    height: int = HEIGHT,
) -> ThemedLayerChart:
    """Draw the explanations of an instance along a tour, with a slider over its frames.

    Parameters
    ----------
    source : Animation, or explanation or sequence of them
        What moves. An animation has frames of its own.
    tour : Tour, optional
        Of the explanations, such as `xaigeo.geometry.grand_tour(explanations)`.
    instance : label, optional
        The row whose explanations are drawn; the one whose answers differ most between seeds
        if None.
    n_frames : int
        Frames at equal steps of the tour; unless an animation is given.
    width, height : int
        Of the plot in pixels, without axes and text.

    Raises
    ------
    InputError
        For a tour that is missing or does not fit, an unknown instance, or a chart of more than
        5 MB.

    Notes
    -----
    Vega-Lite's own animations (a `time` encoding) know neither layers nor a slider, so the
    frames are numbered rows, a parameter picks one, and a timer adds one to it. Vega-Lite passes
    the timer on to Vega; its schema does not name it, so it is written after the check.
    """
    check_count("n_frames", n_frames, at_least=2)
    check_count("width", width, at_least=160)
    check_count("height", height, at_least=120)
    animation, label = _animation(source, tour, instance, n_frames)
    frame = _frame(animation, width, height)
    tables = tour_tables(animation, label, frame)
    told = {name: tables.get(name + STILL, tables[name]) for name in mark_names(tables)}
    known = tables_methods(animation.first, told)
    options = [*known, ALL] if len(known) > 1 else known
    px = width + AXIS
    captions = map_words.captions(animation.first, options, px)
    tables |= {
        "captions": captions[of_row(captions, label)],
        "readings": map_words.reading_table(animation.first, options, px),
    }
    _check_size(tables, len(animation))
    several = several_seeds(animation.first)
    controls = Controls(None, method_choice(known), layer_choice(several), "")
    best = best_seen(animation, label)
    slider, play = _frame_params(len(animation), 1 if best is None else best[0])
    lines = [n_lines(tables[name]) for name in ("captions", "readings")]
    chart = layered(
        *tour_map_layers(animation, tables, controls, frame, slider),
        *_axis_titles(slider, width, height),
        *caption_layers(controls, lines),
    )
    finding = tour_map_finding(animation, label, best)
    title = titled(finding, _notes(animation, tables), px)
    title.offset = 8
    chart = chart.add_params(slider, play, *controls.variables).properties(
        width=width,
        height=height,
        title=title,
        description=f"{finding}. {map_words.description(animation.first, mark_names(tables))}",
    )
    return cast(ThemedLayerChart, themed(with_tables(chart, tables)))


def tour_map_finding(animation: Animation, label: Any, best: BestSeen | None) -> str:
    """Return in which frame the most of the first method's consensus is seen.

    `best` is what `tour_tables.best_seen` found.
    """
    kind = animation.tour.kind
    if best is None:
        return f"Row {label}'s rules in {len(animation)} frames of a {kind} tour"
    number, share, method = best
    return (
        f"Row {label}: of {len(animation)} frames of a {kind} tour, frame {number} shows the most "
        f"of {map_words.method_title(method)} ({share:.0%})"
    )


def tour_map_layers(
    animation: Animation,
    tables: Tables,
    controls: Controls,
    frame: Frame,
    slider: alt.Parameter,
) -> list[alt.Chart]:
    """Return the layers of the tour over named tables, back to front."""
    first = animation.first
    look: dict[str, Any] = {
        "classes": class_names(first),
        "regression": is_regression(first),
        "target": first.target,
    }

    def keep(chart: alt.Chart, name: str) -> alt.Chart:
        columns = [*tables[name].columns, *tables.get(name + STILL, tables[name]).columns]
        return _moved(
            controls.keep(chart, columns, summary=name in _SUMMARIES), name, tables, slider
        )

    marks = map_layers(frame, **look, tables=mark_names(tables), keep=keep)
    tooltip = instance_tooltip(frame, regression=look["regression"], target=first.target)[:2]
    rows = instance_layer(frame, **look, tooltip=tooltip)
    ring = chosen_layer(frame, "instances")
    layers = []
    for layer in (*marks, ring, rows):
        name = layer.data.name
        if name == "points":
            layer = layer.transform_calculate(member=_obeys(tables, controls))
        if name in ("points", "instances"):
            layer = _moved(layer, name, tables, slider)
        layer.name = alt.Undefined
        layers.append(layer)
    return layers


def _moved(chart: alt.Chart, name: str, tables: Tables, slider: alt.Parameter) -> alt.Chart:
    """Return a layer that takes the rows of the frame shown, and looks up what stays."""
    if name in _STEADY:
        return chart
    first = alt.Chart(alt.NamedData(name)).transform_filter(f"datum.frame === {slider.name}")
    if name + STILL in tables:
        fields = [c for c in tables[name + STILL].columns if c != "row"]
        first = first.transform_lookup(
            lookup="row",
            from_=alt.LookupData(alt.NamedData(name + STILL), key="row", fields=fields),
        )
    chart = chart.copy(deep=False)
    own = chart.transform if isinstance(chart.transform, list) else []
    chart.transform = [*first.transform, *own]
    return chart


def _obeys(tables: Tables, controls: Controls) -> str:
    """Return whether a point obeys the rule drawn, null where no rule is drawn."""
    if "boxes" not in tables:
        return "null"
    if controls.method is None:
        return "datum.obeys"
    rules = sorted(set(tables["boxes"]["method"]))
    return f"indexof({rules!r}, {controls.method.name}) >= 0 ? datum.obeys : null"


def _animation(source: Any, tour: Any, instance: Any, n_frames: int) -> tuple[Animation, Any]:
    """Return the animation and the label of the row that is drawn."""
    if isinstance(source, Animation):
        if tour is not None:
            raise InputError(
                expected="an animation, or explanations and a tour",
                arrived="an animation and a tour",
                do="Leave the tour out: the animation has one.",
            )
        return source, first_instance(source.first.instances, instance)
    if not isinstance(tour, Tour):
        raise InputError(
            expected="a Tour to draw explanations along",
            arrived=type(tour).__name__,
            do="Pass one, such as tour=xaigeo.geometry.grand_tour(explanations).",
        )
    whole = scene(source, view=tour.view(0.0))
    label = first_instance(whole.instances, instance)
    own = next(one for one in whole.instances["instance"] if plain(one) == label)
    return animate(source, tour, n_frames=n_frames, instances=[own]), label


def _frame(animation: Animation, width: int, height: int) -> Frame:
    """Return axes that hold every frame, with room for titles: these change with the view."""
    even = map_frame(animation.first, width=width, height=height)
    return Frame(BLANK, BLANK, even.x_domain, even.y_domain, width, height)


def _frame_params(n: int, start: int) -> tuple[alt.Parameter, alt.Parameter]:
    slider = alt.param(
        name=f"{FRAME}_{n}_{start}",
        value=start,
        bind=alt.binding_range(min=1, max=n, step=1, name="Frame "),
    )
    return slider, alt.param(name=PLAY, value=False, bind=alt.binding_checkbox(name="Play "))


def _axis_titles(slider: alt.Parameter, width: int, height: int) -> list[alt.Chart]:
    """Return what the axes are made of in the frame shown."""
    base = alt.Chart(alt.NamedData("frames")).transform_filter(f"datum.frame === {slider.name}")
    style: dict[str, Any] = {"fontSize": 11.5, "color": SOFT_INK, "tooltip": False}
    across = base.mark_text(baseline="top", limit=width, **style)
    upwards = base.mark_text(baseline="bottom", angle=270, limit=height, **style)
    return [
        across.encode(x=alt.value(width / 2), y=alt.value(height + 24), text="x_label:N"),
        upwards.encode(x=alt.value(-26), y=alt.value(height / 2), text="y_label:N"),
    ]


def _notes(animation: Animation, tables: Tables) -> list[str]:
    """Return how to use the chart, and what is left out of it."""
    first = animation.first
    thin = map_words.thin(first, modes="mode_labels" in tables)
    notes = [f"Slide through the frames, or tick Play. {thin}"]
    n_seeds = max((len(mark.seeds) for mark in first.marks), default=0)
    seeds, points = len(shown_seeds(first)), len(point_places(len(first.points)))
    left = []
    if seeds < n_seeds:
        left.append(f"{seeds} of {n_seeds} seeds (the consensus is of all)")
    if points < len(first.points):
        left.append(f"{points} of {len(first.points)} rows of the data")
    return [*notes, f"Drawn: {' and '.join(left)}."] if left else notes


def _check_size(tables: Tables, n_frames: int) -> None:
    sizes = {name: len(csv_text(table)) for name, table in tables.items()}
    if sum(sizes.values()) <= MOST_BYTES:
        return
    largest = max(sizes, key=lambda name: sizes[name])
    fewer = max(2, int(n_frames * MOST_BYTES / sum(sizes.values()) * 0.9))
    raise InputError(
        expected=f"a tour's chart of at most {MOST_BYTES / 1e6:.0f} MB",
        arrived=f"{sum(sizes.values()) / 1e6:.1f} MB in {n_frames} frames, most of it {largest}",
        do=f"Pass n_frames={fewer}, or fewer methods.",
    )
