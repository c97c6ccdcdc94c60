"""R1-R2: inputs off the data, and groups of people or things."""

from __future__ import annotations

import numpy as np

from xaigeo.audit.attribution_items import (
    NO_ATTRIBUTIONS,
    ONE_MODEL,
    left_out,
    mostly,
    stability_by_row,
)
from xaigeo.audit.evidence import Evidence
from xaigeo.audit.item import Measured, Missing, Outcome, item


@item(
    id="R1",
    question="Are inputs unlike the data noticed?",
    metric="recall of off-support inputs",
    better="higher",
    passing=0.95,
    warning=0.80,
    unit="share",
    basis="own",
    source="own",
    maps_to=("NIST AI RMF MS2.6", "EU AI Act Art. 14(4)(a)"),
)
def off_support_is_flagged(evidence: Evidence) -> Outcome:
    """Report that inputs off the data were not tried."""
    return Missing("This version does not try inputs off the data's support.")


@item(
    id="R2",
    question="Do the seeds agree alike for all groups?",
    metric="largest difference in stability (A2) between groups of a category",
    better="lower",
    passing=0.05,
    warning=0.10,
    unit="number",
    basis="own",
    source="own",
    maps_to=("NIST AI RMF MS2.11", "EU AI Act Art. 13(3)(b)(v)"),
    settings={"min_rows": 50},
)
def groups_fare_alike(evidence: Evidence) -> Outcome:
    """Compare the stability between the categories of each categorical feature."""
    if not evidence.attributions:
        return Missing(NO_ATTRIBUTIONS)
    refusal = evidence.nothing_between(ONE_MODEL)
    if refusal:
        return Missing(refusal)
    explanation = evidence.attributions[0]
    if not explanation.schema.discrete.any():
        return Missing("No column is categorical, so there are no groups to compare.")
    steady, rows = stability_by_row(evidence), explanation.array("input")
    undefined = np.isnan(steady)
    if mostly(undefined):
        return Missing("Stability (A2) is undefined on most rows: their attributions tie.")
    min_rows = int(evidence.setting("R2", "min_rows"))
    groups: dict[str, dict[str, float]] = {}
    for j, feature in enumerate(explanation.schema.features):
        if feature.is_discrete:
            members = {
                str(c): (rows[:, j] == code) & ~undefined
                for code, c in enumerate(feature.categories)
            }
            large = {c: inside for c, inside in members.items() if inside.sum() >= min_rows}
            if len(large) > 1:
                groups[feature.name] = {c: float(steady[m].mean()) for c, m in large.items()}
    if not groups:
        return Missing(
            f"No column has two groups of at least {min_rows} explained rows; {len(rows)} rows "
            "were explained."
        )
    gaps = {name: max(found.values()) - min(found.values()) for name, found in groups.items()}
    worst = max(gaps, key=lambda name: gaps[name])
    low, high = min(groups[worst].items(), key=_value), max(groups[worst].items(), key=_value)
    return Measured(
        value=gaps[worst],
        reason=f"By {worst}, seeds agree least for {low[0]} (stability {low[1]:.2f}) and most for "
        f"{high[0]} ({high[1]:.2f})." + left_out(undefined),
        at_best="warn" if undefined.any() else "pass",
        evidence={"stability_by_group": groups},
    )


def _value(entry: tuple[str, float]) -> float:
    return entry[1]
