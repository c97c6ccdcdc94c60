"""How the output of a row comes about, feature by feature, as a line for each seed or row."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from xaigeo.agreement.additive_steps import AdditiveSteps, additive_steps
from xaigeo.errors import InputError
from xaigeo.explanations import Attributions
from xaigeo.options import check_count
from xaigeo.viz.attribution_choice import (
    check_attributions,
    one_output,
    output_note,
    row_output,
)
from xaigeo.viz.attribution_steps import BASE, LOCAL_BASE, decimals_for, number_text, output_axis
from xaigeo.viz.attribution_strip import feature_labels
from xaigeo.viz.attribution_words import AttributionWords, attribution_words
from xaigeo.viz.channels import at, layered
from xaigeo.viz.chart_size import check_width
from xaigeo.viz.chosen_row import row_place
from xaigeo.viz.class_channels import class_channels
from xaigeo.viz.method_words import words_for
from xaigeo.viz.records import plain
from xaigeo.viz.table_data import with_tables
from xaigeo.viz.text_fit import Width, label_letters, middle, titled, total_px
from xaigeo.viz.theme import INK, SEED
from xaigeo.viz.themed import themed

ROW = 26  # height of a step, in pixels
CONSENSUS = "Mean"


def attribution_decision(
    explanation: Attributions,
    instances: Any | Sequence[Any] | None = None,
    output: str | None = None,
    max_features: int = 12,
    *,
    width: int = 420,
) -> alt.LayerChart:
    """Draw how base value and attributions add up to the output, from bottom to top.

    Of one row: a thin line a seed, and the mean over the seeds that give the majority's answer.
    Of several rows: that mean alone, a line a row, coloured by its answer.

    Parameters
    ----------
    explanation : Attributions
    instances : label or sequence of labels, optional
        The first one if None.
    output : str, optional
        Of one row the class that most seeds predict there if None, of several rows the one that
        most of them are given; of a regression the first target.
    max_features : int
        How many features have a step of their own, the largest; the others share the first.
    width : int
        Of the plot, in pixels, without the labels of the features.

    Raises
    ------
    InputError
        If the explanation has no such instance or output, holds no attributions, or those of a
        method whose numbers do not add up to an output.

    Notes
    -----
    The decision plot of the shap package (Lundberg et al. 2020, doi:10.1038/s42256-019-0138-9).
    """
    check_width(width)
    check_attributions(explanation, "a decision plot")
    check_count("max_features", max_features)
    places = _places(explanation, instances)
    single = len(places) == 1
    chosen = (
        row_output(explanation, places[0], output)
        if single
        else one_output(explanation.at(places), output)
    )
    tables = decision_tables(explanation, places, chosen, max_features)
    words = attribution_words(explanation, chosen)
    finding = decision_finding(explanation, places, chosen)
    labels = list(tables["levels"]["label"])
    n = len(explanation.seeds)
    whose = "all seeds" if explanation.task == "regression" else "the seeds with the answer of most"
    thin = f"Thin line: one seed; dark line: mean of {whose}."
    lines = (
        (thin if n > 1 else f"Seed {explanation.seeds[0]} alone.")
        if single
        else f"Line: one row, mean of {whose}."
    )
    notes = [
        f"{words.heading(explanation.outputs[chosen])} ({words_for(explanation).title}), from the "
        "base value at the bottom up to the output.",
        *([] if single else output_note(explanation, output, chosen)),
        lines,
    ]
    body = decision_body(words, tables, width=width, outputs=_classes(explanation))
    chart = body.properties(
        title=titled(finding, [" ".join(notes)], total_px(labels, width)),
        description=f"Decision plot of {len(places)} row{'' if single else 's'}. {finding}.",
    )
    return themed(with_tables(chart, tables))


def decision_tables(
    explanation: Attributions, places: Sequence[int], output: int, max_features: int = 12
) -> dict[str, pd.DataFrame]:
    """Return the tables `lines`, `means` and `levels`.

    `lines` and `means`, a row a line and level: line (its name), instance, seed, predicted,
    level (0 the base value, 1 the lowest step), step (what was added), value (its size), sum.
    `lines` are single seeds of one row, or the consensus of each of several rows; `means` is the
    consensus of one row. `levels`: level, label, lowest first.
    """
    steps = [additive_steps(explanation, place, output) for place in places]
    means = np.stack([s.consensus.values.mean(axis=0) for s in steps])
    order = np.argsort(-np.abs(means).mean(axis=0), kind="stable")
    n_shown = len(order) if len(order) <= max_features + 1 else max_features
    names = feature_labels(explanation, places[0]) if len(places) == 1 else explanation.features
    first, rest = order[:n_shown][::-1], order[n_shown:]
    labels = [names[j] for j in first]
    if len(rest):
        labels = [f"{len(rest)} other features", *labels]
    lines: list[pd.DataFrame] = []
    consensus: list[pd.DataFrame] = []
    for place, step in zip(places, steps, strict=True):
        row = plain(explanation.instances[place])
        mean = step.consensus
        about = {
            "line": f"Row {row}",
            "instance": str(row),
            "seed": CONSENSUS,
            "predicted": _answer(explanation, step.majority),
        }
        whole = _line(mean.base.mean(), mean.values.mean(axis=0), first, rest, labels).assign(
            **about
        )
        if len(places) > 1:
            lines.append(whole)
            continue
        consensus.append(whole)
        lines += _seed_lines(explanation, step, first, rest, labels, about)
    level_names = [BASE if explanation.additive else LOCAL_BASE, *labels]
    return {
        "lines": pd.concat(lines, ignore_index=True),
        "means": pd.concat(consensus or [lines[0].iloc[:0]], ignore_index=True),
        "levels": pd.DataFrame({"level": np.arange(len(level_names)), "label": level_names}),
    }


def decision_body(
    words: AttributionWords,
    tables: dict[str, pd.DataFrame],
    *,
    width: Width = 420,
    outputs: list[str] | None = None,
) -> alt.LayerChart:
    """Return the layers over the tables `lines` and `means`, back to front.

    Parameters
    ----------
    words : AttributionWords
    tables : dict of DataFrame
        From `decision_tables`.
    width : int or "container"
    outputs : list of str, optional
        The classes; None for a regression.
    """
    labels = list(tables["levels"]["label"])
    letters = label_letters(width)
    names = json.dumps([middle(label, letters) for label in labels])
    y = alt.Y(
        "level:Q",
        title=None,
        scale=alt.Scale(domain=[0, len(labels) - 1], nice=False),
        axis=alt.Axis(
            values=list(range(len(labels))),
            labelExpr=f"{names}[datum.value]",
            labelLimit=letters * 8,
            domain=False,
            ticks=False,
            labelPadding=8,
        ),
    )
    x = alt.X(
        "sum:Q",
        title=output_axis(words),
        axis=alt.Axis(tickCount=5, labelOverlap=True, grid=False),
        scale=alt.Scale(zero=False, padding=6),
    )
    tooltip = [
        alt.Tooltip("line:N", title="Line"),
        alt.Tooltip("step:N", title="Step"),
        alt.Tooltip("value:Q", title=f"Adds ({words.meaning.scale})", format="+.3~g"),
        alt.Tooltip("sum:Q", title="Sum so far", format=".4~g"),
    ]
    # Where all lines give one answer, colour would tell nothing.
    coloured = outputs is not None and (
        len(tables["lines"]["predicted"].unique()) > 1 or tables["means"].empty
    )
    colour = (
        class_channels(outputs, width)[0] if coloured and outputs is not None else alt.value(SEED)
    )
    lines, means = (alt.Chart(alt.NamedData(name)) for name in ("lines", "means"))
    # Means of rows are what is read; seeds lie under theirs.
    weight = 1.1 if len(tables["means"]) else 1.8
    opacity = 0.6 if len(tables["means"]) else 0.8
    n_lines = tables["lines"]["line"].nunique()
    layers = [
        lines.mark_line(strokeWidth=weight, opacity=opacity).encode(
            x=x, y=y, detail="line:N", order="level:Q", color=colour
        ),
        lines.mark_point(filled=True, size=18 if n_lines <= 30 else 6, opacity=opacity).encode(
            x=x, y=y, color=colour, tooltip=tooltip
        ),
    ]
    if len(tables["means"]):
        moved = at(x, "sum")
        layers += [
            means.mark_line(strokeWidth=2.6, color=INK).encode(x=moved, y=y, order="level:Q"),
            means.mark_point(filled=True, size=34, color=INK, opacity=1).encode(
                x=moved, y=y, tooltip=tooltip
            ),
        ]
    return layered(*layers).properties(width=width, height=ROW * (len(labels) - 1))


def decision_finding(explanation: Attributions, places: Sequence[int], output: int) -> str:
    """Return where the lines end, a sentence."""
    name = explanation.outputs[output]
    steps = [additive_steps(explanation, place, output) for place in places]
    if len(places) > 1:
        means = np.array([s.consensus.end.mean() - s.consensus.base.mean() for s in steps])
        up = int((means > 0).sum())
        return f"The features raise “{name}” above its base value in {up} of {len(places)} rows"
    step, row = steps[0], plain(explanation.instances[places[0]])
    decimals = decimals_for(float(np.abs(step.end - step.base).max()))
    low, high = (number_text(v, decimals, signed=False) for v in (step.end.min(), step.end.max()))
    n = len(step.seeds)
    if n == 1:
        return f"Row {row}: the output for “{name}” is {high}"
    reached = f"{low} to {high}" if low != high else high
    said = f"Row {row}: the seeds' outputs for “{name}” are {reached}"
    if explanation.task == "regression":
        return said
    same = int((step.answer == step.majority).sum())
    answer = explanation.outputs[step.majority]
    return f"{said}; {'all' if same == n else f'{same} of'} {n} answer “{answer}”"


def _seed_lines(
    explanation: Attributions,
    step: AdditiveSteps,
    first: np.ndarray,
    rest: np.ndarray,
    labels: list[str],
    about: dict[str, str],
) -> list[pd.DataFrame]:
    return [
        _line(step.base[s], step.values[s], first, rest, labels).assign(
            **about
            | {
                "line": f"Seed {seed}",
                "seed": str(seed),
                "predicted": _answer(explanation, int(step.answer[s])),
            }
        )
        for s, seed in enumerate(step.seeds)
    ]


def _line(
    base: float, values: np.ndarray, first: np.ndarray, rest: np.ndarray, labels: list[str]
) -> pd.DataFrame:
    """Return the sums along one line, the smallest features first."""
    added = values[first]
    if len(rest):
        added = np.concatenate([[values[rest].sum()], added])
    return pd.DataFrame(
        {
            "level": np.arange(len(added) + 1),
            "step": [BASE, *labels],
            "value": np.concatenate([[0.0], added]),
            "sum": base + np.concatenate([[0.0], np.cumsum(added)]),
        }
    )


def _places(explanation: Attributions, instances: Any) -> list[int]:
    if instances is None or isinstance(instances, str | tuple) or np.ndim(instances) == 0:
        return [row_place(explanation, instances)]
    places = [row_place(explanation, label) for label in instances]
    if not places or len(set(places)) != len(places):
        raise InputError(
            expected="instances, each once",
            arrived=repr(list(instances)),
            do="Pass labels such as explanation.instances[:5].",
        )
    return places


def _answer(explanation: Attributions, place: int) -> str:
    return "" if explanation.task == "regression" else explanation.outputs[place]


def _classes(explanation: Attributions) -> list[str] | None:
    return None if explanation.task == "regression" else explanation.outputs
