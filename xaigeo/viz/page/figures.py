"""The charts of the page as Vega-Lite specs that fill their column."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass
from typing import Any, Literal

import altair as alt
import pandas as pd

from xaigeo.ensemble import Evaluation
from xaigeo.explanations import Attributions, Explanation, TokenAttributions
from xaigeo.viz.agreement_scores import ROW, by_direction, score_layers, score_table
from xaigeo.viz.attribution_strip import strip_layers
from xaigeo.viz.attribution_waterfall import waterfall_body
from xaigeo.viz.attribution_words import attribution_words
from xaigeo.viz.channels import layered
from xaigeo.viz.map_axes import Frame
from xaigeo.viz.map_layers import (
    chosen_layer,
    instance_layer,
    instance_tooltip,
    map_layers,
)
from xaigeo.viz.method_words import Mark, words_for
from xaigeo.viz.records import records
from xaigeo.viz.seed_accuracies import (
    accuracy_dots,
    accuracy_height,
    accuracy_layers,
    metric_name,
)
from xaigeo.viz.seed_agreement_heatmap import agreement_matrix, heatmap_cells, heatmap_layers

Spec = dict[str, Any]
ViewKind = Literal["pair", "plane"]
STRIP_ROW = 26
KINDS: tuple[ViewKind, ...] = ("pair", "plane")
TABLES: dict[Mark, dict[ViewKind, Set[str]]] = {
    "line": {
        "pair": {"lines", "cones", "regions", "normals"},
        "plane": {"lines", "cones", "regions", "normals", "patches"},
    },
    "arrows": dict.fromkeys(
        KINDS, frozenset({"vectors", "whiskers", "ellipse_outlines", "scale_bar"})
    ),
    "box": {
        "pair": {"boxes", "coverage_cells", "regions"},
        "plane": {"box_outlines", "box_edges", "regions"},
    },
    "connector": dict.fromkeys(
        KINDS, frozenset({"connectors", "ellipse_outlines", "change_labels"})
    ),
}


@dataclass(frozen=True)
class PageFrame(Frame):
    """Axes whose ends the page's script sets and whose titles, ``{x}`` and ``{y}``, it writes."""

    def axes(self) -> tuple[alt.X, alt.Y]:
        """Return the encodings of the fields `x` and `y`."""
        x, y = super().axes()
        for channel, name in ((x, "x"), (y, "y")):
            ends = [alt.ExprRef(f"{name}_low"), alt.ExprRef(f"{name}_high")]
            channel["scale"] = alt.Scale(domain=ends, nice=False, zero=False)
        return x, y

    def _step(self) -> tuple[str, str]:
        return (
            "(datum.x2 - datum.x) * width / (x_high - x_low)",
            "(datum.y2 - datum.y) * height / (y_high - y_low)",
        )


def map_spec(explanations: Sequence[Explanation], kind: ViewKind) -> Spec:
    """Return the map of one kind of view without rows: the page's script hands it those to draw.

    Parameters
    ----------
    explanations : sequence of Explanation
    kind : {"pair", "plane"}
        Two columns, or any plane of all numeric ones.
    """
    first = explanations[0]
    frame = PageFrame("{x}", "{y}", (0.0, 1.0), (0.0, 1.0), "width", "height")
    classes, regression = list(first.outputs), first.task == "regression"
    target = first.outputs[0] if regression else ""
    layers = map_layers(
        frame,
        classes,
        tables=sorted(drawn_in(explanations, kind)),
        regression=regression,
        target=target,
        keep=lambda layer, _: layer,
    )
    points = instance_layer(
        frame,
        classes,
        regression=regression,
        target=target,
        tooltip=[
            alt.Tooltip("label:N", title="Row"),
            *instance_tooltip(frame, regression=regression, target=target)[1:],
        ],
    )
    ends = [
        alt.param(name=name, value=value)
        for name, value in (("x_low", 0), ("x_high", 1), ("y_low", 0), ("y_high", 1))
    ]
    chart = layered(*layers, chosen_layer(frame), points).add_params(*ends)
    return _spec(chart.properties(width="container", height="container"), legend=False)


