"""The answer to one item, with everything needed to check it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from xaigeo.audit.item import Better, Item, Measured, Missing, Outcome, Status, finite
from xaigeo.audit.thresholds import Limits
from xaigeo.audit.wording import counted, verb
from xaigeo.text.nouns import of_texts

# Shares such as 0.9 - 0.89 differ from 0.01 by rounding alone; that must not fail an item.
ROUNDING = 1e-12
NUMBERS = ("value", "low", "high", "null", "judged")

# Digits that tell such a share from the whole tell a reader nothing.
NEXT_TO = 1e-6


@dataclass(frozen=True, kw_only=True)
class Finding:
    """The answer to one item.

    Attributes
    ----------
    id, question, metric : str
    status : {"pass", "warn", "fail", "not_evaluated"}
    value, low, high, null : float or None
        What was measured, its 95 % interval, and what chance would give.
    judged : float or None
        The number set against the thresholds where it is not `value`.
    at_best : {"pass", "warn"}
        The best status that the evidence can support.
    n_rows : int or None
        Different rows that the value rests on; None where they were not counted.
    least_rows : int or None
        Fewest with which the item can pass; None for an item that is not about rows.
    beyond_null : bool
        Whether the item can pass only beyond chance.
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
    judged: float | None = None
    at_best: Literal["pass", "warn"] = "pass"
    threshold: Mapping[str, Any]
    basis: str
    source: str
    maps_to: tuple[str, ...]
    unit: str
    reason: str
    evidence: Mapping[str, Any]
    n_rows: int | None = None
    least_rows: int | None = None
    beyond_null: bool = True

    @classmethod
    def of(cls, item: Item, outcome: Outcome, limits: Limits, *, row: str = "row") -> Finding:
        """Set what was measured against the thresholds.

        Whatever the value, nothing passes that is not beyond chance or rests on few rows, and
        nothing is answered that rests on none; the reason then says so. `row` is what it then calls
        a row; of a "text" question and metric speak of texts and tokens too.
        """
        threshold = {
            "pass": limits.passing,
            "warn": limits.warning,
            "better": item.better,
            "settings": dict(limits.settings),
        }
        if isinstance(outcome, Measured) and outcome.n_rows == 0:
            outcome = Missing(f"{outcome.reason} No {row} was left to tell it by.")
        numbers: dict[str, float | None] = dict.fromkeys(NUMBERS)
        status: Status = "not_evaluated"
        at_best: Literal["pass", "warn"] = "pass"
        reasons = [outcome.reason]
        if isinstance(outcome, Measured):
            if math.isnan(outcome.value if outcome.judged is None else outcome.judged):
                raise ValueError(f"{item.id} measured NaN; an evaluator must say Missing instead.")
            numbers = {name: finite(getattr(outcome, name)) for name in NUMBERS}
            few = _too_few(item, outcome.n_rows, row)
            reasons += _copies(outcome, row)
            at_best = "warn" if few else outcome.at_best
            compared = _compared(numbers, beyond_null=item.beyond_null)
            if not beyond_chance(**_but(compared, "judged"), better=item.better):
                few.append(f"Not beyond chance ({number(outcome.null or 0.0, item.unit)}).")
            status = status_of(**compared, threshold=threshold, at_best=at_best)
            reasons += few
        return cls(
            id=item.id,
            question=of_texts(item.question, part="token") if row == "text" else item.question,
            metric=of_texts(item.metric, part="token") if row == "text" else item.metric,
            status=status,
            **numbers,
            at_best=at_best,
            threshold=threshold,
            basis=item.basis,
            source=item.source,
            maps_to=item.maps_to,
            unit=item.unit,
            reason=" ".join(reasons),
            evidence=dict(outcome.evidence) if isinstance(outcome, Measured) else {},
            n_rows=outcome.n_rows if isinstance(outcome, Measured) else None,
            least_rows=item.least_rows,
            beyond_null=item.beyond_null,
        )

    @classmethod
    def from_dict(cls, entry: Mapping[str, Any]) -> Finding:
        """Build a finding from its entry in ``audit.json``."""
        return cls(**{**entry, "maps_to": tuple(entry["maps_to"])})

    @property
    def possible(self) -> tuple[Status, ...]:
        """The statuses that its own numbers allow: one, or two where infinity was not written."""
        if self.value is None:
            return ("not_evaluated", "fail")
        numbers = {name: getattr(self, name) for name in NUMBERS}
        return (
            status_of(
                **_compared(numbers, beyond_null=self.beyond_null),
                threshold=self.threshold,
                at_best="warn" if self.rests_on_few else self.at_best,
            ),
        )

    @property
    def rests_on_few(self) -> bool:
        """Whether the value rests on fewer rows than the item needs to pass."""
        return self.least_rows is not None and (self.n_rows or 0) < self.least_rows

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
            return self._number(self.value)
        return f"{self._number(self.value)} [{self._number(self.low)}, {self._number(self.high)}]"

    @property
    def null_text(self) -> str:
        """What chance would give as a reader should see it."""
        return "–" if self.null is None else self._number(self.null)

    def _number(self, value: float) -> str:
        return number(value, self.unit, (self.threshold["pass"], self.threshold["warn"]))


