"""The audit as a section of a model card, and as a small static table for notebooks."""

from __future__ import annotations

from html import escape

from xaigeo.audit.answer import Audit
from xaigeo.audit.finding import Finding

WORDS = {"pass": "pass", "warn": "warn", "fail": "fail", "not_evaluated": "not evaluated"}
COLOURS = {"pass": "#1a7f37", "warn": "#9a6700", "fail": "#cf222e", "not_evaluated": "#59636e"}
DISCLAIMER = "The mapping names what an answer supports evidence for; it does not show compliance."


def audit_to_markdown(audit: Audit) -> str:
    """Return a Markdown section with the verdict and a table of all items."""
    ensemble = audit.about["ensemble"]
    lines = [
        "## Agreement between seeds",
        "",
        audit.verdict_text,
        "",
        f"{ensemble['n_seeds']} models that differ in their seed; {audit.created_at}; thresholds "
        f"SHA-256 `{audit.about['thresholds']['sha256'][:12]}`.",
        "",
        "| item | question | status | value | threshold | basis | supports evidence for |",
        "|---|---|---|---|---|---|---|",
    ]
    for finding in audit.findings:
        cells = (
            finding.id,
            finding.question,
            WORDS[finding.status],
            finding.value_text,
            finding.threshold_text,
            _basis(finding),
            ", ".join(finding.maps_to),
        )
        lines.append("| " + " | ".join(_cell(cell) for cell in cells) + " |")
    lines += ["", "### What the answers mean", ""]
    lines += [f"- **{f.id}** {WORDS[f.status]}: {_cell(f.reason)}" for f in audit.findings]
    return "\n".join([*lines, "", DISCLAIMER, ""])


def audit_to_html(audit: Audit) -> str:
    """Return a static table, without script or style that could reach outside it."""
    rows = "".join(
        "<tr>"
        f"<td>{escape(f.id)}</td>"
        f'<td style="color:{COLOURS[f.status]};font-weight:600">{WORDS[f.status]}</td>'
        f'<td style="text-align:left">{escape(f.question)}</td>'
        f"<td>{escape(f.value_text)}</td><td>{escape(f.threshold_text)}</td>"
        f'<td style="text-align:left">{escape(f.reason)}</td>'
        "</tr>"
        for f in audit.findings
    )
    head = "".join(
        f"<th>{name}</th>" for name in ("Item", "Status", "Question", "Value", "Threshold", "Why")
    )
    return (
        f"<div><p><strong>{escape(audit.verdict_text)}</strong></p>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _basis(finding: Finding) -> str:
    if finding.basis == finding.source:
        return finding.basis
    return f"{finding.basis}: {finding.source}"


def _cell(text: str) -> str:
    # A name in the data may hold what Markdown or HTML would read as its own.
    plain = " ".join(escape(text, quote=False).split())
    return plain.replace("\\", "\\\\").replace("|", "\\|").replace("`", "\\`")
