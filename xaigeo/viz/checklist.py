"""The audit's checklist as an HTML table."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import jinja2

from xaigeo import __version__
from xaigeo.audit.answer import Audit
from xaigeo.audit.finding import Finding, number
from xaigeo.audit.markdown import DISCLAIMER, thresholds_text
from xaigeo.errors import InputError
from xaigeo.viz.chart_page import policy
from xaigeo.viz.escaping import script_source
from xaigeo.viz.evidence_text import evidence_shown

Row = dict[str, Any]

STATUS = {
    "pass": ("✓", "pass"),
    "warn": ("!", "warning"),
    "fail": ("✗", "fail"),
    "not_evaluated": ("–", "not evaluated"),
}
_TALLY = {
    "fail": "failed",
    "warn": "with a warning",
    "pass": "passed",
    "not_evaluated": "not evaluated",
}
# A notebook has no style sheet of ours and may be light or dark, whatever the system is: text keeps
# its colour, and see-through tints, which only repeat what icon and word say, suit both.
_STYLE = (
    ".xaigeo-checklist{overflow-x:auto;max-width:100%}"
    ".xaigeo-checklist table{border-collapse:collapse;text-align:left}"
    ".xaigeo-checklist td,.xaigeo-checklist th{text-align:left;vertical-align:top;"
    "padding:.3em .8em .3em 0;border-bottom:1px solid rgba(128,128,128,.35);font-weight:400}"
    ".xaigeo-checklist thead th{font-weight:600}"
    ".xaigeo-checklist small{display:block;opacity:.75}"
    ".xaigeo-checklist dl.pairs>div{display:flex;gap:.6em}"
    ".xaigeo-checklist dl,.xaigeo-checklist dd{margin:0}"
    ".xaigeo-checklist dt{opacity:.75;min-width:9em}"
    ".xaigeo-checklist .badge{padding:.1em .5em;border-radius:.3em;white-space:nowrap;"
    "background:rgba(128,128,128,.2)}"
    ".xaigeo-checklist .pass .badge{background:rgba(40,150,100,.3)}"
    ".xaigeo-checklist .warn .badge{background:rgba(220,150,20,.35)}"
    ".xaigeo-checklist .fail .badge{background:rgba(220,60,45,.35)}"
)


@dataclass(frozen=True, eq=False)
class Checklist:
    """The answers of an audit, ready to be shown.

    Attributes
    ----------
    rows : list of dict
        One an item: id, question, status with icon and word, value, interval, null, threshold,
        basis, reason, maps_to; all text. Besides `evidence` (see
        `xaigeo.viz.evidence_text.evidence_shown`) and `links`, (address, words) of what the
        answer rests on, which the report fills in.
    notes : list of str
        When and by which thresholds the audit was made.
    verdict : str
    """

    rows: list[Row]
    notes: list[str] = field(default_factory=list)
    verdict: str = ""

    @property
    def tally(self) -> str:
        """How many items there are of each status, the worst first."""
        counts = Counter(row["status"] for row in self.rows)
        parts = [f"{counts[name]} {word}" for name, word in _TALLY.items() if counts[name]]
        return ", ".join(parts)

    @property
    def answered(self) -> list[Row]:
        """Rows of the items that were evaluated."""
        return [row for row in self.rows if row["status"] != "not_evaluated"]

    @property
    def unanswered(self) -> list[Row]:
        """Rows of the items that were not."""
        return [row for row in self.rows if row["status"] == "not_evaluated"]

    def to_html(self) -> str:
        """Return an HTML table; all text of the audit is escaped."""
        parts: Any = templates().get_template("parts.html.j2").module
        table = parts.checklist(self.answered, self.unanswered, self.notes)
        return f'<div class="xaigeo-checklist"><style>{_STYLE}</style>{table}</div>'

    def to_page(self) -> str:
        """Return the checklist as one page: light or dark as the system is, without a script."""
        style = (files("xaigeo.viz.page") / "templates" / "report.css").read_text(encoding="utf-8")
        return (
            templates()
            .get_template("checklist.html.j2")
            .render(
                policy=policy(styles=[style]),
                style=script_source(style),
                version=__version__,
                title=f"Checklist: {self.tally}",
                verdict=self.verdict or f"Of {len(self.rows)} items: {self.tally}.",
                rows=self.answered,
                unanswered=self.unanswered,
                notes=self.notes,
            )
        )

    def save(self, path: str | Path) -> Path:
        """Write `to_page` into the file `path` (``.html``); missing folders are made.

        Raises
        ------
        InputError
            For a path with another ending.
        """
        target = Path(path)
        if target.suffix.lower() != ".html":
            raise InputError(
                expected="a path that ends in .html",
                arrived=str(path),
                do="Save the audit itself as audit.json, audit.md or junit.xml.",
            )
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(self.to_page(), encoding="utf-8", newline="\n")
        return target

    def _repr_html_(self) -> str:
        return self.to_html()


def checklist(audit: Audit) -> Checklist:
    """Return the checklist of an audit; a notebook shows it as a table.

    Raises
    ------
    InputError
        For anything else than an audit.
    """
    findings = getattr(audit, "findings", None)
    if isinstance(audit, type) or findings is None:
        raise InputError(
            expected="an audit",
            arrived=type(audit).__name__,
            do="Pass the answer of xaigeo.audit(explanations).",
        )
    known = isinstance(audit, Audit)
    return Checklist(
        [_row(finding) for finding in findings],
        notes=_notes(audit) if known else [],
        verdict=audit.verdict_text if known else "",
    )


@cache
def templates() -> jinja2.Environment:
    """Return the environment of all templates: everything is escaped, nothing may be missing."""
    return jinja2.Environment(
        loader=jinja2.PackageLoader("xaigeo.viz.page", "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )


def _notes(audit: Audit) -> list[str]:
    by = f" Thresholds: {thresholds_text(audit)}." if "thresholds" in audit.about else ""
    return [
        f"Audited {audit.created_at}.{by}",
        *([f"Required: {', '.join(audit.required)}."] if audit.required else []),
        DISCLAIMER,
    ]


def _row(finding: Finding) -> Row:
    icon, word = STATUS[finding.status]
    limits = (finding.threshold["pass"], finding.threshold["warn"])

    def text(value: float | None) -> str:
        return "–" if value is None else number(value, finding.unit, limits)

    known = finding.low is not None and finding.high is not None
    return {
        "id": finding.id,
        "question": finding.question,
        "status": finding.status,
        "icon": icon,
        "word": word,
        "value": text(finding.value),
        "interval": f"{text(finding.low)} to {text(finding.high)}" if known else "",
        "null": text(finding.null),
        "threshold": finding.threshold_text,
        "basis": finding.basis,
        "reason": finding.reason,
        "maps_to": ", ".join(finding.maps_to),
        "evidence": _evidence(finding),
        "links": [],
    }


def _evidence(finding: Finding) -> list[dict[str, Any]]:
    """Return what the answer rests on, named; nothing of an item that was not evaluated."""
    if finding.status == "not_evaluated":
        return []
    told = [{"name": "measured", "text": finding.metric}]
    if finding.n_rows is not None:
        told.append({"name": "rows it rests on", "text": str(finding.n_rows)})
    return [*told, *evidence_shown(finding.evidence)]
