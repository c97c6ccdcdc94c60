"""A5: whether the seeds fall into groups that explain in different ways."""

from __future__ import annotations

import numpy as np

from xaigeo.audit.attribution_items import nothing_to_compare
from xaigeo.audit.distinct_rows import count_rows
from xaigeo.audit.evidence import Evidence, says_something
from xaigeo.audit.item import Measured, Missing, Outcome, item
from xaigeo.audit.wording import verb
from xaigeo.geometry.mode_test import FEWEST, SMALLEST
from xaigeo.geometry.modes import Modes, explanatory_modes

# Share of the seeds that the smaller side of a gap keeps; see `xaigeo.geometry.mode_test`.
LEAST_SHARE = 1 / 8


@item(
    id="A5",
    question="Is there one kind of explanation, or several?",
    metric="mass of the second explanatory mode",
    better="lower",
    passing=0.10,
    warning=1.0,
    unit="share",
    basis="own",
    source="own",
    maps_to=("NIST AI RMF MS2.9", "EU AI Act Art. 14(4)(c)"),
)
def one_mode(evidence: Evidence) -> Outcome:
    """Group the seeds by their explanations of all rows together."""
    refusal = nothing_to_compare(evidence)
    if refusal:
        return Missing(refusal)
    explanation = evidence.attributions[0]
    if not says_something(explanation):
        return Missing("The attributions are one number everywhere, so no seed differs.")
    if evidence.n_seeds < FEWEST:
        return Missing(
            f"Fewer than {FEWEST} seeds cannot tell one kind of explanation from two; "
            f"{evidence.n_seeds} {verb(evidence.n_seeds, 'was', 'were')} compared."
        )
    modes = explanatory_modes(explanation, random_state=evidence.random_state)
    least = max(SMALLEST, int(np.ceil(evidence.n_seeds * LEAST_SHARE)))
    return Measured(
        value=modes.second_mass,
        **count_rows(explanation.array("input")),
        reason=f"{_said(modes)} A group of fewer than {least} of the {evidence.n_seeds} seeds "
        "would not be seen, nor one that explains nearly alike.",
        evidence={
            "method": modes.method,
            "masses": modes.masses.tolist(),
            "p_value": modes.p_value,
            "mode_by_seed": {
                str(seed): int(label) for seed, label in zip(modes.seeds, modes.labels, strict=True)
            },
        },
    )


def _said(modes: Modes) -> str:
    if modes.n_modes == 1:
        return (
            f"By {modes.method}, no two groups of seeds that explain differently can be told "
            f"apart (p = {modes.p_value:.2g})."
        )
    parts = [
        f"{verb(len(own), 'seed', 'seeds')} {', '.join(map(str, own))}"
        for own in (modes.seeds[modes.labels == label] for label in range(modes.n_modes))
    ]
    return (
        f"By {modes.method}, the seeds fall into {modes.n_modes} groups that explain differently "
        f"(p = {modes.p_value:.2g}): {'; '.join(parts)}."
    )
