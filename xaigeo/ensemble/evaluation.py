"""How the members of an ensemble perform on labelled rows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd


@dataclass(frozen=True, eq=False, kw_only=True)
class Evaluation:
    """Predictions of every seed on labelled rows, and the scores that follow.

    Attributes
    ----------
    name : str
        What the rows are: "test", "validation".
    seeds : ndarray, shape (n_seeds,)
    classes : tuple
    task : {"classification", "regression"}
    rows : ndarray, shape (n_rows, n_features)
        Encoded rows.
    labels : ndarray, shape (n_rows,)
        Class places, or target values for regression, (n_rows, n_targets) with several.
    prediction : ndarray, shape (n_seeds, n_rows, n_outputs)
    """

    name: str
    seeds: np.ndarray
    classes: tuple[Any, ...]
    task: str
    rows: np.ndarray
    labels: np.ndarray
    prediction: np.ndarray

    @cached_property
    def predicted(self) -> np.ndarray:
        """Predicted class places, shape (n_seeds, n_rows); values for regression.

        With several targets the shape is (n_seeds, n_rows, n_targets).
        """
        if self.task == "regression":
            return np.asarray(self.prediction if self.labels.ndim > 1 else self.prediction[..., 0])
        return np.asarray(self.prediction.argmax(axis=-1))

    @cached_property
    def scores(self) -> pd.DataFrame:
        """One row a seed: accuracy, macro F1 and log loss; for regression R2, RMSE and MAE.

        With several targets these three are means over targets, whose own scores follow as
        "r2 of <target>", "rmse of <target>" and "mae of <target>".
        """
        from sklearn import metrics

        rows = []
        for seed, outputs, answer in zip(self.seeds, self.prediction, self.predicted, strict=True):
            if self.task == "regression":
                score = self._amount_scores(answer)
            else:
                score = {
                    "accuracy": metrics.accuracy_score(self.labels, answer),
                    "f1_macro": metrics.f1_score(
                        self.labels,
                        answer,
                        labels=np.arange(len(self.classes)),
                        average="macro",
                        zero_division=0.0,
                    ),
                    "log_loss": metrics.log_loss(
                        self.labels,
                        np.clip(outputs, 1e-15, None)
                        / np.clip(outputs, 1e-15, None).sum(-1, keepdims=True),
                        labels=np.arange(len(self.classes)),
                    ),
                }
            rows.append({"seed": int(seed)} | {k: float(v) for k, v in score.items()})
        return pd.DataFrame(rows)

    def _amount_scores(self, answer: np.ndarray) -> dict[str, float]:
        from sklearn import metrics

        measures = {
            "r2": metrics.r2_score,
            "rmse": metrics.root_mean_squared_error,
            "mae": metrics.mean_absolute_error,
        }
        if self.labels.ndim == 1:
            return {name: score(self.labels, answer) for name, score in measures.items()}
        each = {
            name: score(self.labels, answer, multioutput="raw_values")
            for name, score in measures.items()
        }
        return {name: values.mean() for name, values in each.items()} | {
            f"{name} of {target}": value
            for name, values in each.items()
            for target, value in zip(self.classes, values, strict=True)
        }

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-able summary: name, number of rows, scores by seed."""
        return {
            "name": self.name,
            "n_rows": len(self.labels),
            "scores": self.scores.to_dict(orient="list"),
        }
