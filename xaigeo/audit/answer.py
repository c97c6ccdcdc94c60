"""An audit: all findings, what they rest on, and whether a release may pass."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from xaigeo.audit.finding import Finding
from xaigeo.audit.item import CHECKLIST, Status
from xaigeo.audit.wording import counted
from xaigeo.errors import InputError
from xaigeo.explanations import TokenAttributions
from xaigeo.options import check_option, suggestion

FailOn = Literal["fail", "warn"]

AGREEMENT = tuple(name for name in CHECKLIST if name.startswith("A"))
PASSED, FAILED, WARNED, NOT_EVALUATED = 0, 1, 3, 4


@dataclass(frozen=True, eq=False, kw_only=True)
class Audit:
    """The answers to the checklist.

    Attributes
    ----------
    findings : tuple of Finding
        In the order of the checklist.
    required : tuple of str
        Items that must be evaluated, on rows enough.
    created_at : str
        ISO 8601 time.
    about : dict
        JSON-able: `ensemble`, `explanations` (with hashes), `evaluation`, `thresholds`,
        `versions`, `random_state`.
    """

    findings: tuple[Finding, ...]
    required: tuple[str, ...]
    created_at: str
    about: Mapping[str, Any]

    def __getitem__(self, item_id: str) -> Finding:
        for finding in self.findings:
            if finding.id == item_id:
                return finding
        raise InputError(
            expected=f"an item of the audit ({', '.join(f.id for f in self.findings)})",
            arrived=repr(item_id),
            do="Name one of the listed items.",
        )

    @cached_property
    def counts(self) -> dict[str, int]:
        """Number of findings by status."""
        statuses: tuple[Status, ...] = ("pass", "warn", "fail", "not_evaluated")
        return {s: sum(f.status == s for f in self.findings) for s in statuses}

    @property
    def unanswered(self) -> list[str]:
        """Required items without an answer to rely on: not evaluated, or of too few rows."""
        missing = [name for name in self.required if self[name].status == "not_evaluated"]
        return [name for name in self.required if name in (*missing, *self.too_few)]

    @property
    def too_few(self) -> list[str]:
        """Required items that were evaluated on fewer rows than any of them needs to pass."""
        return [
            name
            for name in self.required
            if self[name].status != "not_evaluated" and self[name].rests_on_few
        ]

    @property
    def of_texts(self) -> bool:
        """Whether explanations of texts were audited, not of rows of a table."""
        explained = self.about.get("explanations", ())
        return any(one.get("kind") == TokenAttributions.kind for one in explained)

    @property
    def tells_of_agreement(self) -> bool:
        """Whether any of A1-A9 was answered; an audit without says nothing about the seeds."""
        return any(f.id in AGREEMENT and f.status != "not_evaluated" for f in self.findings)

    @property
    def verdict(self) -> Status:
        """Return "fail", "not_evaluated", "warn" or "pass".

        Not evaluated is an audit that lacks a required item, or any answer on agreement (A1-A9);
        a required item of too few rows counts as lacking.
        """
        if self.counts["fail"]:
            return "fail"
        if self.unanswered or not self.tells_of_agreement:
            return "not_evaluated"
        return "warn" if self.counts["warn"] else "pass"

    @property
    def verdict_text(self) -> str:
        """The verdict in one sentence."""
        counts = self.counts
        what = {
            "fail": "The audit failed",
            "warn": "The audit passed with warnings",
            "pass": "The audit passed",
            "not_evaluated": "The audit could not be completed",
        }[self.verdict]
        row = "text" if self.of_texts else "row"
        few = [
            f"{name} ({counted(self[name].n_rows or 0, row)} of at least {self[name].least_rows})"
            for name in self.too_few
        ]
        missing = [name for name in self.unanswered if name not in self.too_few]
        lacks = f"; required but not evaluated: {', '.join(missing)}" if missing else ""
        lacks += f"; required but of too few {row}s: {', '.join(few)}" if few else ""
        silent = "" if self.tells_of_agreement else "; no item on agreement (A1-A9) was answered"
        return (
            f"{what}: {counts['pass']} passed, {counts['warn']} warned, {counts['fail']} failed, "
            f"{counts['not_evaluated']} not evaluated{silent}{lacks}."
        )

    def exit_code(self, fail_on: FailOn = "fail") -> int:
        """Return 0 passed, 1 failed, 3 warned (under `fail_on="warn"`), 4 not evaluated.

        4 is also for a required item that rests on fewer rows than it needs to pass.
        """
        check_option("fail_on", fail_on, FailOn)
        if self.verdict == "fail":
            return FAILED
        if self.verdict == "not_evaluated":
            return NOT_EVALUATED
        return WARNED if self.verdict == "warn" and fail_on == "warn" else PASSED

    def to_frame(self) -> pd.DataFrame:
        """Return one row an item.

        Columns: id, status, question, value, low, high, null, pass, warn, better, basis, source,
        reason, maps_to.
        """
        rows = [
            {
                "id": f.id,
                "status": f.status,
                "question": f.question,
                "value": f.value,
                "low": f.low,
                "high": f.high,
                "null": f.null,
                "pass": f.threshold["pass"],
                "warn": f.threshold["warn"],
                "better": f.threshold["better"],
                "basis": f.basis,
                "source": f.source,
                "reason": f.reason,
                "maps_to": ", ".join(f.maps_to),
            }
            for f in self.findings
        ]
        numbers = ["value", "low", "high", "null", "pass", "warn"]
        return pd.DataFrame(rows).astype(dict.fromkeys(numbers, float))

    def to_dict(self) -> dict[str, Any]:
        """Return the canonical form, as in ``audit.json``, with the hash of its content."""
        from xaigeo.audit.canonical import audit_to_dict

        return audit_to_dict(self)

    def to_junit(self) -> str:
        """Return JUnit XML: a warn is a passing case with a note."""
        from xaigeo.audit.junit import audit_to_junit

        return audit_to_junit(self)

    def to_markdown(self) -> str:
        """Return a section for a model card."""
        from xaigeo.audit.markdown import audit_to_markdown

        return audit_to_markdown(self)

    def save(self, path: str | Path) -> Path:
        """Write the audit in the form that the suffix names: .json, .xml (JUnit) or .md.

        Raises
        ------
        InputError
            For another suffix.
        """
        target = Path(path)
        if target.suffix == ".json":
            text = json.dumps(self.to_dict(), indent=1, allow_nan=False) + "\n"
        elif target.suffix == ".xml":
            text = self.to_junit()
        elif target.suffix == ".md":
            text = self.to_markdown()
        else:
            raise InputError(
                expected="a path that ends in .json, .xml (JUnit) or .md",
                arrived=str(path),
                do="Save the canonical form as audit.json.",
            )
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        return target

    @classmethod
    def load(cls, path: str | Path) -> Audit:
        """Read an ``audit.json`` and check that it is whole and agrees with itself.

        The hash and the statuses, counted again from values and thresholds, detect accidental
        change and naive tampering. They are no signature: whoever writes the whole file anew
        can make them fit.

        Raises
        ------
        StoreError
            If the file cannot be read, is no audit, its content does not match its hash, or its
            statuses do not follow from its numbers.
        """
        from xaigeo.audit.canonical import audit_from_file

        return audit_from_file(Path(path))

    def _repr_html_(self) -> str:
        from xaigeo.audit.markdown import audit_to_html

        return audit_to_html(self)

    def __repr__(self) -> str:
        return f"Audit({self.verdict_text})"


def check_required(required: Sequence[str] | None, known: Sequence[str]) -> tuple[str, ...]:
    """Return the required items; an unknown one raises."""
    names = (required,) if isinstance(required, str) else tuple(required or ())
    unknown = [name for name in names if name not in known]
    if unknown:
        raise InputError(
            expected=f"required items among {', '.join(known)}",
            arrived=", ".join(map(repr, unknown)),
            do=suggestion(unknown[0], known)
            or "Name items by their id, for example required=['P1', 'A1'].",
        )
    return names
