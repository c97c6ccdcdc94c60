"""The answer to one item, with everything needed to check it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from xaigeo.audit.item import Better, Item, Measured, Outcome, Status, finite
from xaigeo.audit.thresholds import Limits

# Shares such as 0.9 - 0.89 differ from 0.01 by rounding alone; that must not fail an item.
ROUNDING = 1e-12


@dataclass(frozen=True, kw_only=True)
class Finding:
    """The answer to one item.

    Attributes
    ----------
    id, question, metric : str
    status : {"pass", "warn", "fail", "not_evaluated"}
    value, low, high, null : float or None
        What was measured, its 95 % interval, and what chance would give.
    threshold : dict
        `pass`, `warn` (None without one), `better`, and the item's settings.
    basis, source : str
        Whether the threshold's value is from the literature or our own, and where from.
    maps_to : tuple of str
        What the answer supports evidence for.
    unit : str
    reason : str
        Plain words.
    evidence : dict
    """

    id: str
    question: str
    metric: str
    status: Status
    value: float | None
    low: float | None
    high: float | None
    null: float | None
    threshold: Mapping[str, Any]
    basis: str
    source: str
    maps_to: tuple[str, ...]
    unit: str
    reason: str
    evidence: Mapping[str, Any]

    @classmethod
    def of(cls, item: Item, outcome: Outcome, limits: Limits) -> Finding:
        """Set what was measured against the thresholds."""
        measured = outcome if isinstance(outcome, Measured) else None
        return cls(
            id=item.id,
            question=item.question,
            metric=item.metric,
            status="not_evaluated" if measured is None else _status(item, measured, limits),
            value=finite(measured.value) if measured else None,
            low=finite(measured.low) if measured else None,
            high=finite(measured.high) if measured else None,
            null=finite(measured.null) if measured else None,
            threshold={
                "pass": limits.passing,
                "warn": limits.warning,
                "better": item.better,
                "settings": dict(limits.settings),
            },
            basis=item.basis,
            source=item.source,
            maps_to=item.maps_to,
            unit=item.unit,
            reason=outcome.reason,
            evidence=dict(measured.evidence) if measured else {},
        )

    @classmethod
    def from_dict(cls, entry: Mapping[str, Any]) -> Finding:
        """Build a finding from its entry in ``audit.json``."""
        return cls(**{**entry, "maps_to": tuple(entry["maps_to"])})

    @property
    def threshold_text(self) -> str:
        """The thresholds as a reader should see them: ``≥ 0.75 (warn ≥ 0.5)``."""
        sign = "≥" if self.threshold["better"] == "higher" else "≤"
        if self.unit == "yes_no":
            return "yes"
        warn = self.threshold["warn"]
        more = "" if warn is None else f" (warn {sign} {number(warn, self.unit)})"
        return f"{sign} {number(self.threshold['pass'], self.unit)}{more}"

    @property
    def value_text(self) -> str:
        """The value with its interval as a reader should see it."""
        if self.value is None:
            return "–"
        if self.low is None or self.high is None:
            return number(self.value, self.unit)
        low, high = number(self.low, self.unit), number(self.high, self.unit)
        return f"{number(self.value, self.unit)} [{low}, {high}]"


def reaches(value: float, limit: float, better: Better) -> bool:
    """Return whether a value is at least as good as a limit, up to rounding."""
    slack = ROUNDING * max(1.0, abs(limit))
    return value >= limit - slack if better == "higher" else value <= limit + slack


def number(value: float, unit: str) -> str:
    """Return a value with its unit as text."""
    if unit == "yes_no":
        return "yes" if value else "no"
    if unit == "share":
        return f"{100 * value:.3g}%"
    return f"{value:.3g}"


def _status(item: Item, measured: Measured, limits: Limits) -> Status:
    judged = measured.value if measured.judged is None else measured.judged
    if math.isnan(judged):
        raise ValueError(f"{item.id} measured NaN; an evaluator must say Missing instead.")
    if reaches(judged, limits.passing, item.better):
        return measured.at_best
    if limits.warning is not None and reaches(judged, limits.warning, item.better):
        return "warn"
    return "fail"
