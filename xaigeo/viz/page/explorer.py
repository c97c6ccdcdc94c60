"""The data behind the explorer: every row, method, seed and view as short tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from xaigeo.agreement import SCORES
from xaigeo.errors import InputError
from xaigeo.explanations import Anchors, Attributions, Counterfactuals, Explanation
from xaigeo.geometry import Scene, scene
from xaigeo.viz.attribution_strip import majority_output, strip_tables
from xaigeo.viz.attribution_words import attribution_words
from xaigeo.viz.map_layers import COLUMNS, MARK_TABLES
from xaigeo.viz.map_tables import drawn_tables
from xaigeo.viz.method_words import words_for, written_rule
from xaigeo.viz.page.agreement import Agreement, contrast_sentences, row_sentences
from xaigeo.viz.page.columnar import columnar
from xaigeo.viz.records import plain

SAME_ANSWER = "Same answer, different reasons"
SPLIT = "The seeds' answers differ"
ALIKE = "Same answer, reasons alike"
EVERY = "All rows"
# A page has more room for arrows than a small chart, for which the scene chooses their scale.
ENLARGED = 1.5

# An ellipse travels as its centre and two semi-axes; the script walks its outline.
ELLIPSE = (
    *("mark", "method", "instance", "output", "predicted", "cx", "cy"),
    *("x_major", "y_major", "x_minor", "y_minor"),
)
PAGE_TABLES = {
    ("ellipses" if name == "ellipse_outlines" else name): (
        ELLIPSE if name == "ellipse_outlines" else COLUMNS[name]
    )
    for name in MARK_TABLES
}
# The script finds the rows of the rule that is drawn.
PAGE_TABLES["boxes"] += ("members",)


@dataclass(frozen=True, eq=False)
class Drawing:
    """Scenes of the report, one a view.

    Attributes
    ----------
    scenes : list of Scene
    no_map : str
        Why there is no map at all; empty when there is one.
    """

    scenes: list[Scene]
    no_map: str = ""


def draw(explanations: Sequence[Explanation], views: Sequence[Sequence[str]] | None) -> Drawing:
    """Return the scenes of all views; none, with the reason, without two numeric columns.

    Raises
    ------
    InputError
        For a view that cannot be drawn.
    """
    numeric = [f.name for f in explanations[0].schema.features if not f.is_discrete]
    if views is None and len(numeric) < 2:
        found = f"only {numeric[0]} is numeric" if numeric else "no column is numeric"
        return Drawing([], f"A map needs two numeric columns, and {found}.")
    if views is None:
        return Drawing([_scene(explanations, default_view(explanations))])
    pairs = isinstance(views, Sequence) and not isinstance(views, str)
    if not pairs or not all(isinstance(v, Sequence) and not isinstance(v, str) for v in views):
        raise InputError(
            expected="views to be a list of pairs of numeric columns",
            arrived=repr(views),
            do="Write views=[('column for x', 'column for y')], also for a single view.",
        )
    if not views:
        raise InputError(
            expected="at least one view, a pair of numeric columns",
            arrived="an empty list",
            do="Leave views out, or pass views=[('column for x', 'column for y')].",
        )
    return Drawing([_scene(explanations, tuple(view)) for view in views])


def _scene(explanations: Sequence[Explanation], view: tuple[str, ...]) -> Scene:
    """Return a scene in which each method's arrows have a scale, and a bar, of their own.

    The page shows one method at a time; on a scale shared with a method of larger numbers,
    arrows would shrink to dots.
    """
    arrows = [e for e in explanations if words_for(e).mark == "arrows"]
    scale = {
        e.method: ENLARGED * scene(e, view=view, background=False).arrow_scale[e.method]
        for e in arrows
    }
    return scene(explanations, view=view, scale=scale)


def default_view(explanations: Sequence[Explanation]) -> tuple[str, str]:
    """Return the two numeric columns that the explanations speak of most.

    By mean absolute attribution, else by how often rules and counterfactuals use a column.
    """
    schema = explanations[0].schema
    numeric = np.flatnonzero(~schema.discrete)
    weight = np.sum([_use(explanation) for explanation in explanations], axis=0)[numeric]
    first, second = sorted(numeric[np.argsort(-weight, kind="stable")[:2]].tolist())
    return schema.names[first], schema.names[second]


def explorer_data(
    explanations: Sequence[Explanation], drawing: Drawing, agreement: Agreement | None
) -> dict[str, Any]:
    """Return all that the page's script needs, JSON-able.

    Explanations may differ in their rows; the explorer lists the rows of all, and a panel
    stays empty where a method has none.
    """
    labels = _all_labels(explanations)
    instances = _instances(explanations, labels, agreement)
    return {
        "task": explanations[0].task,
        "classes": explanations[0].outputs,
        "seeds": explanations[0].seeds.tolist(),
        "instances": instances,
        "groups": [
            g
            for g in (SAME_ANSWER, SPLIT, ALIKE, EVERY)
            if any(one["group"] == g for one in instances)
        ],
        "methods": [_method(e, labels, agreement) for e in explanations],
        "views": _views(drawing.scenes, labels) or [_words_only(explanations, labels)],
        "no_map": drawing.no_map,
    }


def _use(explanation: Explanation) -> np.ndarray:
    if isinstance(explanation, Attributions):
        size = np.abs(explanation.array("attribution")).mean(axis=(0, 1, 3))
    elif isinstance(explanation, Counterfactuals):
        size = explanation.array("changed").mean(axis=(0, 1, 2))
    else:
        bound = np.isfinite(explanation.array("lower")) | np.isfinite(explanation.array("upper"))
        size = bound.mean(axis=(0, 1))
    return np.asarray(size / (size.sum() or 1.0))


def _all_labels(explanations: Sequence[Explanation]) -> list[Any]:
    seen: dict[Any, None] = {}
    for explanation in explanations:
        seen |= dict.fromkeys(plain(label) for label in explanation.instances)
    return list(seen)


def _instances(
    explanations: Sequence[Explanation], labels: list[Any], agreement: Agreement | None
) -> list[dict[str, Any]]:
    """Return one entry a row, in the order in which a reader should look at them."""
    flagged = {} if agreement is None else contrast_sentences(agreement)
    steadiness = _steadiness(explanations, agreement)
    entries: dict[Any, dict[str, Any]] = {}
    for explanation in explanations:
        for place, label in enumerate(plain(one) for one in explanation.instances):
            if label not in entries:
                entries[label] = _instance(explanation, place, label, flagged)
    order = {SAME_ANSWER: 0, SPLIT: 1, ALIKE: 2, EVERY: 3}
    rank = {label: i for i, label in enumerate(flagged)}
    return sorted(
        (entry | {"id": labels.index(label)} for label, entry in entries.items()),
        key=lambda e: (
            order[e["group"]],
            rank.get(e["label"], 0),
            -e["flip_rate"],
            steadiness.get(e["label"], 0.0),
        ),
    )


def _instance(
    explanation: Explanation, place: int, label: Any, flagged: dict[Any, str]
) -> dict[str, Any]:
    prediction = explanation.array("prediction")[:, place]
    row = explanation.array("input")[place]
    entry: dict[str, Any] = {
        "label": label,
        "values": [
            [f.name, f"{f.text(v)}{f' {f.unit}' if f.unit else ''}"]
            for f, v in zip(explanation.schema.features, row, strict=True)
        ],
    }
    if explanation.task == "regression":
        values = prediction[:, 0]
        return entry | {
            "group": EVERY,
            "flip_rate": 0.0,
            "answer": f"{values.mean():.4g}",
            "sentence": f"The seeds predict {explanation.outputs[0]} "
            f"{values.min():.4g} to {values.max():.4g}.",
            "answers": [plain(v, 4) for v in values],
        }
    votes = prediction.argmax(axis=-1)
    counts = np.bincount(votes, minlength=len(explanation.outputs))
    leader = int(counts.argmax())
    flip = 1.0 - counts[leader] / len(votes)
    group = SAME_ANSWER if label in flagged else SPLIT if flip > 0 else ALIKE
    sentence = _votes_sentence(counts, explanation.outputs)
    if label in flagged:
        sentence += f" {flagged[label]}"
    return entry | {
        "group": group,
        "flip_rate": plain(flip, 3),
        "answer": explanation.outputs[leader],
        "sentence": sentence,
        "answers": votes.tolist(),
        "confidence": [plain(p, 3) for p in prediction.max(axis=-1)],
    }


def _votes_sentence(counts: np.ndarray, outputs: list[str]) -> str:
    n_seeds = int(counts.sum())
    order = [j for j in np.argsort(-counts, kind="stable") if counts[j]]
    if len(order) == 1:
        return f"All {n_seeds} seeds answer {outputs[order[0]]}."
    parts = [
        f"{counts[j]} {'seed answers' if counts[j] == 1 else 'seeds answer'} {outputs[j]}"
        for j in order
    ]
    return f"{', '.join(parts[:-1])} and {parts[-1]}."


def _steadiness(
    explanations: Sequence[Explanation], agreement: Agreement | None
) -> dict[Any, float]:
    if agreement is None or agreement.leading is None:
        return {}
    values = agreement.by_row[agreement.leading]["feature_agreement"].fillna(1.0)
    return {plain(label): float(value) for label, value in values.items()}


def _method(
    explanation: Explanation, labels: list[Any], agreement: Agreement | None
) -> dict[str, Any]:
    words = words_for(explanation)
    places = [labels.index(plain(label)) for label in explanation.instances]
    entry: dict[str, Any] = {
        "name": words.name,
        "title": words.title,
        "mark": words.mark,
        "kind": explanation.kind,
        "reading": words.reading,
        "rows": places,
        "sentences": [
            " ".join(filter(None, said))
            for said in zip(
                row_sentences(agreement, explanation), _local_fits(explanation), strict=True
            )
        ],
        "scores": [] if agreement is None else _scores(agreement, words.name),
        "at_rows": [] if agreement is None else _values_at_rows(agreement, words.name),
    }
    if isinstance(explanation, Attributions):
        entry |= _strips(explanation, places)
    if isinstance(explanation, Counterfactuals):
        entry["changes"] = _changes(explanation)
    return entry


def _scores(agreement: Agreement, method: str) -> list[dict[str, Any]]:
    entries = []
    for name in agreement.scores_at_rows(method):
        row, score = agreement.score(method, name), SCORES.get(name)
        entries.append(
            {
                "label": score.label,
                "meaning": score.meaning,
                "null": None if row is None else plain(row["null"], 2),
                "better": "higher" if score.higher_is_better else "lower",
            }
        )
    return entries


def _values_at_rows(agreement: Agreement, method: str) -> list[list[Any]]:
    table = agreement.by_row[method][agreement.scores_at_rows(method)]
    return [[plain(value, 3) for value in row] for row in table.to_numpy(dtype=float)]


def _strips(explanation: Attributions, places: list[int]) -> dict[str, Any]:
    dots, medians, outputs = [], [], []
    for i, place in enumerate(places):
        output = majority_output(explanation, i)
        dot, median = strip_tables(explanation, i, output)
        dots.append(dot.assign(instance=place))
        medians.append(median.assign(instance=place).drop(columns="one_sign"))
        outputs.append(explanation.outputs[output])
    words = attribution_words(explanation)
    return {
        "headings": [words.heading(output) for output in outputs],
        "colours": " ".join(words.colours),
        "unit": words.unit,
        "outputs": outputs,
        "dots": columnar(pd.concat(dots, ignore_index=True), digits=3),
        "medians": columnar(pd.concat(medians, ignore_index=True), digits=3),
    }


def _local_fits(explanation: Explanation) -> list[str]:
    """Return at every row how well the seeds' local models fit there, if there are any."""
    if "local_r2" not in explanation.data:
        return [""] * len(explanation.instances)
    said = []
    for place, row in enumerate(explanation.array("local_r2").swapaxes(0, 1)):
        fits = row[:, majority_output(explanation, place)]
        low, high = f"{fits.min():.2f}", f"{fits.max():.2f}"
        said.append(f"The local models fit with R² {low if low == high else f'{low} to {high}'}.")
    return said