def reaches(value: float, limit: float, better: Better) -> bool:
    """Return whether a value is at least as good as a limit, up to rounding."""
    slack = ROUNDING * max(1.0, abs(limit))
    return value >= limit - slack if better == "higher" else value <= limit + slack


def number(value: float, unit: str, limits: Sequence[float | None] = ()) -> str:
    """Return a value with its unit as text, never rounded onto or across a limit.

    A share is not rounded to 0 or 1 either, unless it is within a millionth of it and no
    limit lies there: 0.9997 is 99.97%, not 100%.
    """
    if unit == "yes_no":
        return "yes" if value else "no"
    size = 100.0 if unit == "share" else 1.0
    ends = [end for end in (0.0, 1.0) if unit == "share" and abs(value - end) >= NEXT_TO]
    marks = [m for m in (*limits, *ends) if m is not None]
    text = f"{size * value:.3g}"
    for digits in range(3, 17):
        text = f"{size * value:.{digits}g}"
        shown = float(text) / size
        if all(_side(shown, mark) == _side(value, mark) for mark in marks):
            break
    # Scientific notation is for the very small alone.
    text = f"{float(text):.0f}" if "e+" in text and float(text).is_integer() else text
    return f"{text}%" if unit == "share" else text


def beyond_chance(
    *,
    value: float | None,
    low: float | None,
    high: float | None,
    null: float | None,
    better: Better,
) -> bool:
    """Return whether the less favourable end of the interval is better than chance.

    Without an interval the value itself counts, and without a null value nothing is chance.
    """
    bound = low if better == "higher" else high
    bound = value if bound is None else bound
    return null is None or bound is None or not reaches(null, bound, better)


def status_of(
    *,
    value: float | None,
    low: float | None,
    high: float | None,
    null: float | None,
    judged: float | None,
    threshold: Mapping[str, Any],
    at_best: str,
) -> Status:
    """Return the status that measured numbers have under thresholds.

    A measured value that JSON cannot hold is infinite, and fails.
    """
    better: Better = threshold["better"]
    number_judged = value if judged is None else judged
    if number_judged is None:
        return "fail"
    if reaches(number_judged, threshold["pass"], better):
        passes = at_best == "pass" and beyond_chance(
            value=value, low=low, high=high, null=null, better=better
        )
        return "pass" if passes else "warn"
    if threshold["warn"] is not None and reaches(number_judged, threshold["warn"], better):
        return "warn"
    return "fail"


def _side(value: float, mark: float) -> int:
    slack = ROUNDING * max(1.0, abs(mark))
    return 0 if abs(value - mark) <= slack else (1 if value > mark else -1)


def _too_few(item: Item, n_rows: int | None, row: str) -> list[str]:
    """Return why the rows are too few to pass; nothing where they are not."""
    if item.least_rows is None or (n_rows is not None and n_rows >= item.least_rows):
        return []
    if n_rows is None:
        return [f"How many {row}s that rests on is not known, so it cannot pass."]
    return [f"{counted(n_rows, row)} {verb(n_rows)} too few to pass."]


def _copies(outcome: Measured, row: str) -> list[str]:
    """Say that rows are there more than once; nothing where none is."""
    if not outcome.n_copies:
        return []
    n = outcome.n_rows or 0
    return [f"Copies of a {row} count once, which leaves {n} of {n + outcome.n_copies} {row}s."]


def _compared(numbers: Mapping[str, float | None], *, beyond_null: bool) -> dict[str, float | None]:
    """Return the numbers that settle the status: without a null value that is merely told."""
    return dict(numbers) if beyond_null else {**numbers, "null": None}


def _but(numbers: Mapping[str, float | None], name: str) -> dict[str, float | None]:
    return {key: value for key, value in numbers.items() if key != name}
