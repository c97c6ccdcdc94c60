"""Which seeds have one and the same model, so that their agreement says nothing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from xaigeo.ensemble.evaluation import Evaluation
from xaigeo.explanations import Explanation

# What each seed's own model gives as its reasons, by kind of explanation.
REASONS = {
    "attributions": ("attribution",),
    "token_attributions": ("attribution",),
    "anchors": ("lower", "upper"),
    "counterfactuals": ("point",),
}
# The models that these made were compared, besides their rows at mixtures of them.
COMPARED = ("train", "fit")
TOLERANCE = 1e-6
# A copy whose weights are moved by no more than a millionth is still a copy. Trained models lie
# far further apart: their reasons differ by a hundredth of the largest and more.
COPIED = 1e-5


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


def different_models(
    explanations: Explanation | Sequence[Explanation], evaluation: Evaluation | None = None
) -> list[list[int]]:
    """Return the seeds in groups, each of one model as far as can be known.

    Models that xaigeo has trained for different seeds are different. Others are copies if all
    their predictions, at explained, background and labelled rows, and all explanations are equal
    up to a hundred-thousandth of the range that these have: models may answer alike on few rows,
    but not for equal reasons too.

    Parameters
    ----------
    explanations : Explanation or sequence of Explanation
        Of one ensemble.
    evaluation : Evaluation, optional
        Of the same ensemble.

    Returns
    -------
    list of list of int
        Seeds in their order; one group where `identical_answers`.
    """
    given = list(explanations) if isinstance(explanations, Sequence) else [explanations]
    if not given:
        return []
    seeds = [int(seed) for seed in given[0].seeds]
    if identical_answers(given):
        return [seeds]
    records = [(e.provenance.get("ensemble") or {}).get("record") or {} for e in given]
    if any(record.get("source") in COMPARED for record in records):
        return [[seed] for seed in seeds]
    told = [_scaled(array) for array in _answers(given, evaluation)]
    groups: list[list[int]] = []
    for place in range(len(seeds)):
        for group in groups:
            if all(_alike(array, group[0], place) for array in told):
                group.append(place)
                break
        else:
            groups.append([place])
    return [[seeds[place] for place in group] for group in groups]


def _answers(given: list[Explanation], evaluation: Evaluation | None) -> list[np.ndarray]:
    """Return everything that a model says, each with seeds first."""
    found = [e.array(n) for e in given for n in ("background_prediction", "prediction")]
    found += [e.array(name) for e in given for name in REASONS.get(e.kind, ())]
    return [*found, *([] if evaluation is None else [evaluation.prediction])]


def _scaled(values: np.ndarray) -> np.ndarray:
    """Return values by the range that they have, bounds that are open as they are."""
    values = np.asarray(values, dtype=float)
    finite = values[np.isfinite(values)]
    size = float(np.ptp(finite)) if finite.size else 0.0
    rounding = 1e-12 * float(np.abs(finite).max(initial=0.0))
    return np.asarray(values / max(size, rounding)) if max(size, rounding) > 0 else values


def _alike(values: np.ndarray, one: int, other: int) -> bool:
    return np.allclose(values[one], values[other], rtol=0.0, atol=COPIED, equal_nan=True)


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
