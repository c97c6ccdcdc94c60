"""The charts of the page as Vega-Lite specs that fill their column."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import pandas as pd

from xaigeo.ensemble import Evaluation
from xaigeo.explanations import Attributions
from xaigeo.geometry import Scene
from xaigeo.viz.agreement_scores import ROW, by_direction, score_layers, score_table
from xaigeo.viz.attribution_strip import strip_layers
from xaigeo.viz.attribution_words import attribution_words
from xaigeo.viz.channels import layered
from xaigeo.viz.explanation_map import class_names, is_regression, map_frame
from xaigeo.viz.map_layers import (
    MARK_TABLES,
    chosen_layer,
    instance_layer,
    instance_tooltip,
    map_layers,
)
from xaigeo.viz.records import records
from xaigeo.viz.seed_accuracies import (
    accuracy_dots,
    accuracy_height,
    accuracy_layers,
    metric_name,
)
from xaigeo.viz.seed_agreement_heatmap import agreement_matrix, heatmap_cells, heatmap_layers

Spec = dict[str, Any]
STRIP_ROW = 26


def map_spec(scene: Scene) -> Spec:
    """Return the map of one view without rows: the page's script hands it those to draw."""
    frame = map_frame(scene, width="width", height="height")
    classes, regression = class_names(scene), is_regression(scene)
    tables = [name for name in MARK_TABLES if len(getattr(scene, name))]
    layers = map_layers(
        frame,
        classes,
        tables=tables,
        regression=regression,
        target=scene.target,
        keep=lambda layer, _: layer,
    )
    points = instance_layer(
        frame,
        classes,
        regression=regression,
        target=scene.target,
        tooltip=[
            alt.Tooltip("label:N", title="Row"),
            *instance_tooltip(frame, regression=regression, target=scene.target)[1:],
        ],
    )
    chart = layered(*layers, chosen_layer(frame), points)
    return _spec(chart.properties(width="container", height="container"), legend=False)


def strip_spec(explanation: Attributions) -> Spec:
    """Return a method's strip of attributions without rows.

    The page's script sets the parameters `low` and `high`, the ends of its axis.
    """
    ends = [alt.param(name=name, value=value) for name, value in (("low", -1), ("high", 1))]
    reach = [alt.ExprRef("low"), alt.ExprRef("high")]
    chart = layered(*strip_layers(attribution_words(explanation), reach)).add_params(*ends)
    height = STRIP_ROW * len(explanation.features)
    return _spec(chart.properties(width="container", height=height))


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
    matrix, k = agreement_matrix(explanation)
    cells = heatmap_cells(matrix, explanation.seeds)
    chart = layered(*heatmap_layers(k / explanation.schema.n_features))
    return _spec(chart.properties(width="container", height="container"), tables={"cells": cells})


def _spec(
    chart: alt.LayerChart, *, legend: bool = True, tables: dict[str, pd.DataFrame] | None = None
) -> Spec:
    spec: Spec = chart.to_dict()
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
