"""How it was made: hashes, versions and parameters, as tables of names and values."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from xaigeo import __version__
from xaigeo.ensemble.record import training_outcome
from xaigeo.explanations import Explanation
from xaigeo.viz.method_words import method_title
from xaigeo.viz.number_text import range_text

HASHES = {
    "data_sha256": "Data (SHA-256)",
    "config_sha256": "Configuration (SHA-256)",
    "architecture_sha256": "Architecture (SHA-256)",
}
TRAINING = {
    "epochs_run": "{} epochs run",
    "epoch_kept": "epoch {} kept",
    "validation_loss": "validation loss {:.3g}",
    "n_averaged": "{} steps averaged",
}


def made_tables(explanations: Sequence[Explanation]) -> list[dict[str, Any]]:
    """Return tables for the ensemble, its settings, the training of each seed and each method."""
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
    if trained := training_outcome(record):
        tables.append({"title": "Training of each seed", "rows": _training(trained)})
    return tables + [_method(explanation) for explanation in explanations]


def training_ranges(record: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what training told as ranges over the seeds, as far as it is known."""
    outcome = training_outcome(record)
    return [
        (label, range_text(*(form.format(end) for end in (min(values), max(values)))))
        for name, label, form in (
            ("epoch_kept", "Epoch kept", "{}"),
            ("n_averaged", "Steps averaged", "{}"),
            ("validation_loss", "Validation loss", "{:.3g}"),
        )
        if (values := outcome.get(name))
    ]


def _training(outcome: Mapping[str, list[Any]]) -> list[tuple[str, str]]:
    """Return what training told of each seed, a sentence a seed."""
    seeds, *columns = outcome.values()
    names = list(outcome)[1:]
    return [
        (
            f"Seed {seed}",
            ", ".join(TRAINING[n].format(v) for n, v in zip(names, values, strict=True)),
        )
        for seed, *values in zip(seeds, *columns, strict=True)
    ]


def _method(explanation: Explanation) -> dict[str, Any]:
    said = explanation.provenance
    rows = [(name, _text(value)) for name, value in said.get("parameters", {}).items()]
    rows += [
        ("engine", _text(said.get("engine"))),
        ("random_state", _text(said.get("random_state"))),
        ("background (SHA-256)", _hash(said.get("background_sha256"))),
        ("versions", _versions({"xaigeo": __version__} | dict(said.get("versions") or {}))),
    ]
    return {"title": method_title(explanation), "rows": rows}


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
