"""Whether several explanations are of the same models."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

import numpy as np

from xaigeo import dims
from xaigeo.errors import InputError
from xaigeo.explanations.base import Explanation
from xaigeo.explanations.token_attributions import TEXT
from xaigeo.text.whole_word_schema import WholeWordSchema


def check_one_ensemble(explanations: Sequence[Explanation]) -> None:
    """Raise unless all explanations are of the same models.

    Besides their labels (`check_same_labels`), the hashes in the ensemble's record must be the
    same where they are known, and so must the predictions at rows that explanations share, and
    the words of texts that they share, of which unknown ones have one number for the models.

    Raises
    ------
    InputError
    """
    check_same_labels(explanations)
    first = explanations[0]
    for other in explanations[1:]:
        for what, own, theirs in _hashes(first, other):
            _check_same(what, own, theirs, first, other)
        _check_predictions(first, other)
        _check_texts(first, other)


def other_word(first: Explanation, other: Explanation) -> str | None:
    """Return where two explanations of the same rows have another word; None if nowhere.

    Texts that differ in a word that the models do not know are the same numbers.

    Parameters
    ----------
    first, other : Explanation
        Of the same rows in the same order, as numbers. Spaces between words do not count.

    Returns
    -------
    str or None
        The first such place, in the words of messages. None for tables too.
    """
    told = [e.data[TEXT].to_numpy() for e in (first, other) if TEXT in e.data.coords]
    if len(told) < 2:
        return None
    for label, *texts in zip(first.instances, *told, strict=True):
        for own, theirs in zip_longest(*(str(text).split() for text in texts), fillvalue=""):
            if own != theirs:
                return f"{own!r} in {first.method} and {theirs!r} in {other.method} at {label}"
    return None


def check_same_words(first: Explanation, other: Explanation) -> None:
    """Raise where two explanations of the same rows have another word (`other_word`).

    Raises
    ------
    InputError
    """
    differs = other_word(first, other)
    if differs:
        raise InputError(
            expected="explanations of the same texts",
            arrived=f"{differs}, which the models read alike",
            do="Explain the same texts with every method.",
        )


def check_same_labels(explanations: Sequence[Explanation]) -> None:
    """Raise unless all explanations have the same features, outputs, task and seeds.

    Raises
    ------
    InputError
        Also where some are of texts and others of a table, or some of tokens and others of words.
    """
    first = explanations[0]
    for other in explanations[1:]:
        if first.axis != other.axis:
            raise InputError(
                expected="explanations of one ensemble",
                arrived=f"{first.method}, which is of {_rows(first)}, and {other.method}, which is "
                f"of {_rows(other)}",
                do="Pass explanations of texts together, those of a table apart.",
            )
        if of_words(first) != of_words(other):
            raise InputError(
                expected="explanations of texts by token, or all by whole word",
                arrived=f"{first.method} by {_units(first)} and {other.method} by {_units(other)}",
                do="Explain with the same units, or pass explanation.by_words() of amounts by "
                "token.",
            )
        for what in ("features", "outputs", "task", "seeds"):
            own, theirs = (np.asarray(getattr(e, what)).tolist() for e in (first, other))
            _check_same(what, own, theirs, first, other)


def of_words(explanation: Explanation) -> bool:
    """Return whether an explanation has a place a whole word, where models read pieces."""
    return isinstance(explanation.schema, WholeWordSchema)


def _units(explanation: Explanation) -> str:
    return "word" if of_words(explanation) else "token"


def _check_same(what: str, own: Any, theirs: Any, first: Explanation, other: Explanation) -> None:
    if own != theirs:
        raise InputError(
            expected=f"explanations of one ensemble, with the same {what}",
            arrived=f"{own} in {first.method} and {theirs} in {other.method}",
            do="Pass explanations of the same models together, others apart.",
        )


def _rows(explanation: Explanation) -> str:
    return "texts" if explanation.axis == dims.TOKEN else "a table"


def _hashes(first: Explanation, other: Explanation) -> list[tuple[str, Any, Any]]:
    records = [e.provenance.get("ensemble", {}).get("record") or {} for e in (first, other)]
    return [
        (name, own, theirs)
        for name in ("data_sha256", "config_sha256")
        if (own := records[0].get(name)) and (theirs := records[1].get(name))
    ]


def _check_predictions(first: Explanation, other: Explanation) -> None:
    """Compare what the models say at shared rows; float32 leaves differences near 1e-6."""
    if not _same_rows(first, other):
        return
    one, two = first.array("prediction"), other.array("prediction")
    gap = float(np.abs(one - two).max())
    if gap > 1e-4 * max(1.0, float(np.abs(one).max())):
        raise InputError(
            expected="explanations of the same models",
            arrived=f"{first.method} and {other.method}, whose models' predictions at the same "
            f"rows differ by up to {gap:.3g}",
            do="Pass explanations of the same models together, others apart.",
        )


def _same_rows(first: Explanation, other: Explanation) -> bool:
    """Return whether two explanations are of the same rows under the same names."""
    if first is other or first.instances.tolist() != other.instances.tolist():
        return False
    return np.array_equal(first.array("input"), other.array("input"))


def _check_texts(first: Explanation, other: Explanation) -> None:
    if _same_rows(first, other):
        check_same_words(first, other)
