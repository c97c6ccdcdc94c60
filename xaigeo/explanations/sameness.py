"""Whether several explanations are of the same models."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from xaigeo.errors import InputError
from xaigeo.explanations.base import Explanation


def check_one_ensemble(explanations: Sequence[Explanation]) -> None:
    """Raise unless all explanations are of the same models.

    Besides their labels (`check_same_labels`), the hashes in the ensemble's record must be the
    same where they are known, and so must the predictions at rows that explanations share.

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


def check_same_labels(explanations: Sequence[Explanation]) -> None:
    """Raise unless all explanations have the same features, outputs, task and seeds.

    Raises
    ------
    InputError
    """
    first = explanations[0]
    for other in explanations[1:]:
        for what in ("features", "outputs", "task", "seeds"):
            own, theirs = (np.asarray(getattr(e, what)).tolist() for e in (first, other))
            _check_same(what, own, theirs, first, other)


def _check_same(what: str, own: Any, theirs: Any, first: Explanation, other: Explanation) -> None:
    if own != theirs:
        raise InputError(
            expected=f"explanations of one ensemble, with the same {what}",
            arrived=f"{own} in {first.method} and {theirs} in {other.method}",
            do="Pass explanations of the same models together, others apart.",
        )


def _hashes(first: Explanation, other: Explanation) -> list[tuple[str, Any, Any]]:
    records = [e.provenance.get("ensemble", {}).get("record") or {} for e in (first, other)]
    return [
        (name, own, theirs)
        for name in ("data_sha256", "config_sha256")
        if (own := records[0].get(name)) and (theirs := records[1].get(name))
    ]


def _check_predictions(first: Explanation, other: Explanation) -> None:
    """Compare what the models say at shared rows; float32 leaves differences near 1e-6."""
    rows, theirs = first.array("input"), other.array("input")
    if first is other or first.instances.tolist() != other.instances.tolist():
        return
    if rows.shape != theirs.shape or not np.array_equal(rows, theirs):
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
