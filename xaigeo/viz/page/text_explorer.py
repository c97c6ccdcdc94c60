"""The data behind the explorer of texts: words, answers and every seed's numbers by method."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import pandas as pd

from xaigeo.agreement.score_rows import null_rows
from xaigeo.explanations import TokenAttributions
from xaigeo.text.schema import ABSENT, TextSchema
from xaigeo.viz.attribution_strip import majority_output
from xaigeo.viz.page.agreement import Agreement, row_sentences
from xaigeo.viz.page.explorer import (
    all_labels,
    explained_instances,
    of_every_page,
    scores_of,
    values_at_rows,
)
from xaigeo.viz.page.packing import counts, packed
from xaigeo.viz.page.text_nouns import told_of_texts
from xaigeo.viz.page.text_words import text_words
from xaigeo.viz.records import plain

# A second of two classes is mostly the first with the other sign; attention is the same for all.
NEGATIVE, SAME = "negative", "same"


def text_explorer_data(
    explanations: Sequence[TokenAttributions], agreement: Agreement | None
) -> dict[str, Any]:
    """Return all that the page's script needs, JSON-able.

    Explanations may differ in their texts; the explorer lists the texts of all.
    """
    first = explanations[0]
    labels = all_labels(explanations)
    instances = explained_instances(explanations, labels, agreement)
    prediction = np.zeros((len(first.seeds), len(labels), len(first.outputs)))
    texts: list[dict[str, Any]] = [{} for _ in labels]
    place = {label: i for i, label in enumerate(labels)}
    for explanation in explanations:
        at = [place[plain(label)] for label in explanation.instances]
        prediction[:, at] = explanation.array("prediction")
        for where, told in zip(at, _texts(explanation), strict=True):
            texts[where] = told
    return {
        **of_every_page(first, instances),
        "texts": texts,
        "prediction": packed(prediction),
        "methods": [_method(e, labels, agreement) for e in explanations],
    }


def _texts(explanation: TokenAttributions) -> list[dict[str, Any]]:
    """Return every text with its words, places of those not known, and the end not read."""
    tokenizer = cast(TextSchema, explanation.schema).tokenizer
    unknown = explanation.array("input") == tokenizer.unknown
    return [
        {"text": text, "words": words, "unknown": np.flatnonzero(places).tolist(), "unread": end}
        for text, words, places, end in zip(
            explanation.texts, explanation.tokens, unknown, explanation.unread, strict=True
        )
    ]


def _method(
    explanation: TokenAttributions, labels: list[Any], agreement: Agreement | None
) -> dict[str, Any]:
    words = text_words(explanation)
    mask = explanation.mask
    nulls = None
    if agreement is not None:
        nulls = null_rows(explanation, agreement.k.get(explanation.method))
    entry: dict[str, Any] = {
        "name": words.name,
        "title": words.title,
        "kind": explanation.kind,
        "role": words.role,
        "signed": words.signed,
        "by_output": words.by_output,
        "reading": words.reading,
        "headings": [words.heading(output) for output in explanation.outputs],
        "rows": [labels.index(plain(label)) for label in explanation.instances],
        "places": [np.flatnonzero(row).tolist() for row in mask],
        # Which of these are tokens that the tokenizer added, such as [CLS]: they do not lead.
        "added": [
            np.flatnonzero(~own[row]).tolist()
            for row, own in zip(mask, explanation.word_mask, strict=True)
        ],
        "sentences": row_sentences(agreement, explanation, nulls),
        "scores": [] if agreement is None else told_of_texts(scores_of(agreement, words.name), ()),
        "at_rows": [] if agreement is None else values_at_rows(agreement, words.name),
        "nulls": [] if agreement is None else _nulls_at_rows(agreement, words.name, nulls),
        "majority": counts(
            np.array([majority_output(explanation, i) for i in range(len(explanation.instances))])
        ),
        "attribution": _by_output(explanation.array("attribution")[:, mask]),
    }
    if "chosen" in explanation.data:
        entry["chosen"] = counts(explanation.array("chosen").astype(int)[:, mask])
    if "replacement" in explanation.data:
        entry |= _replacements(explanation, mask)
    return entry | _outcomes(explanation)


def _nulls_at_rows(
    agreement: Agreement, method: str, nulls: pd.DataFrame | None
) -> list[list[Any] | None]:
    """Return what unrelated reasons would score at every text, by score; None: as at any other."""
    return [
        None if nulls is None or name not in nulls else [plain(v, 3) for v in nulls[name]]
        for name in agreement.scores_at_rows(method)
    ]


def _outcomes(explanation: TokenAttributions) -> dict[str, Any]:
    """Return what came of each seed's search, (n_seeds, n_instances); nothing of attributions.

    `worked` tells whether the rule is precise enough, or the change gives the wanted answer.
    """
    if explanation.role == "anchors":
        return {
            "worked": counts(explanation.array("met").astype(int)),
            "precision": _packed(explanation.array("precision")),
            "coverage": _packed(explanation.array("coverage")),
        }
    if explanation.role == "counterfactuals":
        after, target = explanation.array("changed_prediction"), explanation.array("target")
        given = explanation.provenance["parameters"].get("target") is not None
        return {
            "worked": counts(explanation.array("valid").astype(int)),
            "wanted": explanation.outputs[int(target.flat[0])] if given else "",
            "changed_answer": counts(after.argmax(axis=-1)),
            "changed_confidence": _packed(after.max(axis=-1)),
        }
    return {}


def _by_output(values: np.ndarray) -> list[dict[str, Any] | str]:
    """Return the numbers of each output, (n_seeds, n_tokens), or how they follow from the first."""
    first = values[..., 0]
    found: list[dict[str, Any] | str] = [_packed(first)]
    largest = np.abs(first).max(initial=0.0)
    for place in range(1, values.shape[-1]):
        other = values[..., place]
        if np.array_equal(other, first):
            found.append(SAME)
        elif np.abs(other + first).max(initial=0.0) <= 1e-6 * largest:
            found.append(NEGATIVE)
        else:
            found.append(_packed(other))
    return found


def _packed(values: np.ndarray) -> dict[str, Any]:
    # One low end and step for all numbers: they are of one kind.
    return packed(values.reshape(-1, 1))


def _replacements(explanation: TokenAttributions, mask: np.ndarray) -> dict[str, Any]:
    """Return the words that take the place of others, and which stands where, 0 for none."""
    schema = explanation.schema
    assert isinstance(schema, TextSchema)  # checked when made
    codes = explanation.array("replacement")[:, mask]
    known = np.unique(codes[codes != ABSENT])
    places = np.searchsorted(known, codes) + 1
    return {
        "replacements": ["", *(schema.tokenizer.shown(int(code)) for code in known)],
        "replacement": counts(np.where(codes == ABSENT, 0, places)),
    }
