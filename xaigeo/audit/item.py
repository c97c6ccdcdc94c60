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
        Rows that the value rests on; with fewer than ten an item cannot pass.
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
    evaluate: Evaluator


_FAMILIES = {
    "xaigeo.audit.provenance": ("P1", "P2", "P3", "P4"),
    "xaigeo.audit.models": ("M1", "M2", "M3", "M4", "M5"),
    "xaigeo.audit.faithfulness": ("F1", "F2", "F3", "F4", "F5"),
    "xaigeo.audit.attribution_items": ("A1", "A2", "A3", "A4", "A5", "A6", "A7"),
    "xaigeo.audit.transfer": ("A8", "A9"),
    "xaigeo.audit.robustness": ("R1", "R2"),
    "xaigeo.audit.reporting": ("C1", "C2", "C3", "C4"),
}
CHECKLIST = tuple(name for names in _FAMILIES.values() for name in names)
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
