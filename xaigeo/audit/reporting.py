"""C1-C4: whether what is reported can be relied on and checked."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import numpy as np

from xaigeo.agreement.intervals import spread_over_seeds
from xaigeo.agreement.unstable import unstable
from xaigeo.audit.attribution_items import NO_ATTRIBUTIONS, ONE_MODEL
from xaigeo.audit.evidence import Evidence
from xaigeo.audit.item import Measured, Missing, Outcome, item

BASELINE_ITEMS = ("A1", "A2", "A3")


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
    finite = np.concatenate(
        [
            np.isfinite(spread_over_seeds(e.array("attribution"))[2]).reshape(-1)
            for e in evidence.attributions
        ]
    )
    return Measured(
        value=float(finite.mean()),
        reason=f"{int(finite.sum())} of {finite.size} attributions (row × feature × output) have "
        f"an interval over the {evidence.n_seeds} seeds.",
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
    if not evidence.attributions:
        return Missing(NO_ATTRIBUTIONS)
    refusal = evidence.nothing_between(ONE_MODEL)
    if refusal:
        return Missing(refusal)
    explanation = evidence.attributions[0]
    table = unstable(explanation, evidence.compared[explanation.method].k)
    is_feature = table["kind"] == "feature"
    features = [str(label) for label in table.loc[is_feature, "label"]]
    rows = [str(label) for label in table.loc[~is_feature, "label"]]
    named = f" ({', '.join(features)})" if features else ""
    return Measured(
        value=1,
        reason=f"{len(features)} of {len(explanation.features)} features{named} and {len(rows)} of "
        f"{len(explanation.instances)} rows are unstable for {explanation.method}; all are "
        "listed in the evidence of this finding in audit.json.",
        evidence={
            "method": explanation.method,
            "features": features,
            "instances": rows,
            "why": {str(row.label): str(row.why) for row in table[is_feature].itertuples()},
        },
    )


@item(
    id="C3",
    question="Has agreement dropped since the stored baseline?",
    metric="largest drop of A1, A2, A3",
    better="lower",
    passing=0.05,
    warning=0.10,
    unit="number",
    basis="own",
    source="own",
    maps_to=("NIST AI RMF MS3.1",),
)
def agreement_has_not_dropped(evidence: Evidence) -> Outcome:
    """Compare A1-A3 with those of an earlier audit."""
    if evidence.baseline is None:
        return Missing("No earlier audit was passed as baseline.")
    before = {f.id: f.value for f in evidence.baseline.findings if f.value is not None}
    drops = {}
    for name in BASELINE_ITEMS:
        now = evidence.outcome(name)
        if isinstance(now, Measured) and name in before:
            drops[name] = before[name] - now.value
    if not drops:
        return Missing("None of A1, A2 and A3 is evaluated both in the baseline and now.")
    worst = max(drops, key=lambda name: drops[name])
    missing = [name for name in BASELINE_ITEMS if name not in drops]
    return Measured(
        value=drops[worst],
        at_best="warn" if missing else "pass",
        reason=f"Since the audit of {evidence.baseline.created_at}, {worst} went from "
        f"{before[worst]:.3f} to {before[worst] - drops[worst]:.3f}, the least favourable change "
        f"of {', '.join(drops)}"
        + (f"; {', '.join(missing)} cannot be compared, so this cannot pass." if missing else "."),
        evidence={"drops": drops, "baseline_created_at": evidence.baseline.created_at},
    )


@item(
    id="C4",
    question="Is the report dated, and do the hashes hold?",
    metric="date set and recorded hashes of the background equal to those recomputed",
    better="higher",
    passing=1,
    warning=None,
    unit="yes_no",
    basis="literature",
    source="EU AI Act Annex IV.2(g): dated test reports",
    maps_to=("NIST AI RMF MS2.1", "EU AI Act Annex IV.2(g)"),
)
def hashes_hold(evidence: Evidence) -> Outcome:
    """Recompute the recorded hashes of the background rows."""
    recorded = [
        (e.method, e.provenance.get("background_sha256"), _sha256(e.array("background")))
        for e in evidence.explanations
    ]
    if any(not claimed for _, claimed, _ in recorded):
        return Missing("Some explanations record no hash of their background.")
    wrong = sorted({method for method, claimed, found in recorded if claimed != found})
    return Measured(
        value=float(not wrong),
        reason=f"The recorded hashes of {', '.join(wrong)} do not match their data: it was altered."
        if wrong
        else f"This audit is dated {datetime.now(UTC).date()} and carries the hashes of "
        f"{len(recorded)} results; the hashes of their background rows hold.",
        evidence={"altered": wrong, "n_checked": len(recorded)},
    )


def _sha256(rows: np.ndarray) -> str:
    return hashlib.sha256(np.ascontiguousarray(rows).tobytes()).hexdigest()