def drawn_in(explanations: Sequence[Explanation], kind: ViewKind) -> set[str]:
    """Return the tables of marks that explanations have in a kind of view."""
    known: set[str] = set()
    for explanation in explanations:
        known |= TABLES[words_for(explanation).mark][kind]
    return known | {"mode_labels"} | ({"compass"} if kind == "plane" else set())


def strip_spec(explanation: Attributions) -> Spec:
    """Return a method's strip of attributions without rows.

    The page's script sets the parameters `low` and `high`, the ends of its axis.
    """
    ends = [alt.param(name=name, value=value) for name, value in (("low", -1), ("high", 1))]
    reach = [alt.ExprRef("low"), alt.ExprRef("high")]
    chart = layered(*strip_layers(attribution_words(explanation), reach)).add_params(*ends)
    height = STRIP_ROW * len(explanation.features)
    return _spec(chart.properties(width="container", height=height))


def waterfall_spec(explanation: Attributions) -> Spec:
    """Return a method's steps from base value to output without rows, for the page's script."""
    nothing = pd.DataFrame({"low": [0.0], "high": [1.0]})  # there are intervals
    words = attribution_words(explanation)
    chart = waterfall_body(words, {"steps": nothing}, width="container").properties(height=ROW)
    return _spec(chart.properties(width="container"))


def accuracy_spec(evaluation: Evaluation) -> Spec:
    """Return the seeds' accuracies."""
    dots = accuracy_dots(evaluation)
    chart = layered(*accuracy_layers(metric_name(evaluation), dots))
    return _spec(
        chart.properties(width="container", height=accuracy_height(dots)),
        tables={"seeds": dots, "median": pd.DataFrame({"score": [dots["score"].median()]})},
    )


def score_specs(summary: pd.DataFrame) -> list[tuple[bool, Spec]]:
    """Return the scores of one method, one chart a direction, with whether higher is better."""
    table = score_table(summary)
    return [
        (
            better,
            _spec(
                layered(*score_layers(part, name)).properties(
                    width="container", height=ROW * len(part)
                ),
                tables={name: part},
            ),
        )
        for better, name, part in by_direction(table[table["bounded"].astype(bool)])
    ]


def heatmap_spec(explanation: Attributions) -> Spec:
    """Return the agreement of every two seeds."""
    from xaigeo.agreement.seed_matrix import seed_matrix

    matrix, k = agreement_matrix(explanation)
    cells = heatmap_cells(matrix, explanation.seeds)
    # Texts differ in their number of words, and so in their chance levels.
    texts = isinstance(explanation, TokenAttributions)
    null = seed_matrix(explanation).null if texts else k / explanation.schema.n_features
    chart = layered(*heatmap_layers(null))
    return _spec(chart.properties(width="container", height="container"), tables={"cells": cells})


def _spec(
    chart: alt.LayerChart, *, legend: bool = True, tables: dict[str, pd.DataFrame] | None = None
) -> Spec:
    # Valid for every explanation (tested); to check the map takes longer than to make it.
    spec: Spec = chart.to_dict(validate=False)
    spec.pop("config", None)  # the page holds the theme once
    stretches = spec["height"] == "container"
    spec["padding"] = {"left": 2, "top": 6, "right": 8, "bottom": 4}
    spec["autosize"] = {"type": "fit" if stretches else "fit-x", "contains": "padding"}
    if tables:
        spec["datasets"] = {name: records(table) for name, table in tables.items()}
    if not legend:
        _drop_legends(spec)
    return spec


def _drop_legends(part: Any) -> None:
    """Write "no legend" into every colour and shape; the page draws its own, as text."""
    if isinstance(part, dict):
        for channel in ("color", "shape"):
            encoding = part.get("encoding", {}).get(channel)
            if isinstance(encoding, dict) and "field" in encoding:
                encoding["legend"] = None
        for value in part.values():
            _drop_legends(value)
    elif isinstance(part, Sequence) and not isinstance(part, str):
        for value in part:
            _drop_legends(value)