def _changes(explanation: Counterfactuals) -> dict[str, Any]:
    """Return the nearest counterfactuals in words.

    `parts` holds each "feature from → to" once; `rows` its places by row and seed, None where
    no counterfactual was found.
    """
    valid = explanation.array("valid").astype(bool)
    best = np.where(valid, explanation.array("distance"), np.inf).argmin(axis=-1)
    points, changed = explanation.array("point"), explanation.array("changed").astype(bool)
    start = explanation.array("input")
    parts: dict[str, int] = {}
    rows = [
        [
            [
                parts.setdefault(
                    _part(explanation, j, start[i, j], points[s, i, best[s, i], j]), len(parts)
                )
                for j in np.flatnonzero(changed[s, i, best[s, i]]).tolist()
            ]
            if valid[s, i, best[s, i]]
            else None
            for s in range(len(explanation.seeds))
        ]
        for i in range(len(start))
    ]
    return {"parts": list(parts), "rows": rows}


def _part(explanation: Counterfactuals, j: int, start: float, end: float) -> str:
    feature = explanation.schema.features[j]
    unit = f" {feature.unit}" if feature.unit else ""
    return f"{feature.name} {feature.text(start)} → {feature.text(end)}{unit}"


def _views(scenes: Sequence[Scene], labels: list[Any]) -> list[dict[str, Any]]:
    """Return the tables of all views; columns that no view changes stand in the first alone."""
    tables = [_tables(one, labels) for one in scenes]
    views = []
    for one, own in zip(scenes, tables, strict=True):
        views.append(
            {
                "label": one.view.label,
                "x_label": one.view.x_label,
                "y_label": one.view.y_label,
                "tables": {
                    name: table if own is tables[0] else _without_shared(table, tables[0][name])
                    for name, table in own.items()
                },
            }
        )
    return views


