"""Which kind, row and seeds of an explanation a chart draws, checked."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from xaigeo.errors import InputError
from xaigeo.explanations import (
    Anchors,
    Attributions,
    Counterfactuals,
    Explanation,
    TokenAttributions,
)
from xaigeo.explanations.row_label import known_label
from xaigeo.viz.records import plain

Kind = TypeVar("Kind", Attributions, Anchors, Counterfactuals)
METHODS: dict[type[Explanation], str] = {
    Attributions: "'kernel_shap', 'lime' or another that gives attributions",
    Anchors: "'anchors' or 'consensus_anchors'",
    Counterfactuals: "'counterfactuals' or 'robust_counterfactuals'",
}


def check_kind(explanation: Any, kind: type[Kind], chart: str) -> Kind:
    """Return an explanation of the kind that a chart draws, of a table.

    Raises
    ------
    InputError
        For any other thing, and for explanations of texts, whose places are no columns.
    """
    check_table(explanation, chart)
    if isinstance(explanation, kind):
        return explanation
    method = f" ({explanation.method})" if isinstance(explanation, Explanation) else ""
    raise InputError(
        expected=f"{kind.__name__} for {chart}",
        arrived=f"{type(explanation).__name__}{method}",
        do=f"Pass the result of xaigeo.explain with method={METHODS[kind]}.",
    )


def check_table(explanation: Any, chart: str) -> None:
    """Raise for an explanation of texts.

    Raises
    ------
    InputError
        It names the chart that draws texts.
    """
    if isinstance(explanation, TokenAttributions):
        raise InputError(
            expected=f"an explanation of the columns of a table for {chart}",
            arrived=f"TokenAttributions ({explanation.method}), of the words of texts",
            do="Draw a text with xaigeo.viz.token_attributions(explanation, instance).",
        )


def row_place(explanation: Explanation, instance: Any) -> int:
    """Return the place of an instance by its label, the first one if None."""
    return 0 if instance is None else _places(explanation, "instance", [instance])[0]


def row_places(explanation: Explanation, instances: Iterable[Any] | None) -> list[int]:
    """Return the places of instances by their labels, of all if None."""
    if instances is None:
        return list(range(len(explanation.instances)))
    return _places(explanation, "instance", instances)


def seed_places(explanation: Explanation, seeds: Iterable[int] | None) -> list[int]:
    """Return the places of seeds by their labels, of all if None."""
    if seeds is None:
        return list(range(len(explanation.seeds)))
    return _places(explanation, "seed", seeds)


def _places(explanation: Explanation, what: str, wanted: Iterable[Any]) -> list[int]:
    labels = explanation.instances if what == "instance" else explanation.seeds
    known = [plain(label) for label in labels]
    listed = isinstance(wanted, Iterable) and not isinstance(wanted, str)
    asked = [plain(known_label(label, known)) for label in wanted] if listed else []
    unknown = [label for label in asked if label not in known]
    if unknown or not asked:
        article = "an" if what == "instance" else "a"
        raise InputError(
            expected=f"{article} {what} of the explanation ({', '.join(map(str, known[:8]))}"
            f"{', ...' if len(known) > 8 else ''})",
            arrived=", ".join(map(repr, unknown)) or repr(wanted),
            do=f"Look at .{what}s for the labels that exist.",
        )
    return [known.index(label) for label in dict.fromkeys(asked)]
