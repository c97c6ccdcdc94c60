"""C3: whether agreement has dropped since an earlier audit, where the two can be compared."""

from __future__ import annotations

import math
from typing import Literal

from xaigeo.audit.answer import Audit
from xaigeo.audit.evidence import Evidence
from xaigeo.audit.finding import Finding
from xaigeo.audit.item import Measured, Missing, Outcome, finite, item
from xaigeo.explanations import Explanation, TokenAttributions

COMPARED = ("A1", "A2", "A3")
# Items whose value depends on the number of top features, and on the number of seeds.
BY_K, BY_SEEDS = ("A2", "A3"), ("A3",)
# Names that a difference of many is told by.
NAMED = 3
Explained = Literal["texts", "a table"]
Interval = tuple[float | None, float | None]


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
    baseline = evidence.baseline
    if baseline is None:
        return Missing("No earlier audit was passed as baseline.")
    if _is_of_these(evidence, baseline):
        return Missing(
            "The baseline is of these very results, which cannot have dropped since. Pass the "
            "audit of an earlier run."
        )
    other = _other_question(evidence, baseline)
    if other:
        return Missing(f"The baseline cannot be compared with this audit: {other}.")
    before = {name: _finding(baseline, name) for name in COMPARED}
    drops: dict[str, float] = {}
    reasons: dict[str, str] = {}
    for name in COMPARED:
        then, now = before[name], evidence.outcome(name)
        if then is None or then.value is None:
            reasons[name] = "not evaluated in the baseline"
        elif not isinstance(now, Measured):
            reasons[name] = "not evaluated now"
        elif difference := _differs(name, then, now, evidence, baseline):
            reasons[name] = difference
        else:
            drops[name] = then.value - now.value
    if not drops:
        why = "; ".join(f"{name}: {reason}" for name, reason in reasons.items())
        return Missing(f"None of A1, A2 and A3 can be compared with the baseline ({why}).")
    worst = max(drops, key=lambda name: drops[name])
    return _measured(evidence, baseline, drops, worst, reasons)


def _measured(
    evidence: Evidence,
    baseline: Audit,
    drops: dict[str, float],
    worst: str,
    reasons: dict[str, str],
) -> Measured:
    now, then = evidence.outcome(worst), _finding(baseline, worst)
    assert isinstance(now, Measured)  # drops holds nothing else
    assert then is not None
    assert then.value is not None
    low, high = drop_interval(then.value, (then.low, then.high), now.value, (now.low, now.high))
    notes = [f"{name} cannot be compared ({reason})" for name, reason in reasons.items()]
    settings = _other_settings(evidence, baseline)
    if settings:
        notes.append(settings)
    known = [n for n in (now.n_rows, _rows_of(then)) if n is not None]
    return Measured(
        value=drops[worst],
        low=low,
        high=high,
        n_rows=min(known) if known else None,
        at_best="warn" if notes else "pass",
        reason=f"Since the audit of {baseline.created_at}, {worst} went from {then.value:.3f} to "
        f"{now.value:.3f}, the least favourable change of {', '.join(drops)}"
        + (f"; {'; '.join(notes)}, so this cannot pass." if notes else "."),
        evidence={
            "drops": drops,
            "not_compared": reasons,
            "baseline_created_at": baseline.created_at,
        },
    )


def drop_interval(then: float, before: Interval, now: float, after: Interval) -> Interval:
    """Return the 95 % interval of a drop, from the intervals of the two values.

    Notes
    -----
    The square-and-add limits of a difference of independent values (Zou and Donner 2008,
    doi:10.1002/sim.3095). Audits of the same rows are not independent but rise and fall
    together; their drop is then known better than these limits say.
    """
    if None in (*before, *after):
        return None, None
    (before_low, before_high), (after_low, after_high) = before, after
    drop = then - now
    down = math.hypot(then - float(before_low or 0.0), float(after_high or 0.0) - now)
    up = math.hypot(float(before_high or 0.0) - then, now - float(after_low or 0.0))
    return finite(drop - down), finite(drop + up)


def _is_of_these(evidence: Evidence, baseline: Audit) -> bool:
    """Return whether the baseline audited the attributions that are judged here."""
    judged: list[Explanation] = [*evidence.attributions[:1]] or [*evidence.explanations]
    here = {
        id(e): sha256 for e, sha256 in zip(evidence.explanations, evidence.digests, strict=True)
    }
    audited = {one.get("sha256") for one in baseline.about["explanations"]}
    return all(here[id(explanation)] in audited for explanation in judged)


def audited(audit: Audit) -> Explained:
    """Return whether an audit is of texts or of a table."""
    kinds = {one["kind"] for one in audit.about["explanations"]}
    return "texts" if TokenAttributions.kind in kinds else "a table"


def _other_question(evidence: Evidence, baseline: Audit) -> str:
    """Return what the two audits are of, where that is not the same; empty where it is."""
    told, first = baseline.about["ensemble"], evidence.first
    here: Explained = "texts" if first.kind == TokenAttributions.kind else "a table"
    if audited(baseline) != here:
        return f"it is of {audited(baseline)}, this one of {here}"
    parts = []
    for name, own in (
        ("task", first.task),
        ("outputs", first.outputs),
        ("features", first.features),
    ):
        # Places of tokens are no names: how many there are follows from the longest text.
        if told[name] != own and not (name == "features" and here == "texts"):
            parts.append(
                f"its task is {told[name]}, here {own}"
                if name == "task"
                else f"its {name} are {len(told[name])}, here {len(own)}"
                f"{_apart(told[name], list(own))}"
            )
    return "; ".join(parts)


def _differs(
    name: str, then: Finding, now: Measured, evidence: Evidence, baseline: Audit
) -> str | None:
    """Return why an item's two values do not measure the same thing; None where they do."""
    keys = ("method", "k") if name in BY_K else ("method",)
    for key in keys:
        earlier, here = then.evidence.get(key), now.evidence.get(key)
        if earlier != here:
            return f"{key} {earlier} in the baseline, {here} now"
    n_then = baseline.about["ensemble"]["n_seeds"]
    if name in BY_SEEDS and n_then != evidence.n_seeds:
        return f"{n_then} seeds in the baseline, {evidence.n_seeds} now, on which it depends"
    return None


def _other_settings(evidence: Evidence, baseline: Audit) -> str:
    """Say that the judged method ran with other parameters; empty where it did not."""
    if not evidence.attributions:
        return ""
    method = evidence.attributions[0].method
    earlier = [
        one.get("parameters_sha256")
        for one in baseline.about["explanations"]
        if one["method"] == method
    ]
    here = evidence.parameters_sha256(evidence.attributions[0])
    if not earlier or earlier[0] is None:
        return f"the baseline does not record the parameters of {method}"
    return "" if here in earlier else f"{method} ran with other parameters than in the baseline"


def _finding(baseline: Audit, name: str) -> Finding | None:
    return next((finding for finding in baseline.findings if finding.id == name), None)


def _rows_of(finding: Finding) -> int | None:
    told = finding.evidence.get("n_instances")
    return finding.n_rows if finding.n_rows is not None or told is None else int(told)


def _apart(then: list[str], now: list[str]) -> str:
    """Return in what two lists of names differ, the first few by name."""
    gone, new = [n for n in then if n not in now], [n for n in now if n not in then]
    told = [
        f"{len(names)} only {where} ({', '.join(names[:NAMED])}"
        f"{', ...' if len(names) > NAMED else ''})"
        for names, where in ((gone, "there"), (new, "here"))
        if names
    ]
    return f": {', '.join(told)}" if told else ", in another order"