def _words_only(explanations: Sequence[Explanation], labels: list[Any]) -> dict[str, Any]:
    """Return the tables that the panels read, for a page without a map."""
    tables = {"boxes": pd.DataFrame(), "connectors": pd.DataFrame()}
    for explanation in explanations:
        if isinstance(explanation, Anchors):
            tables["boxes"] = explanation.to_frame().assign(layer="seed")
        elif isinstance(explanation, Counterfactuals):
            frame = explanation.to_frame().assign(layer="seed", cross_validity=np.nan)
            if "cross_validity" in explanation.data:
                frame["cross_validity"] = _share_of_others(explanation).reshape(-1)
            columns = ["seed", "instance", "layer", "valid", "distance", "target", "cross_validity"]
            tables["connectors"] = frame[columns]
    place = {label: i for i, label in enumerate(labels)}
    for name, table in tables.items():
        if len(table):
            at = [place[plain(label)] for label in table["instance"]]
            tables[name] = table.assign(instance=at)
    if "rule" in tables["boxes"]:
        tables["boxes"]["rule"] = [written_rule(rule) for rule in tables["boxes"]["rule"]]
    return {
        "label": "",
        "x_label": "",
        "y_label": "",
        "tables": {name: columnar(table) for name, table in tables.items()},
    }


