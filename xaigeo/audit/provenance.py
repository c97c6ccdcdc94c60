"""P1-P4: what was run, and whether it would come out the same again."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import combinations
from typing import Any

import numpy as np

from xaigeo.audit.evidence import ALL_THE_SAME, Evidence, says_something
from xaigeo.audit.item import Measured, Missing, Outcome, item
from xaigeo.audit.registration import read_time
from xaigeo.explanations import Attributions, Explanation
from xaigeo.store import digest

# What a rerun is compared on, by kind of explanation.
COMPARED_ARRAYS = {
    "attributions": ("attribution",),
    "anchors": ("lower", "upper", "precision"),
    "counterfactuals": ("point",),
}


@item(
    id="P1",
    question="Are there enough seeds?",
    metric="number of models K",
    better="higher",
    passing=5,
    warning=3,
    unit="count",
    basis="literature",
    source="deep ensembles (Lakshminarayanan et al. 2017)",
    maps_to=("NIST AI RMF MS2.1", "EU AI Act Annex IV.2(g)"),
    least_rows=None,
)
def enough_seeds(evidence: Evidence) -> Outcome:
    """Count the models."""
    n = evidence.n_seeds
    if evidence.identical:
        return Measured(
            value=1,
            reason=f"{n} models were compared, but they count as one. {ALL_THE_SAME} Let the model "
            "draw at random, or explain one model.",
            evidence={"seeds": evidence.first.seeds.tolist(), "identical": True},
        )
    return Measured(
        value=n,
        reason=f"{n} {'model was' if n == 1 else 'models were'} compared. "
        "With fewer than five, agreement can be luck.",
        evidence={"seeds": evidence.first.seeds.tolist()},
    )


@item(
    id="P2",
    question="Does only the seed differ between the models?",
    metric="equal hashes of data, configuration and architecture",
    better="higher",
    passing=1,
    warning=None,
    unit="yes_no",
    basis="own",
    source="own",
    maps_to=("NIST AI RMF MS2.1",),
    least_rows=None,
)
def only_the_seed_differs(evidence: Evidence) -> Outcome:
    """Compare the hashes in the ensemble's record."""
    records = evidence.records
    differing, unknown = [], []
    for key, name in (
        ("data_sha256", "the training data"),
        ("config_sha256", "the configuration"),
        ("architecture_sha256", "the architecture"),
    ):
        found = [hash_ for record in records for hash_ in _hashes(record.get(key))]
        if len(set(found)) > 1:
            differing.append(name)
        per_seed = [record.get(key) for record in records if isinstance(record.get(key), list)]
        incomplete = any(len(_hashes(hashes)) < evidence.n_seeds for hashes in per_seed)
        if not found or incomplete or any(not _hashes(record.get(key)) for record in records):
            unknown.append(name)
    seeds = evidence.first.seeds.tolist()
    if len(set(seeds)) < len(seeds):
        differing.append("the seeds, of which some come twice")
    details = {
        "data_sha256": records[0].get("data_sha256"),
        "config_sha256": records[0].get("config_sha256"),
        "architecture_sha256": sorted(set(_hashes(records[0].get("architecture_sha256")))),
        "versions": records[0].get("versions"),
        "order_seeds": records[0].get("order_seeds"),
    }
    if differing:
        return Measured(
            value=0,
            reason=f"The records of the models do not match in {_listed(differing)}, so "
            "disagreement may have another cause than the seed.",
            evidence=details,
        )
    if evidence.identical:
        return Missing(ALL_THE_SAME)
    if unknown:
        return Missing(
            f"Nothing is recorded of {_listed(unknown)}, as for models that were trained "
            "elsewhere and wrapped. Train with xaigeo to have it recorded."
        )
    return Measured(
        value=1,
        reason=f"All {evidence.n_seeds} models share the training data, the configuration and the "
        "architecture (equal hashes). They differ in their seed.",
        evidence=details,
    )


