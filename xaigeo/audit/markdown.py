"""The audit as a section of a model card, and as a small static table for notebooks."""

from __future__ import annotations

import re
from html import escape

from xaigeo.audit.answer import Audit
from xaigeo.audit.finding import Finding

WORDS = {"pass": "pass", "warn": "warn", "fail": "fail", "not_evaluated": "not evaluated"}
ICONS = {"pass": "✅", "warn": "⚠️", "fail": "❌", "not_evaluated": "➖"}
COLOURS = {"pass": "#1a7f37", "warn": "#9a6700", "fail": "#cf222e", "not_evaluated": "#59636e"}
# What would make a name bold, a link, an image, code or a formula. An underscore within a word is
# one, as in kernel_shap; and addresses become links by themselves.
_MARKS = re.compile(r"[\\|`*\[\]~$]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
_ADDRESS = re.compile(r"(:|\bwww)(//|\.)", re.IGNORECASE)
DISCLAIMER = "The mapping names what an answer supports evidence for; it does not show compliance."


def audit_to_markdown(audit: Audit) -> str:
    """Return a section for a model card: verdict, what needs attention, all items, provenance.

    Headings start at the second level, as sections of model cards do (Mitchell et al. 2019,
    doi:10.1145/3287560.3287596).
    """
    lines = [
        "## Explanation audit",
        "",
        f"**{audit.verdict_text}**",
        "",
        *_about(audit),
        "",
        *_attention(audit),
        "### All items",
        "",
        "| item | question | status | value | chance | threshold | basis | supports evidence for |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for finding in audit.findings:
        cells = (
            finding.id,
            finding.question,
            f"{ICONS[finding.status]} {WORDS[finding.status]}",
            finding.value_text,
            finding.null_text,
            finding.threshold_text,
            _basis(finding),
            ", ".join(finding.maps_to),
        )
        lines.append("| " + " | ".join(_cell(cell) for cell in cells) + " |")
    lines += ["", "### What the answers mean", ""]
    lines += [f"- **{f.id}** {WORDS[f.status]}: {_cell(f.reason)}" for f in audit.findings]
    return "\n".join([*lines, "", DISCLAIMER, ""])


def _about(audit: Audit) -> list[str]:
    """Return what was audited, when, and by which thresholds, as a list."""
    ensemble, evaluation = audit.about["ensemble"], audit.about["evaluation"]
    methods = dict.fromkeys(one["method"] for one in audit.about["explanations"])
    n = ensemble["n_seeds"]
    rows = "texts" if audit.of_texts else "rows"
    n_features = len(ensemble["features"])
    lines = [
        f"- Models: {n} {ensemble['task']} {'model' if n == 1 else 'models that differ in their'}"
        f"{'' if n == 1 else ' seed'}, "
        + (f"texts of up to {n_features} tokens" if audit.of_texts else f"{n_features} features"),
        f"- Explained by: {_cell(', '.join(methods))}",
        f"- Evaluated on: {evaluation['n_rows']} {_cell(evaluation['name'])} {rows}"
        if evaluation
        else f"- Evaluated on: no labelled {rows}",
        f"- Audited: {_cell(audit.created_at)}, xaigeo {_cell(audit.about['versions']['xaigeo'])}",
        f"- Thresholds: {_cell(thresholds_text(audit))}",
    ]
    if audit.required:
        lines.append(f"- Required: {', '.join(map(_cell, audit.required))}")
    return lines


def thresholds_text(audit: Audit) -> str:
    """Return where the thresholds come from, their hash, and when they were laid down."""
    told = audit.about["thresholds"]
    at = told["registered_at"]
    when = f"laid down {at}" if at else "not known to have been laid down before the run"
    return f"{told['source']}, SHA-256 {told['sha256'][:12]}, {when}"


def _attention(audit: Audit) -> list[str]:
    """Return what failed, was required and is missing, or warned; nothing where all passed."""
    found = [f for f in audit.findings if f.status == "fail"]
    found += [f for f in audit.findings if f.id in audit.unanswered and f not in found]
    found += [f for f in audit.findings if f.status == "warn" and f not in found]
    if not found:
        return []
    rows = "texts" if audit.of_texts else "rows"
    lines = [
        f"- {ICONS[f.status]} **{f.id} {WORDS[f.status]}**"
        f"{f' on too few {rows}' if f.id in audit.too_few else ''}"
        f"{' though required' if f.id in audit.unanswered else ''}: {_cell(f.question)} "
        f"{_cell(f.reason)}"
        for f in found
    ]
    return ["### Needs attention", "", *lines, ""]


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
    return _ADDRESS.sub(r"\1\\\2", _MARKS.sub(r"\\\g<0>", plain))
