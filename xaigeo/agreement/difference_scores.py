"""What of each prediction is compared between models: log-odds of classes, or predicted values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import logsumexp

from xaigeo.ensemble.evaluation import Evaluation
from xaigeo.options import check_option

ScoreName = Literal["logit_gap", "true_class"]
# Probabilities below are taken for it, so log-odds lie within ±27.6; rows at the ends tie.
LEAST_PROBABILITY = 1e-12
DIGITS = 11


@dataclass(frozen=True, eq=False, kw_only=True)
class DifferenceScores:
    """One score a seed and row, for each output that is compared.

    Attributes
    ----------
    raw : ndarray, shape (n_seeds, n_rows, n_outputs)
        Log-probabilities, or predictions of a regression.
    compared : tuple of str
        What the scores are of: classes, "the true class", or targets.
    n_clipped : int
        Probabilities below `LEAST_PROBABILITY`, which were raised to it.
    score : str
        "logit_gap", "true_class" or "prediction".
    truth : ndarray of int, shape (n_rows,)
        Class places; not used of a regression.
    """

    raw: np.ndarray
    compared: tuple[str, ...]
    n_clipped: int
    score: str
    truth: np.ndarray

    @property
    def values(self) -> np.ndarray:
        """The scores of every seed, shape (n_compared, n_seeds, n_rows)."""
        return self._of(self.raw)

    def of_mean(self, seeds: np.ndarray) -> np.ndarray:
        """Return the scores of the mean over some seeds, shape (n_compared, n_rows).

        The mean is that of log-probabilities (which is that of logits, up to a constant of each
        row that log-odds do not see), or of predictions.
        """
        return self._of(self.raw[seeds].mean(axis=0, keepdims=True))[:, 0]

    def _of(self, raw: np.ndarray) -> np.ndarray:
        scores = self._contrast(raw)
        # A mean of equal numbers can miss them by the last bit, which would part whole atoms.
        step = 10.0 ** (np.ceil(np.log10(max(float(np.abs(self.raw).max()), 1e-300))) - DIGITS)
        return np.asarray(np.round(scores / step) * step)

    def _contrast(self, raw: np.ndarray) -> np.ndarray:
        if self.score == "prediction":
            return np.moveaxis(raw, -1, 0)
        n_classes = raw.shape[-1]
        if self.score == "true_class":
            odds = np.stack([_log_odds(raw, place) for place in range(n_classes)], axis=-1)
            return np.asarray(odds[:, np.arange(len(self.truth)), self.truth][None])
        places = [1] if n_classes == 2 else range(n_classes)
        return np.stack([_log_odds(raw, place) for place in places])


def comparable_score(evaluation: Evaluation) -> ScoreName:
    """Return the score by which models of few and of many classes are judged alike.

    Of several classes one against the rest is taken for each and the largest difference counts,
    which is large for seeds that differ by nothing else; the log-odds of the true class are one
    number a row, whatever the number of classes.
    """
    several = evaluation.task == "classification" and len(evaluation.classes) > 2
    return "true_class" if several else "logit_gap"


def difference_scores(evaluation: Evaluation, score: ScoreName = "logit_gap") -> DifferenceScores:
    """Return what is compared of the predictions of an evaluation.

    Parameters
    ----------
    evaluation : Evaluation
    score : {"logit_gap", "true_class"}
        "logit_gap": of two classes the log-odds of the second, the gap between its logit and the
        first's; of more classes the log-odds of each against all others, log p/(1 − p).
        "true_class": the log-odds of the row's true class, one number whatever the number of
        classes. A regression is compared by its predictions, target by target, whatever is named.
    """
    check_option("score", score, ScoreName)
    names = tuple(str(name) for name in evaluation.classes)
    prediction = np.asarray(evaluation.prediction, dtype=np.float64)
    if evaluation.task == "regression":
        return DifferenceScores(
            raw=prediction,
            compared=names,
            n_clipped=0,
            score="prediction",
            truth=np.zeros(len(evaluation.labels), dtype=np.intp),
        )
    if score == "true_class":
        names = ("the true class",)
    elif len(names) == 2:
        names = names[1:]
    return DifferenceScores(
        raw=np.log(np.maximum(prediction, LEAST_PROBABILITY)),
        compared=names,
        n_clipped=int((prediction < LEAST_PROBABILITY).sum()),
        score=score,
        truth=evaluation.labels.astype(np.intp),
    )


def _log_odds(logs: np.ndarray, place: int) -> np.ndarray:
    others = np.delete(logs, place, axis=-1)
    return np.asarray(logs[..., place] - logsumexp(others, axis=-1))
