"""``audit.json``: the canonical form, its schema, and the hash that guards it."""

from __future__ import annotations

import hashlib
import json
from importlib.resources import files
from pathlib import Path
from typing import Any

from xaigeo.audit.answer import Audit
from xaigeo.audit.finding import Finding
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
    return Audit(
        findings=tuple(Finding.from_dict(entry) for entry in body["findings"]),
        required=tuple(body["required"]),
        created_at=body["created_at"],
        about={k: v for k, v in body.items() if k not in (*own, "content_sha256")},
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
