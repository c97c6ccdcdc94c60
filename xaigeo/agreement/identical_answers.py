"""Whether all seeds have one and the same model, so that their agreement says nothing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from xaigeo.explanations import Explanation

# What each seed's own model gives as its reasons, by kind of explanation.
REASONS = {
    "attributions": ("attribution",),
    "anchors": ("lower", "upper"),
    "counterfactuals": ("point",),
}
# The models that these made were compared, besides their rows at mixtures of them.
COMPARED = ("train", "fit")
TOLERANCE = 1e-6


def identical_answers(explanations: Explanation | Sequence[Explanation]) -> bool:
    """Return whether the models of all seeds are the same, as far as can be known.

    The record of the ensemble decides for models that xaigeo has trained. Others are the same
    if all predictions, at explained and background rows, are equal to the bit, and explanations
    equal but for rounding: models that have learnt their rows by heart answer alike at them, but
    for other reasons.

    Parameters
    ----------
    explanations : Explanation or sequence of Explanation
        Of one ensemble.

    Returns
    -------
    bool
        False for a single seed.
    """
    given = list(explanations) if isinstance(explanations, Sequence) else [explanations]
    if not given or any(len(explanation.seeds) < 2 for explanation in given):
        return False
    records = [(e.provenance.get("ensemble") or {}).get("record") or {} for e in given]
    if any(record.get("identical") for record in records):
        return True
    if any(record.get("source") in COMPARED for record in records):
        return False
    return all(_predict_alike(e) for e in given) and all(_reason_alike(e) for e in given)


def _predict_alike(explanation: Explanation) -> bool:
    answers = (explanation.array(name) for name in ("prediction", "background_prediction"))
    return all(bool((each == each[:1]).all()) for each in answers)


def _reason_alike(explanation: Explanation) -> bool:
    for name in REASONS.get(explanation.kind, ()):
        values = explanation.array(name)
        size = float(np.abs(values[np.isfinite(values)]).max(initial=0.0))
        if not np.allclose(
            values, values[:1], rtol=TOLERANCE, atol=TOLERANCE * size, equal_nan=True
        ):
            return False
    return True
