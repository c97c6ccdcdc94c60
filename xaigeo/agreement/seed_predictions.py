"""What every seed predicts for the same rows, whether explained or evaluated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from xaigeo.ensemble.evaluation import Evaluation
from xaigeo.errors import InputError
from xaigeo.explanations import Explanation
from xaigeo.explanations.majority import majority
from xaigeo.options import suggestion


@dataclass(frozen=True, eq=False)
class SeedPredictions:
    """Predictions of all seeds for some rows.

    Attributes
    ----------
    prediction : ndarray, shape (n_seeds, n_rows, n_outputs)
        Class probabilities, or values of a regression.
    seeds : ndarray, shape (n_seeds,)
    outputs : tuple of str
    task : {"classification", "regression"}
    rows : ndarray, shape (n_rows,)
        Labels of the rows, as in the frame that was explained or evaluated.
    truth : ndarray, optional
        As `Evaluation.labels`; None for explanations.
    name : str
        What the rows are: "explained", "test".
    """

    prediction: np.ndarray
    seeds: np.ndarray
    outputs: tuple[str, ...]
    task: str
    rows: np.ndarray
    truth: np.ndarray | None
    name: str

    def majority(self) -> np.ndarray:
        """Return the place of the class that most seeds predict, shape (n_rows,)."""
        return majority(self.prediction)

    def of_majority(self) -> np.ndarray:
        """Return each seed's probability of that class, shape (n_seeds, n_rows)."""
        return np.asarray(self.prediction[:, np.arange(len(self.rows)), self.majority()])

    def place(self, output: str | None) -> int:
        """Return the place of an output, the first unless named.

        Raises
        ------
        InputError
            If no output has this name.
        """
        return 0 if output is None else output_place(self.outputs, output)


def seed_predictions(source: Evaluation | Explanation) -> SeedPredictions:
    """Return what every seed predicts for the rows of an evaluation or an explanation.

    Raises
    ------
    InputError
        For anything else, or an explanation of logits, which holds no probabilities.
    """
    if isinstance(source, Evaluation):
        return SeedPredictions(
            source.prediction,
            np.asarray(source.seeds),
            tuple(str(name) for name in source.classes),
            source.task,
            source.row_labels,
            source.labels,
            source.name,
        )
    if not isinstance(source, Explanation):
        raise InputError(
            expected="an Evaluation or an explanation",
            arrived=type(source).__name__,
            do="Pass ensemble.evaluate(X, y) or the result of xaigeo.explain.",
        )
    if source.provenance["parameters"].get("scale") == "logit":
        raise InputError(
            expected="probabilities or values of a regression",
            arrived=f"an explanation of logits ({source.method})",
            do="Pass ensemble.evaluate(X, y), or explain with scale='probability'.",
        )
    return SeedPredictions(
        source.array("prediction"),
        source.seeds,
        tuple(source.outputs),
        source.task,
        source.instances,
        None,
        "explained",
    )


def check_evaluation(evaluation: Any, what: str, task: str | None = None) -> None:
    """Raise unless an evaluation is given, and of the task that `what` is made for.

    Raises
    ------
    InputError
        For anything else.
    """
    if not isinstance(evaluation, Evaluation):
        raise InputError(
            expected=f"an Evaluation for {what}",
            arrived=type(evaluation).__name__,
            do="Pass what ensemble.evaluate(X, y) returns.",
        )
    if task is not None and evaluation.task != task:
        raise InputError(
            expected=f"the evaluation of a {task} for {what}",
            arrived=f"that of a {evaluation.task}",
            do="Evaluate a seed ensemble of that task.",
        )


def output_place(names: tuple[str, ...], output: object) -> int:
    """Return the place of an output by name.

    Raises
    ------
    InputError
        If there is no such output.
    """
    if str(output) not in names:
        raise InputError(
            expected=f"an output of the models ({', '.join(names)})",
            arrived=repr(output),
            do=suggestion(output, names) or "Name one of the listed outputs.",
        )
    return names.index(str(output))
