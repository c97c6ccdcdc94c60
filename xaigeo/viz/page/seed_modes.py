"""Groups of seeds that explain alike, which the page keeps apart before it averages."""

from __future__ import annotations

from collections.abc import Sequence

from xaigeo.agreement.made_for_all import made_for_all
from xaigeo.errors import InputError
from xaigeo.explanations import Attributions, Explanation
from xaigeo.geometry.modes import Modes, explanatory_modes


def seed_modes(explanation: Explanation) -> Modes | None:
    """Return the modes of the seeds, None where they are one."""
    if len(explanation.seeds) < 2 or (
        not isinstance(explanation, Attributions) and made_for_all(explanation)
    ):
        return None
    try:
        modes = explanatory_modes(explanation)
    except InputError:  # such as no row at which every seed has a counterfactual
        return None
    return modes if modes.n_modes > 1 else None


def modes_by_method(explanations: Sequence[Explanation]) -> dict[str, Modes]:
    """Return the modes of the methods whose seeds have several."""
    found = {explanation.method: seed_modes(explanation) for explanation in explanations}
    return {method: modes for method, modes in found.items() if modes is not None}


def modes_note(modes: Modes) -> str:
    """Return how many modes there are and how large, a sentence."""
    shares = ", ".join(f"{mass:.0%}" for mass in modes.masses)
    return (
        f" The seeds fall into {modes.n_modes} explanatory modes ({shares} of the seeds, "
        f"p = {modes.p_value:.2g}); each has thick marks of its own, with its number."
    )
