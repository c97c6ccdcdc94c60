"""What seeds that have copies of one model can and cannot show."""

from __future__ import annotations

from dataclasses import replace

from xaigeo.agreement.identical_answers import different_models
from xaigeo.audit.evidence import ALL_THE_SAME, Evidence
from xaigeo.audit.item import Measured, Missing, Outcome
from xaigeo.audit.wording import listed, verb

# Items that set models against each other; copies agree there by construction.
BETWEEN_MODELS = (
    *("A1", "A2", "A3", "A4", "A5", "A6", "A7", "A8", "A9"),
    *("M1", "M2", "M3", "M5", "F2", "R2", "C1", "C2", "C3"),
)


def models_of(evidence: Evidence) -> list[list[int]]:
    """Return the seeds in groups of one model each; see `different_models`."""
    return different_models(evidence.explanations, evidence.evaluation)


def without_copies(outcome: Outcome, item_id: str, models: list[list[int]]) -> Outcome:
    """Return an outcome that does not take the agreement of copies for one of models.

    Parameters
    ----------
    outcome : Measured or Missing
    item_id : str
    models : list of list of int
        Seeds in groups of one model each.
    """
    n_seeds = sum(map(len, models))
    if item_id not in BETWEEN_MODELS or not isinstance(outcome, Measured):
        return outcome
    if len(models) == n_seeds:
        return outcome
    if len(models) == 1:
        return Missing(ALL_THE_SAME)
    return replace(
        outcome,
        at_best="warn",
        reason=f"{outcome.reason} {said_copies(models)} Copies agree by construction, so this "
        "cannot pass.",
    )


def said_copies(models: list[list[int]]) -> str:
    """Name the seeds that have one model, in a sentence; empty where no two do."""
    several = [f"seeds {listed([str(seed) for seed in g])}" for g in models if len(g) > 1]
    if not several:
        return ""
    n, n_seeds = len(models), sum(map(len, models))
    return (
        f"Only {n} of {n_seeds} models {verb(n, 'differs', 'differ')}: "
        f"{'; '.join(f'{names} are copies of one model' for names in several)}."
    )
