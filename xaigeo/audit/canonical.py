"""``audit.json``: the canonical form, its schema, and the hash that guards it."""

from __future__ import annotations

import hashlib
import json
from importlib.resources import files
from pathlib import Path
from typing import Any

from xaigeo.audit.answer import Audit
from xaigeo.audit.finding import Finding, status_of
from xaigeo.audit.thresholds import thresholds_digest
from xaigeo.errors import StoreError

SCHEMA = "audit-1.json"
VERSION = 1


def audit_to_dict(audit: Audit) -> dict[str, Any]:
    """Return the canonical form with the SHA-256 of all the rest in `content_sha256`."""
    body = {
        "format": "xaigeo-audit",
        "version": VERSION,
        "created_at": audit.created_at,
        "verdict": audit.verdict,
        "counts": audit.counts,
        "required": list(audit.required),
        **audit.about,
        "findings": [
            {
                "id": f.id,
                "question": f.question,
                "metric": f.metric,
                "status": f.status,
                "value": f.value,
                "low": f.low,
                "high": f.high,
                "null": f.null,
                "judged": f.judged,
                "at_best": f.at_best,
                "threshold": dict(f.threshold),
                "basis": f.basis,
                "source": f.source,
                "maps_to": list(f.maps_to),
                "unit": f.unit,
                "reason": f.reason,
                "evidence": dict(f.evidence),
            }
            for f in audit.findings
        ],
    }
    # Through JSON and back, so that tuples and numpy numbers look the same as when read again.
    body = json.loads(json.dumps(body, allow_nan=False, default=_plain))
    canonical: dict[str, Any] = body | {"content_sha256": content_digest(body)}
    return canonical


def content_digest(body: dict[str, Any]) -> str:
    """Return the SHA-256 of a canonical form, keys sorted, without its own hash."""
    rest = {key: value for key, value in body.items() if key != "content_sha256"}
    text = json.dumps(rest, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def schema() -> dict[str, Any]:
    """Return the published JSON Schema of ``audit.json``."""
    text = (files("xaigeo.audit") / "schema" / SCHEMA).read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def audit_from_file(path: Path) -> Audit:
    """Read and check an ``audit.json``; see `Audit.load`."""
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise StoreError(
            expected=f"a readable audit at {path}",
            arrived=error.strerror or type(error).__name__,
            do="Write one with xaigeo.audit([...]).save('audit.json').",
        ) from error
    except ValueError as error:
        raise StoreError(
            expected=f"an audit in JSON at {path}",
            arrived=f"something else ({error})",
            do="Pass the audit.json itself.",
        ) from error
    _check_schema(body, path)
    if content_digest(body) != body["content_sha256"]:
        raise StoreError(
            expected=f"{path} as it was written (SHA-256 {body['content_sha256'][:12]}...)",
            arrived="altered contents",
            do="Do not trust its numbers; run the audit again.",
        )
    own = ("format", "version", "created_at", "verdict", "counts", "required", "findings")
    audit = Audit(
        findings=tuple(Finding.from_dict(entry) for entry in body["findings"]),
        required=tuple(body["required"]),
        created_at=body["created_at"],
        about={k: v for k, v in body.items() if k not in (*own, "content_sha256")},
    )
    _check_answers(audit, body, path)
    return audit


def _check_answers(audit: Audit, body: dict[str, Any], path: Path) -> None:
    """Raise unless thresholds, statuses, counts and verdict follow from each other."""
    values = body["thresholds"]["values"]
    wrong = []
    if thresholds_digest(values) != body["thresholds"]["sha256"]:
        wrong.append("thresholds.sha256")
    ids = [f.id for f in audit.findings]
    wrong += [f"required item {name}" for name in audit.required if name not in ids]
    for finding in audit.findings:
        limits = values.get(finding.id)
        here = {"pass": finding.threshold["pass"], "warn": finding.threshold["warn"]}
        if limits != here | dict(finding.threshold["settings"]):
            wrong.append(f"threshold of {finding.id}")
        elif finding.status not in _possible(finding):
            wrong.append(f"status of {finding.id}")
    if not wrong:
        wrong += [
            name
            for name, found in (("counts", audit.counts), ("verdict", audit.verdict))
            if body[name] != found
        ]
    if wrong:
        raise StoreError(
            expected=f"statuses and counts in {path} that follow from its values and thresholds",
            arrived=f"others ({', '.join(wrong)})",
            do="Do not trust its verdict; run the audit again.",
        )


def _possible(finding: Finding) -> tuple[str, ...]:
    """Return the statuses that a finding's numbers allow."""
    if finding.value is None:
        # Infinity cannot be written; it fails.
        return ("not_evaluated", "fail")
    return (
        status_of(
            value=finding.value,
            low=finding.low,
            high=finding.high,
            null=finding.null,
            judged=finding.judged,
            threshold=finding.threshold,
            at_best=finding.at_best,
        ),
    )


def _check_schema(body: Any, path: Path) -> None:
    import jsonschema

    try:
        jsonschema.validate(body, schema())
    except jsonschema.ValidationError as error:
        where = "/".join(map(str, error.absolute_path)) or "the top level"
        raise StoreError(
            expected=f"an audit of format version {VERSION} at {path}",
            arrived=f"{error.message[:120]} (at {where})",
            do="Pass an audit.json written by this version, unaltered.",
        ) from error


def _plain(value: Any) -> Any:
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} cannot be written as JSON.")
