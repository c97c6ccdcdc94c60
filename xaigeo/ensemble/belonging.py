"""Whether an evaluation is one of the models that were explained."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from xaigeo.ensemble.fingerprint import fingerprint, fingerprint_differences
from xaigeo.errors import InputError

if TYPE_CHECKING:
    from xaigeo.ensemble.evaluation import Evaluation
    from xaigeo.explanations import Explanation

# float32 and other sizes of batches leave differences near 1e-6.
TOLERANCE = 1e-4
DO = "Evaluate the ensemble that was explained."


def check_belongs(
    evaluation: Evaluation, explanations: Explanation | Sequence[Explanation]
) -> None:
    """Raise unless an evaluation is one of the explained models; see `Evaluation.check_belongs`.

    Of explanations of two training runs it may belong to either.

    Raises
    ------
    InputError
    """
    given = list(explanations) if isinstance(explanations, Sequence) else [explanations]
    for explanation in given:
        _check_labels(evaluation, explanation)
    trained = [_differences(evaluation, explanation) for explanation in given]
    if given and all(trained):
        raise InputError(
            expected="an evaluation of the models that were explained",
            arrived=f"one of models that differ from them in {trained[0]}",
            do=DO,
        )
    gaps = [gap for explanation in given if (gap := _gap(evaluation, explanation)) is not None]
    if gaps and all(gap > TOLERANCE for gap in gaps):
        raise InputError(
            expected="an evaluation of the models that were explained",
            arrived="one whose predictions at rows that were explained too differ by up to "
            f"{max(gaps):.3g} from those explained",
            do=DO,
        )


def _check_labels(evaluation: Evaluation, explanation: Explanation) -> None:
    seeds, theirs = (np.asarray(each.seeds).tolist() for each in (explanation, evaluation))
    if theirs != seeds:
        raise InputError(
            expected=f"an evaluation of the explained seeds {seeds}", arrived=str(theirs), do=DO
        )
    n_outputs = evaluation.prediction.shape[-1]
    if evaluation.task != explanation.task or n_outputs != len(explanation.outputs):
        raise InputError(
            expected=f"an evaluation of a {explanation.task} with {len(explanation.outputs)} "
            "outputs",
            arrived=f"a {evaluation.task} with {n_outputs}",
            do=DO,
        )
    names = [str(name) for name in evaluation.classes]
    if names != list(explanation.outputs):
        raise InputError(
            expected=f"an evaluation with the outputs {', '.join(explanation.outputs)}",
            arrived=", ".join(names),
            do=DO,
        )


def _differences(evaluation: Evaluation, explanation: Explanation) -> str:
    if evaluation.fingerprint is None:
        return ""
    explained = fingerprint(explanation.provenance.get("ensemble") or {})
    return fingerprint_differences(evaluation.fingerprint, explained)


def _gap(evaluation: Evaluation, explanation: Explanation) -> float | None:
    """Return the largest difference at shared rows, over the size of predictions if above 1.

    None where no encoded row is among the explained and the background rows.
    """
    rows = np.vstack([explanation.array("input"), explanation.array("background")])
    if rows.shape[1] != evaluation.rows.shape[1]:
        return None
    places = {row.tobytes(): i for i, row in enumerate(evaluation.rows.astype(np.float64))}
    found = [places.get(row.tobytes(), -1) for row in rows.astype(np.float64)]
    here = np.flatnonzero(np.array(found) >= 0)
    if not len(here):
        return None
    explained = np.concatenate(
        [explanation.array("prediction"), explanation.array("background_prediction")], axis=1
    )[:, here]
    own = evaluation.prediction[:, np.array(found)[here]]
    return float(np.abs(own - explained).max() / max(1.0, float(np.abs(explained).max())))
