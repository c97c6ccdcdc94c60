"""How members do on the rows that were held back from training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from xaigeo.ensemble.evaluation import Evaluation
from xaigeo.ensemble.members import Members, Scale
from xaigeo.ensemble.problem import Problem
from xaigeo.ensemble.split import Split


def validation_scores(
    members: Members,
    problem: Problem,
    split: Split,
    seeds: Sequence[int],
    *,
    prediction: np.ndarray | None = None,
) -> dict[str, Any] | None:
    """Return how members do on the rows held back, or None where there are none.

    `prediction` are their answers where these are not to be asked for by rows, shape
    (n_seeds, n_rows, n_outputs).
    """
    if not len(split.validation):
        return None
    rows = problem.rows[split.validation]
    scale: Scale = "value" if problem.task == "regression" else "probability"
    return Evaluation(
        name="validation",
        seeds=np.array(seeds),
        classes=problem.classes,
        task=problem.task,
        rows=rows,
        labels=problem.labels[split.validation],
        prediction=members.values(rows, scale) if prediction is None else prediction,
    ).to_dict()
