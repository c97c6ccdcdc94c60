"""Thresholds laid down before a run, so that nobody can fit them to its results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from xaigeo.audit.thresholds import Thresholds, read_thresholds
from xaigeo.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Registration:
    """Which thresholds were fixed, and when.

    Attributes
    ----------
    thresholds_sha256 : str
        `Thresholds.sha256` of the thresholds.
    registered_at : str
        ISO 8601 time with its zone.
    started_at : str, optional
        When the run began. The earliest of it and the times in the explanations' provenance
        counts.
    """

    thresholds_sha256: str
    registered_at: str
    started_at: str | None = None

    def __post_init__(self) -> None:
        read_time(self.registered_at, "registered_at")
        if self.started_at is not None:
            read_time(self.started_at, "started_at")

    def to_dict(self) -> dict[str, str]:
        """Return a JSON-able dict; keep it with the run."""
        times = {} if self.started_at is None else {"started_at": self.started_at}
        return {
            "thresholds_sha256": self.thresholds_sha256,
            "registered_at": self.registered_at,
        } | times

    @classmethod
    def from_dict(cls, entry: Mapping[str, Any]) -> Registration:
        """Build a registration from `to_dict`'s answer.

        Raises
        ------
        InputError
            For missing or unknown keys, or times that cannot be read.
        """
        needed, known = {"thresholds_sha256", "registered_at"}, {"started_at"}
        given = set(entry)
        if not needed <= given or not given <= needed | known:
            raise InputError(
                expected="a registration with thresholds_sha256, registered_at and, if known, "
                "started_at",
                arrived=f"the keys {', '.join(sorted(map(str, given))) or 'none'}",
                do="Make one with xaigeo.audit.register() before training.",
            )
        return cls(**{str(key): value for key, value in entry.items()})


def register(thresholds: Thresholds | Mapping[str, Any] | str | Path | None = None) -> Registration:
    """Return the hash of the thresholds with the time of now; call it before training.

    Examples
    --------
    >>> registration = register({"A1": {"pass": 0.9}})
    >>> len(registration.thresholds_sha256)
    64
    """
    return Registration(
        thresholds_sha256=read_thresholds(thresholds).sha256,
        # Whole seconds round down, so that a run started at once is never "before" this.
        registered_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def read_time(text: object, name: str) -> datetime:
    """Return an ISO 8601 time with its zone; anything else raises InputError."""
    try:
        time = datetime.fromisoformat(str(text))
    except ValueError:
        time = None
    if time is None or time.tzinfo is None:
        raise InputError(
            expected=f"{name} to be an ISO 8601 time with its zone",
            arrived=repr(text),
            do="Write it like 2026-01-31T12:00:00+00:00.",
        )
    return time
