"""One question of the checklist, and what may be answered to it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from xaigeo.registry import Registry

if TYPE_CHECKING:
    from xaigeo.audit.evidence import Evidence

Status = Literal["pass", "warn", "fail", "not_evaluated"]
Basis = Literal["literature", "own"]
Better = Literal["higher", "lower"]
Unit = Literal["share", "number", "count", "yes_no"]
# A mean of fewer rows than this says too little to pass anything.
ENOUGH_ROWS = 10


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What was measured for an item.

    Attributes
    ----------
    value : float
    reason : str
        What it means, in plain words with numbers.
    low, high : float, optional
        Its 95 % interval.
    null : float, optional
        What chance would give.
    judged : float, optional
        The number set against the thresholds, where it is not `value` (a lower bound).
    at_best : {"pass", "warn"}
        The best status this evidence can support.
    n_rows : int, optional
        Different rows that the value rests on; see `xaigeo.audit.distinct_rows`. Without any an
        item is not evaluated, and with fewer than its `least_rows`, or an unknown number, it
        cannot pass.
    n_copies : int
        Further rows, each a copy of one of these.
    evidence : dict
        JSON-able details.
    """

    value: float
    reason: str
    low: float | None = None
    high: float | None = None
    null: float | None = None
    judged: float | None = None
    at_best: Literal["pass", "warn"] = "pass"
    n_rows: int | None = None
    n_copies: int = 0
    evidence: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Missing:
    """Why an item could not be evaluated."""

    reason: str


Outcome = Measured | Missing
Evaluator = Callable[["Evidence"], Outcome]


@dataclass(frozen=True, kw_only=True)
class Item:
    """One question of the checklist.

    Attributes
    ----------
    id : str
    question, metric : str
    better : {"higher", "lower"}
    passing, warning : float
        Default thresholds; without `warning` an item passes or fails.
    unit : {"share", "number", "count", "yes_no"}
    basis : {"literature", "own"}
        Where the threshold's value comes from.
    source : str
        Where the question or the value comes from, in words.
    maps_to : tuple of str
        Parts of NIST AI RMF (MS = MEASURE, MAP) and the EU AI Act (articles; IV = annex) that
        the answer supports evidence for. It never shows compliance.
    settings : dict
        Further numbers that define the metric and may be configured.
    least_rows : int or None
        Fewest rows with which the item can pass; None for one that is not about rows.
    beyond_null : bool
        Whether the item can pass only beyond chance. False where chance is what is hoped for:
        groups that differ by no more than groups made at random.
    evaluate : callable
    """

    id: str
    question: str
    metric: str
    better: Better
    passing: float
    warning: float | None
    unit: Unit
    basis: Basis
    source: str
    maps_to: tuple[str, ...]
    settings: Mapping[str, float] = field(default_factory=dict)
    least_rows: int | None = ENOUGH_ROWS
    beyond_null: bool = True
    evaluate: Evaluator


_FAMILIES = {
    "xaigeo.audit.provenance": ("P1", "P2", "P3", "P4"),
    "xaigeo.audit.models": ("M1", "M2", "M3", "M4", "M5"),
    "xaigeo.audit.faithfulness": ("F1", "F2", "F5"),
    "xaigeo.audit.checked": ("F3", "F4", "R1"),
    "xaigeo.audit.attribution_items": ("A1", "A2", "A3", "A4", "A6", "A7"),
    "xaigeo.audit.modes": ("A5",),
    "xaigeo.audit.transfer": ("A8", "A9"),
    "xaigeo.audit.subgroups": ("R2",),
    "xaigeo.audit.reporting": ("C1", "C2", "C4"),
    "xaigeo.audit.baseline": ("C3",),
}
# Provenance, models, faithfulness, agreement, robustness, communication.
CHECKLIST = tuple(
    sorted(
        (name for names in _FAMILIES.values() for name in names),
        key=lambda name: ("PMFARC".index(name[0]), name),
    )
)
ITEMS: Registry[Item] = Registry(
    "audit item",
    builtin={name: module for module, names in _FAMILIES.items() for name in names},
    group="xaigeo.audit_items",
)


def item(
    *,
    id: str,  # noqa: A002 (the checklist's own word)
    question: str,
    metric: str,
    better: Better,
    passing: float,
    warning: float | None,
    unit: Unit,
    basis: Basis,
    source: str,
    maps_to: tuple[str, ...],
    settings: Mapping[str, float] | None = None,
    least_rows: int | None = ENOUGH_ROWS,
    beyond_null: bool = True,
) -> Callable[[Evaluator], Evaluator]:
    """Return a decorator that files a function as the evaluator of an item."""

    def file(evaluate: Evaluator) -> Evaluator:
        ITEMS.register(id)(
            Item(
                id=id,
                question=question,
                metric=metric,
                better=better,
                passing=passing,
                warning=warning,
                unit=unit,
                basis=basis,
                source=source,
                maps_to=maps_to,
                settings=settings or {},
                least_rows=least_rows,
                beyond_null=beyond_null,
                evaluate=evaluate,
            )
        )
        return evaluate

    return file


def finite(value: float | None) -> float | None:
    """Return a number as JSON can hold it: None where it is missing, infinite or NaN."""
    return None if value is None or not math.isfinite(value) else float(value)


def all_items() -> list[Item]:
    """Return every item, in the order of the checklist, then those of other packages."""
    others = [name for name in ITEMS.names() if name not in CHECKLIST]
    return [ITEMS.get(name) for name in (*CHECKLIST, *others)]
