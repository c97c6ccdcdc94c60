"""What tells one ensemble from another, as far as its record knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# Entries of a fingerprint, and what a difference in them is.
ENTRIES = {
    "kind": "the kind of model",
    "data_sha256": "the training data",
    "config_sha256": "the configuration",
    "architecture_sha256": "the architecture",
    "init_seeds": "the seeds of the initial weights",
    "order_seeds": "the seeds of the order of rows",
}


def fingerprint(described: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fingerprint of an ensemble; None in place of what is not known.

    Parameters
    ----------
    described : mapping
        With `kind` and `record`, as in an explanation's ``provenance["ensemble"]``.
    """
    known = {**(described.get("record") or {}), "kind": described.get("kind")}
    return {name: known.get(name) for name in ENTRIES}


def fingerprint_differences(one: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    """Return in what two fingerprints differ, in words; what either lacks does not count.

    Examples
    --------
    >>> fingerprint_differences({"kind": "torch", "data_sha256": "a"}, {"kind": "estimator"})
    'the kind of model'
    """
    found = [
        words
        for name, words in ENTRIES.items()
        if (own := _known(one.get(name))) is not None
        and (theirs := _known(other.get(name))) is not None
        and own != theirs
    ]
    return " and ".join([", ".join(found[:-1]), *found[-1:]] if len(found) > 1 else found)


def _known(entry: Any) -> Any:
    if isinstance(entry, list | tuple):
        return list(entry) if entry and None not in entry else None
    return entry or None
