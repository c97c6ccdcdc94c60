"""Provenance of an ensemble: hashes that show that only the seed differs."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

# Entries that are lists with one value a seed.
BY_SEED = (
    "seeds",
    "init_seeds",
    "order_seeds",
    "architecture_sha256",
    "epochs_run",
    "epoch_kept",
    "validation_loss",
    "n_averaged",
)
# What training tells of each seed.
TRAINING_OUTCOME = ("epochs_run", "epoch_kept", "validation_loss", "n_averaged")


def data_digest(rows: np.ndarray, labels: np.ndarray) -> str:
    """Return the SHA-256 of encoded rows and labels."""
    digest = hashlib.sha256()
    for array in (rows, labels):
        array = np.ascontiguousarray(array)
        digest.update(f"{array.dtype.str}{array.shape}".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def config_digest(config: Any) -> str:
    """Return the SHA-256 of a JSON-able configuration."""
    return hashlib.sha256(json.dumps(config, sort_keys=True).encode()).hexdigest()


def make_record(
    *,
    source: str,
    seeds: Sequence[int],
    architectures: Sequence[str] | None,
    data: tuple[np.ndarray, np.ndarray] | None,
    config: dict[str, Any] | None,
    packages: Iterable[str],
    more: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the record of an ensemble.

    Parameters
    ----------
    source : {"train", "fit", "wrap"}
    seeds : sequence of int
    architectures : sequence of str, optional
        One digest a seed; None when unknown.
    data : (rows, labels), optional
        All rows given, before any split; None when unknown.
    config : dict, optional
        Everything that the seeds share and could have been chosen otherwise, without seeds;
        None when unknown.
    packages : iterable of str
        Distributions whose versions matter.
    more : dict, optional
        Further entries.

    Returns
    -------
    dict
        JSON-able. But for `trained_at`, the time at which models that xaigeo trained were ready
        (None for wrapped ones), the same training gives the same record.
    """
    return {
        "source": source,
        "seeds": [int(seed) for seed in seeds],
        "data_sha256": None if data is None else data_digest(*data),
        "config_sha256": None if config is None else config_digest(config),
        "architecture_sha256": None if architectures is None else list(architectures),
        "config": config,
        "n_rows": None if data is None else len(data[0]),
        "versions": {"python": platform.python_version()}
        | {name: _version(name) for name in ("xaigeo", "numpy", *packages)},
        # To the microsecond: it tells a second training from the same one.
        "trained_at": None
        if source == "wrap"
        else datetime.now(UTC).isoformat(timespec="microseconds"),
    } | (more or {})


def select_record(record: dict[str, Any], places: Sequence[int]) -> dict[str, Any]:
    """Return a record in which every list by seed holds the seeds at these places only."""
    n_seeds = len(record.get("seeds", ()))
    chosen = dict(record)
    for name in BY_SEED:
        if isinstance(record.get(name), list) and len(record[name]) == n_seeds:
            chosen[name] = [record[name][place] for place in places]
    if len(places) < 2:
        chosen.pop("identical", None)  # a lone model is not compared
    if record.get("validation"):
        scores = record["validation"]["scores"]
        picked = {name: [values[place] for place in places] for name, values in scores.items()}
        chosen["validation"] = record["validation"] | {"scores": picked}
    return chosen


def training_outcome(record: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Return what training told of each seed, as far as it is known; nothing of other models.

    Returns
    -------
    dict of str to list
        `seeds`, `epochs_run`, `epoch_kept`; `validation_loss`, that of what was kept, if rows were
        held back; and with averaging `n_averaged`, how many steps the average kept holds.
    """
    told = {name: record[name] for name in TRAINING_OUTCOME if record.get(name) is not None}
    return {"seeds": record["seeds"], **told} if told else {}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
