"""C1, C2 and C4: whether what is reported can be relied on and checked."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from xaigeo.agreement.intervals import spread_over_seeds
from xaigeo.agreement.unstable import unstable
from xaigeo.audit.attribution_items import NO_ATTRIBUTIONS, nothing_to_compare
from xaigeo.audit.distinct_rows import count_rows, rows_sha256
from xaigeo.audit.evidence import ALL_THE_SAME, Evidence, says_something
from xaigeo.audit.item import Measured, Missing, Outcome, item
from xaigeo.audit.leading_rows import LeadingRows
from xaigeo.audit.wording import counted, listed, verb
from xaigeo.checks import Check
from xaigeo.explanations import Attributions, TokenAttributions
from xaigeo.store import digest


@item(
    id="C1",
    question="Does every reported attribution carry an interval over seeds?",
    metric="share of attributions with a finite interval over at least two seeds",
    better="higher",
    passing=1.0,
    warning=0.95,
    unit="share",
    basis="own",
    source="own",
    maps_to=("NIST AI RMF MS2.9",),
)
def attributions_carry_intervals(evidence: Evidence) -> Outcome:
    """Count attributions for which an interval over seeds exists."""
    if not evidence.attributions:
        return Missing(NO_ATTRIBUTIONS)
    if evidence.identical:
        return Missing(ALL_THE_SAME)
    if not any(says_something(e) for e in evidence.attributions):
        return Missing("The attributions are one number everywhere, so no interval says anything.")
    finite = np.concatenate(
        [np.isfinite(spread_over_seeds(_reported(e))[2]).reshape(-1) for e in evidence.attributions]
    )
    n = int(finite.sum())
    return Measured(
        value=float(finite.mean()),
        **min(
            (count_rows(e.array("input")) for e in evidence.attributions),
            key=lambda count: count["n_rows"],
        ),
        at_best="pass" if evidence.n_seeds > 1 else "warn",
        reason=f"{n} of {counted(finite.size, 'attribution')} "
        f"({evidence.row} × {evidence.cells[:-1]} × output) {verb(n, 'has', 'have')} an interval "
        f"over the {counted(evidence.n_seeds, 'seed')}.",
        evidence={
            "n_seeds": evidence.n_seeds,
            "methods": [e.method for e in evidence.attributions],
        },
    )


@item(
    id="C2",
    question="Are unstable features and rows listed?",
    metric="the list exists",
    better="higher",
    passing=1,
    warning=None,
    unit="yes_no",
    basis="own",
    source="own",
    maps_to=("NIST AI RMF MAP2.2",),
)
def unstable_is_listed(evidence: Evidence) -> Outcome:
    """List what the seeds do not agree on; the list rides along as evidence."""
    refusal = nothing_to_compare(evidence)
    if refusal:
        return Missing(refusal)
    explanation = evidence.attributions[0]
    compared = evidence.compared[explanation.method]
    judged = LeadingRows.of(compared)
    refusal = judged.refusal(compared.k, [explanation.method])
    if refusal:
        return Missing(refusal)
    table = unstable(explanation, compared.k)
    is_feature = table["kind"] != "instance"
    features = [str(label) for label in table.loc[is_feature, "label"]]
    rows = [str(label) for label in table.loc[~is_feature, "label"]]
    named = f" ({', '.join(features)})" if features else ""
    whole = counted(len(explanation.features), "feature")
    if isinstance(explanation, TokenAttributions):
        words = np.unique(explanation.array("input")[explanation.word_mask])
        whole = counted(len(words), "different word")
    return Measured(
        value=1,
        **count_rows(explanation.array("input"), judged.usable),
        reason=f"{len(features)} of {whole}{named} and "
        f"{len(rows)} of {counted(len(explanation.instances), evidence.row)} are unstable for "
        f"{explanation.method}; all are listed in the evidence of this finding in audit.json.",
        evidence={
            "method": explanation.method,
            "features": features,
            "instances": rows,
            "why": {str(row.label): str(row.why) for row in table[is_feature].itertuples()},
        },
    )


@item(
    id="C4",
    question="Is the report dated, and do the hashes hold?",
    metric="date set and recorded hashes equal to those recomputed",
    better="higher",
    passing=1,
    warning=None,
    unit="yes_no",
    basis="literature",
    source="EU AI Act Annex IV.2(g): dated test reports",
    maps_to=("NIST AI RMF MS2.1", "EU AI Act Annex IV.2(g)"),
    least_rows=None,
)
def hashes_hold(evidence: Evidence) -> Outcome:
    """Recompute the hashes of explanations, of their backgrounds and of what was checked."""
    recorded = [
        (e.method, e.provenance.get("background_sha256"), rows_sha256(e.array("background")))
        for e in evidence.explanations
    ]
    if any(not claimed for _, claimed, _ in recorded):
        return Missing("Some explanations record no hash of their background.")
    altered = sorted({method for method, claimed, found in recorded if claimed != found})
    strangers = _not_stored(evidence)
    unrelated = [
        f"{check.kind} of {check.method}" if check.method else check.kind
        for check in evidence.checks
        if not _is_of_these(check, evidence)
    ]
    wrong = [
        words.format(", ".join(names))
        for words, names in (
            ("the background rows of {} do not match their recorded hashes", altered),
            ("{} are not what was stored", strangers),
            ("the checks of {} are of other explanations than were passed", unrelated),
        )
        if names
    ]
    return Measured(
        value=float(not wrong),
        # Results that nobody stored can have been altered since without a trace.
        at_best="warn" if evidence.stored is None else "pass",
        reason=f"Hashes do not hold: {'; '.join(wrong)}."
        if wrong
        else f"This audit is dated {datetime.now(UTC).date()} and carries the hashes of "
        f"{_counted(evidence)}. {_verified(evidence)}",
        evidence={
            "altered": altered,
            "not_stored": strangers,
            "checks_of_others": unrelated,
            "n_checked": len(recorded),
        },
    )


def _reported(explanation: Attributions) -> np.ndarray:
    """Return the attributions that are told, seeds first: of texts those of explained tokens."""
    values = explanation.array("attribution")
    return values[:, explanation.mask] if isinstance(explanation, TokenAttributions) else values


def _is_of_these(check: Check, evidence: Evidence) -> bool:
    """Return whether a check is of explanations that were passed, or of some of their rows."""
    checked = check.provenance.get("explanation_sha256")
    if checked in (None, *evidence.digests):
        return True
    labels = check.instances.tolist()
    return any(
        digest(explanation.sel(instance=labels)) == checked
        for explanation in evidence.explanations
        if explanation.method == check.method and set(labels) <= set(explanation.instances.tolist())
    )


def _not_stored(evidence: Evidence) -> list[str]:
    """Return the methods of explanations whose hash was not recorded when they were stored."""
    if evidence.stored is None:
        return []
    pairs = zip(evidence.explanations, evidence.digests, strict=True)
    return sorted({e.method for e, sha256 in pairs if sha256 not in evidence.stored})


def _counted(evidence: Evidence) -> str:
    parts = [(len(evidence.explanations), "explanation"), (len(evidence.checks), "check")]
    words = [counted(n, word) for n, word in parts if n]
    return listed([*words, *([] if evidence.evaluation is None else ["the evaluation"])])


def _verified(evidence: Evidence) -> str:
    """Say which hashes were there before, and so show that nothing was changed since."""
    if evidence.stored is None:
        return (
            f"The recorded hashes of the background {evidence.row}s hold. Nothing stored was "
            "compared: the results came from memory, where a change would leave no trace, so this "
            "cannot pass."
        )
    return (
        "The explanations are those that were stored, and the recorded hashes of their background "
        f"{evidence.row}s hold."
    )
