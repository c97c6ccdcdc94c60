"""The data behind the explorer: rows, answers, exact marks and words of every method and seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from xaigeo.agreement import SCORES
from xaigeo.explanations import Attributions, Explanation
from xaigeo.explanations.majority import majority
from xaigeo.geometry.modes import Modes
from xaigeo.geometry.prediction import verdict
from xaigeo.viz.attribution_strip import feature_labels, majority_output
from xaigeo.viz.attribution_words import attribution_words
from xaigeo.viz.method_words import words_for
from xaigeo.viz.page.agreement import Agreement, contrast_sentences, row_sentences
from xaigeo.viz.page.columnar import column
from xaigeo.viz.page.drawing import Drawing
from xaigeo.viz.page.exact_marks import exact_mark
from xaigeo.viz.page.packing import counts, exact, packed
from xaigeo.viz.page.seed_modes import modes_note
from xaigeo.viz.page.tours import tours
from xaigeo.viz.page.words import all_of
from xaigeo.viz.records import plain
from xaigeo.viz.theme import class_mark

SAME_ANSWER = "Same answer, different reasons"
SAME_LEAD = "Same answer, one leading reason, the rest differs"
SPLIT = "The seeds' answers differ"
ALIKE = "Same answer, reasons alike"
EVERY = "All rows"
# Rows of the data that are drawn as points; of more, an even sample.
MOST_POINTS: Final = 1_500


def explorer_data(
    explanations: Sequence[Explanation],
    drawing: Drawing,
    agreement: Agreement | None,
    modes: Mapping[str, Modes] | None = None,
) -> dict[str, Any]:
    """Return all that the page's script needs, JSON-able.

    Explanations may differ in their rows; the explorer lists the rows of all, and a panel
    stays empty where a method has none. `modes` are those of the seeds over all rows, by method,
    where a method has several.
    """
    first = explanations[0]
    labels = all_labels(explanations)
    instances = explained_instances(explanations, labels, agreement)
    space = drawing.space
    shown = np.arange(len(space.rows))
    if len(shown) > MOST_POINTS:
        shown = np.linspace(0, len(shown) - 1, MOST_POINTS).round().astype(int)
    rows, predictions = _rows(explanations, labels)
    frame = space.frame
    return {
        **of_every_page(first, instances),
        "features": [
            {
                "name": f.name,
                "label": f.label,
                "unit": f.unit or "",
                "categories": [str(c) for c in f.categories] if f.is_discrete else None,
                "span": plain(f.upper - f.lower, 9) if not f.is_discrete else 0,
                "location": plain(location, 9),
                "scale": plain(scale, 9),
            }
            for f, location, scale in zip(
                first.schema.features, frame.location, frame.scale, strict=True
            )
        ],
        "rows": exact(rows),
        "prediction": packed(predictions),
        "background": exact(space.rows[shown]),
        "background_predicted": column(
            verdict(
                space.explanation.array("background_prediction")[:, shown],
                first.outputs,
                first.task,
            ).predicted
        ),
        "range": [plain(v, 9) for v in (*space.rows.min(axis=0), *space.rows.max(axis=0))],
        "points_note": f"{len(shown):,} of the {len(space.rows):,} rows of the data are drawn. "
        if len(shown) < len(space.rows)
        else "",
        "methods": [
            _method(e, labels, agreement, drawing, (modes or {}).get(e.method))
            for e in explanations
        ],
        "pairs": [list(pair.places) for pair in drawing.pairs],
        "plane": None
        if drawing.plane is None
        else {
            "basis": exact(drawing.plane.projection[space.numeric]),
            "labels": [drawing.plane.x_label, drawing.plane.y_label],
        },
        "tours": tours(explanations, drawing),
        "no_map": drawing.no_map,
    }


def of_every_page(first: Explanation, instances: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what scripts of pages on rows and on texts need alike: answers, seeds, instances."""
    return {
        "task": first.task,
        "classes": first.outputs,
        "class_colours": [class_mark(i)["colour"] for i in range(len(first.outputs))],
        "seeds": first.seeds.tolist(),
        "instances": instances,
        "groups": group_names(instances),
    }


def group_names(instances: Sequence[dict[str, Any]]) -> list[str]:
    """Return the groups that some instances fall into, those to look at first in front."""
    there = {one["group"] for one in instances}
    return [group for group in (SAME_ANSWER, SPLIT, SAME_LEAD, ALIKE, EVERY) if group in there]


def all_labels(explanations: Sequence[Explanation]) -> list[Any]:
    """Return the labels of the rows that any of some explanations explains, in order."""
    seen: dict[Any, None] = {}
    for explanation in explanations:
        seen |= dict.fromkeys(plain(label) for label in explanation.instances)
    return list(seen)


def _rows(
    explanations: Sequence[Explanation], labels: Sequence[Any]
) -> tuple[np.ndarray, np.ndarray]:
    """Return all explained rows, encoded, and their predictions (n_seeds, n_rows, n_outputs)."""
    first = explanations[0]
    rows = np.zeros((len(labels), first.schema.n_features))
    prediction = np.zeros((len(first.seeds), len(labels), len(first.outputs)))
    place = {label: i for i, label in enumerate(labels)}
    for explanation in explanations:
        at = [place[plain(label)] for label in explanation.instances]
        rows[at] = explanation.array("input")
        prediction[:, at] = explanation.array("prediction")
    return rows, prediction