@item(
    id="P3",
    question="Does a second run give the same explanations?",
    metric="largest relative difference at the same seeds",
    better="lower",
    passing=1e-6,
    warning=1e-3,
    unit="number",
    basis="own",
    source="own",
    maps_to=("NIST AI RMF MS2.13",),
    least_rows=2,
)
def rerun_is_identical(evidence: Evidence) -> Outcome:
    """Compare results of the same method, parameters, seeds and random state."""
    gaps: dict[str, float] = {}
    n_rows: list[int] = []
    same_twice = constant = False
    for group in evidence.repeats:
        for a, b in combinations(group, 2):
            same_state = a.provenance.get("random_state") == b.provenance.get("random_state")
            if same_state and a.provenance.get("engine") == b.provenance.get("engine"):
                # The digest includes the time of making, so two runs that agree differ in it.
                if digest(a) == digest(b):
                    same_twice = True
                elif not (varies(a) or varies(b)):
                    constant = True
                else:
                    n_rows += [len(a.instances), len(b.instances)]
                    gaps[a.method] = max(gaps.get(a.method, 0.0), relative_gap(a, b))
    if not gaps and constant:
        return Missing("A second run was passed, but its numbers are all the same.")
    if not gaps:
        reason = (
            "One result was passed twice, which is no second run."
            if same_twice
            else "No run was repeated."
        )
        return Missing(
            f"{reason} Train and explain again with the same seeds and random_state, and pass "
            "both results."
        )
    worst = max(gaps, key=lambda name: gaps[name])
    left_out = sorted({e.method for e in evidence.explanations} - set(gaps))
    more = f"; not: {', '.join(left_out)}" if left_out else ""
    return Measured(
        value=gaps[worst],
        n_rows=min(n_rows),
        reason="A second run with the same seeds differs by at most "
        f"{evidence.text('P3', gaps[worst])} times the largest number. "
        f"Covered: {', '.join(gaps)}{more}.",
        evidence={"largest_relative_difference": gaps, "not_covered": left_out},
    )


@item(
    id="P4",
    question="Were the thresholds fixed before the run?",
    metric="registered hash of the thresholds predates the run",
    better="higher",
    passing=1,
    warning=None,
    unit="yes_no",
    basis="literature",
    source="EU AI Act Art. 9(8): prior defined metrics and thresholds",
    maps_to=("NIST AI RMF MS1.1", "EU AI Act Art. 9(8)"),
    least_rows=None,
)
def thresholds_were_fixed(evidence: Evidence) -> Outcome:
    """Compare the registration with the thresholds used and the start of the run."""
    registration = evidence.registration
    if registration is None:
        return Missing(
            "No registration was passed. Call xaigeo.audit.register() before training and pass "
            "its answer."
        )
    started = _started_at(evidence, registration.started_at)
    if started is None:
        return Missing(
            "The explanations do not record when the run started, so nobody can tell whether the "
            "thresholds came first. Put started_at into the registration."
        )
    used = evidence.thresholds.sha256
    equal = registration.thresholds_sha256 == used
    registered = read_time(registration.registered_at, "registered_at")
    before = registered <= read_time(started, "started_at")
    future = registered > datetime.now(UTC)
    if future:
        reason = (
            f"The registration is dated {registration.registered_at}, which has yet to come, so "
            "it proves nothing."
        )
    elif equal and before:
        reason = (
            f"The thresholds used are those registered at {registration.registered_at}; the run "
            f"started at {started}."
        )
    elif not equal:
        reason = "The thresholds used are not the registered ones: their hashes differ."
    else:
        reason = (
            f"The thresholds were registered at {registration.registered_at}, after the run "
            f"started at {started}."
        )
    return Measured(
        value=float(equal and before and not future),
        reason=reason,
        evidence={
            "registered_sha256": registration.thresholds_sha256,
            "used_sha256": used,
            "registered_at": registration.registered_at,
            "started_at": started,
        },
    )


def varies(explanation: Explanation) -> bool:
    """Return whether what a rerun is compared on is more than one number repeated."""
    if isinstance(explanation, Attributions):
        return says_something(explanation)
    return any(
        len(np.unique(explanation.array(name))) > 1 for name in COMPARED_ARRAYS[explanation.kind]
    )


def relative_gap(a: Explanation, b: Explanation) -> float:
    """Return the largest difference over the largest absolute value, array by array."""
    gaps = []
    for name in COMPARED_ARRAYS[a.kind]:
        left, right = a.array(name).astype(float), b.array(name).astype(float)
        if left.shape != right.shape:
            return float("inf")
        same = left == right  # also where both are infinite
        finite = np.isfinite(left) & np.isfinite(right)
        if (~same & ~finite).any():
            return float("inf")
        far = np.abs(np.where(same, 0.0, left) - np.where(same, 0.0, right)).max(initial=0.0)
        size = np.abs(np.where(finite, left, 0.0)).max(initial=0.0)
        gaps.append(far / size if size > 0 else far)
    return float(max(gaps))


def _started_at(evidence: Evidence, claimed: str | None) -> str | None:
    """Return the earliest known time of the run; None where no start is known.

    What a caller claims may not be later than what the results themselves record. The time at
    which a result was made is no start, but no run starts after it.
    """
    starts = [claimed, *(r.get("started_at") for r in evidence.records)]
    starts += [e.provenance.get("started_at") for e in evidence.explanations]
    if not any(starts):
        return None
    times = starts + [e.provenance.get("created_at") for e in evidence.explanations]
    known = [str(time) for time in times if time]
    return min(known, key=lambda time: read_time(time, "started_at"))


def _hashes(entry: Any) -> list[str]:
    return [str(h) for h in (entry if isinstance(entry, list) else [entry]) if h]


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