def _share_of_others(explanation: Counterfactuals) -> np.ndarray:
    """Return the share of other seeds that each point flips, (n_seeds, n_instances, n_cand.)."""
    flips = explanation.array("cross_validity").astype(float)
    others = ~np.eye(len(flips), dtype=bool)
    if len(flips) < 2:
        return np.full((1, *flips.shape[2:]), np.nan)
    return np.asarray((flips * others[:, :, None, None]).sum(axis=1) / others.sum(axis=1)[0])


def _without_shared(table: dict[str, Any], first: dict[str, Any]) -> dict[str, Any]:
    if table["n"] != first["n"]:
        return table
    columns = {
        name: column
        for name, column in table["columns"].items()
        if column != first["columns"][name]
    }
    return {"n": table["n"], "columns": columns, "rest": True}


def _tables(one: Scene, labels: list[Any]) -> dict[str, Any]:
    """Return the tables of a scene; instances are written as their place in the list.

    Rows that belong together stand together, which makes runs; within them seeds still come
    before the consensus that is drawn over them.
    """
    place = {label: i for i, label in enumerate(labels)}
    drawn = drawn_tables(one)
    tables = {}
    for name in ("points", "instances", *PAGE_TABLES):
        source = one.ellipses if name == "ellipses" else drawn[name]
        table = source[list(PAGE_TABLES.get(name, COLUMNS.get(name, ())))]
        if "instance" in table:
            table = table.assign(instance=[place[plain(label)] for label in table["instance"]])
            keys = [key for key in ("instance", "method", "role", "feature") if key in table]
            table = table.sort_values(keys, kind="stable")
        if "rule" in table:
            table = table.assign(rule=[written_rule(rule) for rule in table["rule"]])
        tables[name] = columnar(table)
    return tables
