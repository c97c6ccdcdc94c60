"""``audit.json``: the canonical form, its schema, and the hash that guards it."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from importlib.resources import files
from pathlib import Path
from typing import Any

from xaigeo.audit.answer import Audit
from xaigeo.audit.finding import Finding
from xaigeo.audit.item import CHECKLIST
from xaigeo.audit.thresholds import thresholds_digest
from xaigeo.errors import StoreError

VERSION = 2
READABLE = (1, 2)


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
                "n_rows": f.n_rows,
                "least_rows": f.least_rows,
                "beyond_null": f.beyond_null,
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


def schema(version: int = VERSION) -> dict[str, Any]:
    """Return the published JSON Schema of ``audit.json``.

    Parameters
    ----------
    version : int
        Of the format. Version 2 adds how many rows a finding rests on, the hashes of evaluation
        and parameters, and where thresholds come from; files of version 1 can still be read.
    """
    text = (files("xaigeo.audit") / "schema" / f"audit-{version}.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def audit_from_file(path: Path) -> Audit:
    """Read and check an ``audit.json``; see `Audit.load`."""
    try:
        body = json.loads(path.read_text(encoding="utf-8"), parse_constant=_no_number)
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
        about=_upgraded({k: v for k, v in body.items() if k not in (*own, "content_sha256")}),
    )
    _check_answers(audit, body, path)
    return audit


def _upgraded(about: dict[str, Any]) -> dict[str, Any]:
    """Add what version 1 did not tell, as unknown."""
    evaluation, thresholds = about["evaluation"], about["thresholds"]
    unknown = {"parameters_sha256": None, "stored": None}
    return about | {
        "explanations": [unknown | one for one in about["explanations"]],
        "checks": [{"explanation_sha256": None} | one for one in about.get("checks", [])],
        "evaluation": evaluation and {"sha256": None} | evaluation,
        "thresholds": {"source": "not recorded", "registered_at": None} | thresholds,
    }


def _check_answers(audit: Audit, body: dict[str, Any], path: Path) -> None:
    """Raise unless thresholds, statuses, counts and verdict follow from each other."""
    values = body["thresholds"]["values"]
    wrong = []
    if thresholds_digest(values) != body["thresholds"]["sha256"]:
        wrong.append("thresholds.sha256")
    ids = [f.id for f in audit.findings]
    wrong += [f"{name} twice" for name, n in Counter(ids).items() if n > 1]
    # Every item has thresholds, those of other packages too; the checklist is always whole.
    asked = [*CHECKLIST, *(name for name in values if name not in (*CHECKLIST, "settings"))]
    wrong += [f"no {name}" for name in asked if name not in ids]
    wrong += [f"required item {name}" for name in audit.required if name not in ids]
    for finding in audit.findings:
        limits = values.get(finding.id)
        here = {"pass": finding.threshold["pass"], "warn": finding.threshold["warn"]}
        if limits != here | dict(finding.threshold["settings"]):
            wrong.append(f"threshold of {finding.id}")
        elif finding.status not in finding.possible:
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


def _check_schema(body: Any, path: Path) -> None:
    import jsonschema

    told = body.get("version") if isinstance(body, dict) else None
    version = told if told in READABLE else VERSION
    try:
        jsonschema.validate(body, schema(version))
    except jsonschema.ValidationError as error:
        where = "/".join(map(str, error.absolute_path)) or "the top level"
        raise StoreError(
            expected=f"an audit of format version {version} at {path}",
            arrived=f"{error.message[:120]} (at {where})",
            do="Pass an audit.json written by this version or an earlier one, unaltered.",
        ) from error


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number in JSON")


def _plain(value: Any) -> Any:
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} cannot be written as JSON.")
