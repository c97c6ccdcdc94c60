"""Whether attributions that should add up to an output's change do, told as a warning."""

from __future__ import annotations

import warnings

import numpy as np

from xaigeo.errors import CompletenessWarning
from xaigeo.explanations import Attributions

# Share of the output's largest change, by seed and output, that may be missing without a word.
TOLERATED = 0.05
# Seeds and rows that a warning names.
NAMED = 3


def note_incomplete(explanation: Attributions, advice: str) -> None:
    """Warn if sums of attributions miss the output's change by more than `TOLERATED`.

    Parameters
    ----------
    explanation : Attributions
        With `convergence_delta`, `base_value` and `explained_value`.
    advice : str
        A sentence on what to do.

    Warns
    -----
    CompletenessWarning
        With the share of explanations, the seeds and the rows that miss most.
    """
    missed = missing_share(explanation).max(axis=-1)
    bad = missed > TOLERATED
    if not bad.any():
        return
    seeds = _worst(explanation.seeds, missed.max(axis=1))
    rows = _worst(explanation.instances, missed.max(axis=0))
    warnings.warn(
        f"{int(bad.sum())} of {bad.size} explanations by {explanation.method} do not add up: they "
        f"miss by more than {TOLERATED:.0%} of the output's largest change, by up to "
        f"{missed.max():.0%} (seeds {seeds}; instances {rows}). {advice}",
        CompletenessWarning,
        stacklevel=5,  # note, Explainer.explain, xaigeo.explain, who called it
    )


def _worst(labels: np.ndarray, missed: np.ndarray) -> str:
    """Return the labels that miss more than is tolerated, the worst first."""
    order = np.argsort(-missed, kind="stable")[: int((missed > TOLERATED).sum())]
    named = ", ".join(str(labels[place]) for place in order[:NAMED])
    more = len(order) - NAMED
    return f"{named} and {more} more" if more > 0 else named


def missing_share(explanation: Attributions) -> np.ndarray:
    """Return by how much sums miss, shape (n_seeds, n_instances, n_outputs).

    As a share of the largest change of the output over the instances, by seed and output.
    """
    delta = np.abs(explanation.array("convergence_delta"))
    value = explanation.array("explained_value")
    change = np.abs(value - explanation.array("base_value")).max(axis=1, keepdims=True)
    # Outputs that do not change but for the rounding of float32 have nothing to be missed.
    rounding = 1e-5 * max(1.0, float(np.abs(value).max()))
    return np.where(delta <= rounding, 0.0, delta / np.maximum(change, rounding))
