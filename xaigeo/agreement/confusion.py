"""Which class is taken for which, by every seed."""

from __future__ import annotations

import numpy as np
import pandas as pd

from xaigeo.agreement.seed_predictions import check_evaluation
from xaigeo.ensemble.evaluation import Evaluation


def confusion_counts(evaluation: Evaluation) -> np.ndarray:
    """Return how many rows of each true class each seed puts into each class.

    Returns
    -------
    ndarray of int, shape (n_seeds, n_classes, n_classes)
        True classes along the second axis, predicted ones along the third.

    Raises
    ------
    InputError
        For anything but the evaluation of a classification.
    """
    check_evaluation(evaluation, "a confusion matrix", "classification")
    n = len(evaluation.classes)
    cells = evaluation.labels.astype(int) * n + evaluation.predicted
    return np.stack([np.bincount(own, minlength=n * n).reshape(n, n) for own in cells])


def confusion_table(evaluation: Evaluation) -> pd.DataFrame:
    """Return the share of each true class's rows that is put into each class.

    Returns
    -------
    DataFrame
        One row a pair of classes: `true`, `predicted`, `share` (mean over seeds), `low` and
        `high` (over seeds), `n_rows` (of the true class) and `n_mean` (rows in the cell, mean
        over seeds). Shares of a class without rows are NaN.
    """
    counts = confusion_counts(evaluation)
    totals = counts[0].sum(axis=1)
    defined = np.where(totals > 0, totals, np.nan)
    shares = counts / defined[:, None]  # (n_seeds, n_classes, n_classes)
    names = np.array([str(name) for name in evaluation.classes], dtype=object)
    n = len(names)
    return pd.DataFrame(
        {
            "true": np.repeat(names, n),
            "predicted": np.tile(names, n),
            "share": shares.mean(axis=0).reshape(-1),
            "low": shares.min(axis=0).reshape(-1),
            "high": shares.max(axis=0).reshape(-1),
            "n_rows": np.repeat(totals, n),
            "n_mean": counts.mean(axis=0).reshape(-1),
        }
    )
