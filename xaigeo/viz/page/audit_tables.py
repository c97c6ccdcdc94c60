"""What the audit rests on and no picture shows: registration, repeats, planted inputs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from xaigeo.viz.page.words import listed

if TYPE_CHECKING:
    from xaigeo.audit import Audit

Rows = list[tuple[str, str]]


def audit_tables(audit: Audit) -> list[dict[str, Any]]:
    """Return a table of names and values for each that there is something to tell of.

    Each has the `id` by which the checklist leads to it.

    Parameters
    ----------
    audit : Audit
    """
    tables = (
        ("made-registration", "Thresholds and when they were laid down", _registration(audit)),
        ("made-repeats", "What was explained again", _repeats(audit)),
        ("made-off-support", "Inputs planted off the data", _off_support(audit)),
    )
    return [{"id": name, "title": title, "rows": rows} for name, title, rows in tables if rows]


def _registration(audit: Audit) -> Rows:
    registration = audit.about.get("registration")
    if registration is None:
        return []
    told = _evidence(audit, "P4")
    return [
        ("Laid down (SHA-256)", registration["thresholds_sha256"]),
        ("Used (SHA-256)", audit.about["thresholds"]["sha256"]),
        ("Laid down at", registration["registered_at"]),
        ("Run started at", told.get("started_at") or registration.get("started_at") or "unknown"),
    ]


def _repeats(audit: Audit) -> Rows:
    """Return how often each method ran, where more than once, and what that showed."""
    noise, again = _evidence(audit, "F2"), _evidence(audit, "P3")
    differences = again.get("largest_relative_difference") or {}
    states: dict[str, list[str]] = {}
    for one in audit.about.get("explanations", ()):
        states.setdefault(one["method"], []).append(str(one["random_state"]))
    rows: Rows = []
    for method, given in states.items():
        if len(given) < 2:
            continue
        distinct = list(dict.fromkeys(given))
        rows.append((f"{method}, results", f"{len(given)}, of random state {listed(distinct)}"))
        found = noise.get(method)
        if isinstance(found, Mapping):
            rows.append((f"{method}, noise over spread between models", _number(found["ratio"])))
        if method in differences:
            rows.append(
                (f"{method}, largest difference of a second run", _number(differences[method]))
            )
    background = _evidence(audit, "F5")
    if background.get("method"):
        n = background.get("n_backgrounds")
        icc = _number(audit["F5"].value)
        rows.append((f"{background['method']}, agreement of {n} backgrounds", f"ICC {icc}"))
    return rows


def _off_support(audit: Audit) -> Rows:
    told = _evidence(audit, "R1")
    recalls = told.get("recall_by_way")
    if not isinstance(recalls, Mapping):
        return []
    judged = told.get("judged") or ()
    rows = [
        (f"Noticed, {way}{'' if way in judged else ' (not judged)'}", _share(recall))
        for way, recall in recalls.items()
    ]
    rows.append(("False alarms on rows of the data", _share(told.get("false_alarm_rate"))))
    return rows


def _evidence(audit: Audit, item_id: str) -> Mapping[str, Any]:
    found = next((f for f in audit.findings if f.id == item_id), None)
    answered = found is not None and found.status != "not_evaluated"
    return found.evidence if found is not None and answered else {}


def _number(value: float | None) -> str:
    return "infinite or unknown" if value is None else f"{value:.3g}"


def _share(value: float | None) -> str:
    return "not counted" if value is None else f"{value:.1%}"
