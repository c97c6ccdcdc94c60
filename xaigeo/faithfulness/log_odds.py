"""Models that tell probabilities alone, asked for their log-odds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from xaigeo.ensemble.members import Members, Scale
from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.errors import InputError
from xaigeo.explainers.shapley.links import linked
from xaigeo.schema import Matrix


class LogOddsMembers:
    """Two-class models whose logits are the log-odds of the probabilities that they tell.

    ``log(p / (1 - p))`` is what the margins of boosted trees add up to, exactly but where a
    probability is so near 0 or 1 that it is clipped (to 1e-15 from it).

    Parameters
    ----------
    members : Members
    """

    has_logits = True

    def __init__(self, members: Members) -> None:
        self.members = members
        self.kind = members.kind
        self.n_members = members.n_members

    def values(self, rows: Matrix, scale: Scale) -> np.ndarray:
        """Return the outputs of every member for the same rows."""
        return _on_scale(self.members.values(rows, "probability"), scale)

    def member_values(self, place: int, rows: Matrix, scale: Scale) -> np.ndarray:
        """Return one member's outputs, shape (n_rows, n_outputs)."""
        return _on_scale(self.members.member_values(place, rows, "probability"), scale)

    def subset(self, places: Sequence[int]) -> LogOddsMembers:
        """Return the members at these places."""
        return LogOddsMembers(self.members.subset(places))


def telling_logits(ensemble: SeedEnsemble) -> SeedEnsemble:
    """Return the ensemble with log-odds as logits.

    Raises
    ------
    InputError
        For more than two classes: there one class's margin does not follow from probabilities.
    """
    if ensemble.n_outputs != 2:
        raise InputError(
            expected="models that tell the scale that was explained, to compare it with numbers",
            arrived=f"logits explained of {ensemble.n_outputs} classes, and models that tell "
            "probabilities alone",
            do="Explain again with scale='probability', which method='kernel_shap' takes; deletion "
            "and insertion follow the order alone and need not.",
        )
    return replace(ensemble, members=LogOddsMembers(ensemble.members))


def _on_scale(probabilities: np.ndarray, scale: Scale) -> np.ndarray:
    return linked(probabilities, "logit") if scale == "logit" else probabilities