def explained_instances(
    explanations: Sequence[Explanation], labels: list[Any], agreement: Agreement | None
) -> list[dict[str, Any]]:
    """Return one entry a row, in the order in which a reader should look at them."""
    flagged = {} if agreement is None else contrast_sentences(agreement)
    led = set() if agreement is None else {plain(label) for label in agreement.led_by_one}
    steadiness = _steadiness(explanations, agreement)
    entries: dict[Any, dict[str, Any]] = {}
    for explanation in explanations:
        for place, label in enumerate(plain(one) for one in explanation.instances):
            if label not in entries:
                entries[label] = _instance(explanation, place, label, flagged, led)
    order = {g: i for i, g in enumerate((SAME_ANSWER, SPLIT, SAME_LEAD, ALIKE, EVERY))}
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
    explanation: Explanation, place: int, label: Any, flagged: dict[Any, str], led: set[Any]
) -> dict[str, Any]:
    prediction = explanation.array("prediction")[:, place]
    entry: dict[str, Any] = {"label": label}
    if explanation.task == "regression":
        values = prediction[:, 0]
        return entry | {
            "group": EVERY,
            "flip_rate": 0.0,
            "mean": [plain(v, 4) for v in prediction.mean(axis=0)],
            "classes": f"{values.min():.4g} to {values.max():.4g}",
            "answer": f"{values.mean():.4g}",
            "sentence": _amounts_sentence(values, explanation.outputs[0]),
            "answers": [plain(v, 4) for v in values],
        }
    votes = prediction.argmax(axis=-1)
    counts = np.bincount(votes, minlength=len(explanation.outputs))
    leader = int(majority(prediction[:, None])[0])
    flip = 1.0 - counts[leader] / len(votes)
    group = SPLIT if flip > 0 else ALIKE
    if label in flagged:
        group = SAME_LEAD if label in led else SAME_ANSWER
    sentence = _votes_sentence(counts, explanation.outputs)
    if label in flagged:
        sentence += f" {flagged[label]}"
    return entry | {
        "group": group,
        "flip_rate": plain(flip, 3),
        "tied": bool((counts == counts.max()).sum() > 1),
        "classes": verdict(prediction[:, None], explanation.outputs, "classification").classes[0],
        "answer": explanation.outputs[leader],
        "sentence": sentence,
        "answers": votes.tolist(),
        "confidence": [plain(p, 3) for p in prediction.max(axis=-1)],
    }


def _amounts_sentence(values: np.ndarray, target: str) -> str:
    low, high = f"{values.min():.4g}", f"{values.max():.4g}"
    if len(values) == 1:
        return f"The one seed predicts {target} {low}."
    return f"The seeds predict {target} {low if low == high else f'{low} to {high}'}."


def _votes_sentence(counts: np.ndarray, outputs: list[str]) -> str:
    n_seeds = int(counts.sum())
    order = [j for j in np.argsort(-counts, kind="stable") if counts[j]]
    if len(order) == 1:
        verb = "answers" if n_seeds == 1 else "answer"
        return f"{all_of(n_seeds, 'seed')} {verb} {outputs[order[0]]}."
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
    explanation: Explanation,
    labels: list[Any],
    agreement: Agreement | None,
    drawing: Drawing,
    modes: Modes | None,
) -> dict[str, Any]:
    words = words_for(explanation)
    entry: dict[str, Any] = {
        "name": words.name,
        "title": words.title,
        "mark": words.mark,
        "kind": explanation.kind,
        "reading": words.reading,
        "rows": [labels.index(plain(label)) for label in explanation.instances],
        "sentences": [
            " ".join(filter(None, said))
            for said in zip(
                row_sentences(agreement, explanation), _local_fits(explanation), strict=True
            )
        ],
        "scores": [] if agreement is None else scores_of(agreement, words.name),
        "at_rows": [] if agreement is None else values_at_rows(agreement, words.name),
        "plane_reading": words.plane_reading,
        "modes": [] if modes is None else modes.labels.tolist(),
        "modes_note": "" if modes is None else modes_note(modes),
        "exact": exact_mark(explanation, drawing.space, modes),
    }
    if isinstance(explanation, Attributions):
        entry |= _attribution_words(explanation)
    return entry


def _attribution_words(explanation: Attributions) -> dict[str, Any]:
    """Return headings by output and, where features are binned, their labels by row."""
    words = attribution_words(explanation)
    entry: dict[str, Any] = {
        "headings": [words.heading(output) for output in explanation.outputs],
        "colours": " ".join(words.colours),
        "unit": words.unit,
        "majority": counts(
            np.array([majority_output(explanation, i) for i in range(len(explanation.instances))])
        ),
    }
    if explanation.binned:
        n = len(explanation.instances)
        entry["labels"] = column(text for i in range(n) for text in feature_labels(explanation, i))
    return entry


def scores_of(agreement: Agreement, method: str) -> list[dict[str, Any]]:
    """Return the scores that a method has at every row: label, meaning, chance level."""
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


def values_at_rows(agreement: Agreement, method: str) -> list[list[Any]]:
    """Return the values of `scores_of` at every row."""
    table = agreement.by_row[method][agreement.scores_at_rows(method)]
    return [[plain(value, 3) for value in row] for row in table.to_numpy(dtype=float)]


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
