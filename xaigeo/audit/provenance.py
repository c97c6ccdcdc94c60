"""P1-P4: what was run, and whether it would come out the same again."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import combinations
from typing import Any

import numpy as np

from xaigeo.audit.copies import models_of, said_copies
from xaigeo.audit.distinct_rows import RowCounts, count_rows
from xaigeo.audit.evidence import ALL_THE_SAME, Evidence, says_something
from xaigeo.audit.faithfulness import covered
from xaigeo.audit.item import Measured, Missing, Outcome, item
from xaigeo.audit.registration import read_time
from xaigeo.audit.wording import counted, listed, verb
from xaigeo.explanations import Explanation
from xaigeo.explanations.amounts import gives_amounts
from xaigeo.store import digest

# What a rerun is compared on, by kind of explanation.
COMPARED_ARRAYS = {
    "attributions": ("attribution",),
    "anchors": ("lower", "upper", "precision"),
    "counterfactuals": ("point",),
    "token_attributions": ("attribution", "chosen", "precision", "changed_prediction"),
}


@item(
    id="P1",
    question="Are there enough seeds?",
    metric="number of different models K",
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
    """Count the models that are no copies of each other."""
    n, seeds = evidence.n_seeds, evidence.first.seeds.tolist()
    models = models_of(evidence)
    if n > 1 and len(models) == 1:
        return Measured(
            value=1,
            reason=f"{n} models were compared, but they count as one. {ALL_THE_SAME} Let the model "
            "draw at random, or explain one model.",
            evidence={"seeds": seeds, "identical": True},
        )
    copies = said_copies(models)
    return Measured(
        value=len(models),
        reason=f"{counted(n, 'model')} {verb(n, 'was', 'were')} compared. "
        f"{f'{copies} Copies count once. ' if copies else ''}"
        "With fewer than five, agreement can be luck.",
        evidence={"seeds": seeds} | ({"seeds_by_model": models} if copies else {}),
    )


@item(
    id="P2",
    question="Does only the seed differ between the models?",
    metric="equal hashes of data, configuration and architecture, equal versions",
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
    """Compare the hashes and the versions of packages in the ensemble's records."""
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
    versions = _other_versions(records)
    if versions:
        differing.append(f"the versions of packages ({', '.join(versions)})")
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
            reason=f"The records of the models do not match in {listed(differing)}, so "
            "disagreement may have another cause than the seed.",
            evidence=details,
        )
    if evidence.identical:
        return Missing(ALL_THE_SAME)
    if unknown:
        return Missing(
            f"Nothing is recorded of {listed(unknown)}, as for models that were trained "
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
    """Compare results of the same method, parameters, seeds and random state.

    Only a second training shows that the whole run repeats itself: explaining the same models
    again repeats the explainer alone.
    """
    gaps: dict[str, float] = {}
    counts: list[RowCounts] = []
    trained: dict[str, list[bool | None]] = {}
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
                    counts += [count_rows(e.array("input")) for e in (a, b)]
                    trained.setdefault(a.method, []).append(_trained_anew(a, b))
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
    methods = sorted({e.method for e in evidence.explanations} - set(gaps))
    anew = any(one for found in trained.values() for one in found)
    known = all(one is not None for found in trained.values() for one in found)
    note = (
        ""
        if anew
        else " The explanation was repeated, the training was not, so this cannot pass."
        if known
        else " Nothing is recorded of when the models were trained, so that nobody can tell "
        "whether they were trained a second time; this cannot pass."
    )
    return Measured(
        value=gaps[worst],
        **min(counts, key=lambda count: count["n_rows"]),
        at_best="pass" if anew else "warn",
        reason="A second run with the same seeds differs by at most "
        f"{evidence.text('P3', gaps[worst])} times the largest number. "
        f"{covered(gaps, [*gaps, *methods])}{note}",
        evidence={
            "largest_relative_difference": gaps,
            "not_covered": methods,
            "trained_anew": anew if anew or known else None,
        },
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
    if gives_amounts(explanation):
        return says_something(explanation)
    return any(len(np.unique(explanation.array(name))) > 1 for name in compared_arrays(explanation))


def compared_arrays(explanation: Explanation) -> list[str]:
    """Return what a rerun is compared on, of an explanation's arrays."""
    return [name for name in COMPARED_ARRAYS[explanation.kind] if name in explanation.data]


def relative_gap(a: Explanation, b: Explanation) -> float:
    """Return the largest difference over the largest absolute value, array by array."""
    gaps = []
    for name in compared_arrays(a):
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
    which models were ready or a result was made is no start, but no run starts after it.
    """
    starts = [claimed, *(r.get("started_at") for r in evidence.records)]
    starts += [e.provenance.get("started_at") for e in evidence.explanations]
    if not any(starts):
        return None
    times = starts + [e.provenance.get("created_at") for e in evidence.explanations]
    times += [record.get("trained_at") for record in evidence.records]
    known = [str(time) for time in times if time]
    return min(known, key=lambda time: read_time(time, "started_at"))


def _hashes(entry: Any) -> list[str]:
    return [str(h) for h in (entry if isinstance(entry, list) else [entry]) if h]


def _other_versions(records: list[dict[str, Any]]) -> list[str]:
    """Return the packages of which the records name several versions, with these."""
    found: dict[str, list[str]] = {}
    for record in records:
        for name, version in (record.get("versions") or {}).items():
            seen = found.setdefault(str(name), [])
            seen += [] if version is None or str(version) in seen else [str(version)]
    return [f"{name} {' and '.join(seen)}" for name, seen in found.items() if len(seen) > 1]


def _trained_anew(a: Explanation, b: Explanation) -> bool | None:
    """Return whether two results are of two trainings; None where no record tells."""
    known = [_training(e) for e in (a, b)]
    return None if None in known else known[0] != known[1]


def _training(explanation: Explanation) -> str | None:
    """Return when the models of a result were trained; None where it is not recorded."""
    record = (explanation.provenance.get("ensemble") or {}).get("record") or {}
    found = record.get("trained_at") or record.get("started_at")
    return None if found is None else str(found)
