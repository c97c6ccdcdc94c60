"""What a regression's seeds predict for rows whose value is known."""

from __future__ import annotations

import numpy as np
import pandas as pd

from xaigeo.agreement.seed_predictions import check_evaluation, seed_predictions
from xaigeo.ensemble.evaluation import Evaluation


def residual_table(evaluation: Evaluation, output: str | None = None) -> pd.DataFrame:
    """Return each row's observed value beside the seeds' predictions.

    Parameters
    ----------
    evaluation : Evaluation
        Of a regression.
    output : str, optional
        Target, the first unless named.

    Returns
    -------
    DataFrame
        One row a row: `instance` (its label), `observed`, `mean`, `low` and `high` (lowest and
        highest seed), `sd` (over seeds; NaN for one), `residual` (observed − mean) and `inside`,
        whether the observed value lies between the lowest and the highest prediction.

    Raises
    ------
    InputError
        For a classification, or a target that does not exist.
    """
    check_evaluation(evaluation, "residuals", "regression")
    given = seed_predictions(evaluation)
    place = given.place(output)
    values = given.prediction[..., place]
    labels = evaluation.labels
    observed = np.asarray(labels if labels.ndim == 1 else labels[:, place], dtype=float)
    mean, low, high = values.mean(axis=0), values.min(axis=0), values.max(axis=0)
    return pd.DataFrame(
        {
            "instance": given.rows,
            "observed": observed,
            "mean": mean,
            "low": low,
            "high": high,
            "sd": values.std(axis=0, ddof=1) if len(values) > 1 else np.nan,
            "residual": observed - mean,
            "inside": (low <= observed) & (observed <= high),
        }
    )
