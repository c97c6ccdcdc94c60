"""How it was made: hashes, versions and parameters, as tables of names and values."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from xaigeo import __version__
from xaigeo.explanations import Explanation
from xaigeo.viz.method_words import words_for

HASHES = {
    "data_sha256": "Data (SHA-256)",
    "config_sha256": "Configuration (SHA-256)",
    "architecture_sha256": "Architecture (SHA-256)",
}


def made_tables(explanations: Sequence[Explanation]) -> list[dict[str, Any]]:
    """Return one table for the ensemble, one for its settings and one a method."""
    ensemble = explanations[0].provenance["ensemble"]
    record = ensemble.get("record") or {}
    tables = [
        {
            "title": "Ensemble",
            "rows": [("Kind", str(ensemble["kind"])), ("Task", str(ensemble["task"]))]
            + [(label, _hash(record.get(name))) for name, label in HASHES.items()]
            + [("Versions", _versions(record.get("versions") or {}))],
        }
    ]
    if isinstance(record.get("config"), Mapping):
        tables.append(
            {"title": "Settings", "rows": [(n, _text(v)) for n, v in record["config"].items()]}
        )
    return tables + [_method(explanation) for explanation in explanations]


def _method(explanation: Explanation) -> dict[str, Any]:
    said = explanation.provenance
    rows = [(name, _text(value)) for name, value in said.get("parameters", {}).items()]
    rows += [
        ("engine", _text(said.get("engine"))),
        ("random_state", _text(said.get("random_state"))),
        ("background (SHA-256)", _hash(said.get("background_sha256"))),
        ("versions", _versions({"xaigeo": __version__} | dict(said.get("versions") or {}))),
    ]
    return {"title": words_for(explanation).title, "rows": rows}


def _hash(value: Any) -> str:
    """Return a hash; for a list, one hash where all agree, else how many there are."""
    if isinstance(value, list):
        known = list(dict.fromkeys(value))
        if len(known) == 1:
            return f"{known[0]} (all seeds)"
        return f"{len(known)} different ones" if known else "not recorded"
    return str(value) if value else "not recorded"


def _versions(versions: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {number}" for name, number in versions.items()) or "not recorded"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
