"""How the members of an ensemble perform on labelled rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from xaigeo.explanations import Explanation


class RarestRecall(NamedTuple):
    """How well the class with the fewest rows is recognised.

    Attributes
    ----------
    name : str
        The class.
    recall : float
        Share of its rows that a seed puts into it, mean over seeds.
    share : float
        Share of all rows that it has.
    """

    name: str
    recall: float
    share: float


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
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
    instances : ndarray, shape (n_rows,), optional
        What the rows are called, as in explanations: the labels of the frame's index.
    fingerprint : mapping, optional
        What tells the models from others (`xaigeo.ensemble.fingerprint`).
    """

    name: str
    seeds: np.ndarray
    classes: tuple[Any, ...]
    task: str
    rows: np.ndarray
    labels: np.ndarray
    prediction: np.ndarray
    instances: np.ndarray | None = None
    fingerprint: Mapping[str, Any] | None = None

    def __repr__(self) -> str:
        n = len(self.labels)
        return f"Evaluation({self.name}, {len(self.seeds)} seeds, {n} rows, {self.task})"

    @property
    def row_labels(self) -> np.ndarray:
        """What the rows are called, shape (n_rows,): `instances`, or their places."""
        return np.arange(len(self.labels)) if self.instances is None else self.instances

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
        """One row a seed: accuracy and others; for regression R2, RMSE and MAE.

        Of a classification also balanced accuracy (mean recall over the classes that have
        rows), macro F1 and log loss. With several targets R2, RMSE and MAE are means over targets,
        whose own scores follow as "r2 of <target>", "rmse of <target>" and "mae of <target>".
        """
        from sklearn import metrics

        rows = []
        for seed, outputs, answer in zip(self.seeds, self.prediction, self.predicted, strict=True):
            if self.task == "regression":
                score = self._amount_scores(answer)
            else:
                score = {
                    "accuracy": metrics.accuracy_score(self.labels, answer),
                    "balanced_accuracy": self._recalls(answer).mean(),
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

    @cached_property
    def rarest_recall(self) -> RarestRecall | None:
        """The class with the fewest rows, its mean recall and its share of rows.

        Classes without rows do not count; of equally rare classes it is the first. None for a
        regression.
        """
        if self.task == "regression":
            return None
        places, counts = np.unique(self.labels.astype(int), return_counts=True)
        rarest = int(counts.argmin())
        recalls = [self._recalls(answer)[rarest] for answer in self.predicted]
        return RarestRecall(
            str(self.classes[places[rarest]]),
            float(np.mean(recalls)),
            float(counts[rarest] / counts.sum()),
        )

    def check_belongs(self, explanations: Explanation | Sequence[Explanation]) -> None:
        """Raise unless the models that were evaluated are those that were explained.

        Seeds, task and outputs must be the same, what is known of the models' training, and
        their predictions at rows that were both evaluated and explained. What is not known, as
        of models trained elsewhere, does not count.

        Raises
        ------
        InputError
        """
        from xaigeo.ensemble.belonging import check_belongs

        check_belongs(self, explanations)

    def _recalls(self, answer: np.ndarray) -> np.ndarray:
        """Return the recall of each class that has rows, by place."""
        return np.array([(answer[self.labels == k] == k).mean() for k in np.unique(self.labels)])

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
