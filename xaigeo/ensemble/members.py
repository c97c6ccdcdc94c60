"""What an ensemble asks of its models, and the simplest kind: plain callables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
import pandas as pd

from xaigeo.ensemble.output_columns import OutputColumns
from xaigeo.errors import InputError
from xaigeo.schema import FeatureSchema, Frame, Matrix

Scale = Literal["probability", "logit", "value"]
Task = Literal["classification", "regression"]


# How far from 1 a row's probabilities may add up: further than float16 rounds them.
SUM_TOLERANCE = 1e-3


@runtime_checkable
class Members(Protocol):
    """The K fitted models of an ensemble, asked all at once.

    `values` takes encoded rows, shape (n_rows, n_features), and returns float64,
    shape (n_members, n_rows, n_outputs): class probabilities, logits, or regression values.
    """

    kind: str
    n_members: int
    has_logits: bool

    def values(self, rows: Matrix, scale: Scale) -> np.ndarray:
        """Return the outputs of every member for the same rows."""
        ...

    def member_values(self, place: int, rows: Matrix, scale: Scale) -> np.ndarray:
        """Return one member's outputs, shape (n_rows, n_outputs)."""
        ...

    def subset(self, places: Sequence[int]) -> Members:
        """Return the members at these places."""
        ...


@runtime_checkable
class MixingMembers(Protocol):
    """Members with a quicker way to average over rows that mix an instance and a background."""

    def mixture_means(
        self, instance: Matrix, background: Matrix, masks: np.ndarray, scale: Scale
    ) -> np.ndarray | None:
        """Return mean outputs, shape (n_members, n_masks, n_outputs), or None to decline.

        The mean of a mask, shape (n_features,), is over the background rows, with the masked
        features set to the instance's values.
        """
        ...


@runtime_checkable
class OwnRowMembers(Protocol):
    """Members that answer in one pass where each has rows of its own."""

    def own_values(self, rows: Matrix, places: np.ndarray, scale: Scale) -> np.ndarray:
        """Return outputs, shape (n_rows, n_outputs): each row's by the member at its place.

        `places` has shape (n_rows,).
        """
        ...


class FunctionAnswers:
    """Models known only as functions, whatever they are given.

    Named columns of a data frame go by `OutputColumns`.

    Parameters
    ----------
    functions : sequence of callable
    classification : bool
        Whether they tell probabilities; a lone one is read as that of the second class of two.
    labels : sequence, optional
        Classes or targets in output order; None where they are not known yet.
    """

    kind = "callable"

    def __init__(
        self,
        functions: Sequence[Callable[[Any], Any]],
        classification: bool,
        labels: Sequence[Any] | None = None,
    ) -> None:
        self.functions = list(functions)
        self.classification = classification
        self.columns = OutputColumns(labels, classification=classification)
        self.n_members = len(self.functions)

    @property
    def labels(self) -> tuple[Any, ...] | None:
        """Return the classes or targets: those given, else the first model's named columns."""
        return self.columns.labels

    def answer(self, place: int, data: Any, n_rows: int) -> np.ndarray:
        """Return one model's outputs, shape (n_rows, n_outputs)."""
        given = self.functions[place](data)
        if isinstance(given, pd.DataFrame):
            given = self.columns.ordered(given, place)
        try:
            answer = np.asarray(given, dtype=np.float64)
        except (TypeError, ValueError, RuntimeError) as error:
            raise InputError(
                expected=f"numbers of shape ({n_rows}, n_outputs) from model {place}",
                arrived=f"a {type(given).__name__} that is no array of numbers ({error})",
                do="Let the function return an array with one row of outputs for each row of "
                "input.",
            ) from error
        return as_outputs(answer, n_rows, classification=self.classification, place=place)

    def subset(self, places: Sequence[int]) -> FunctionAnswers:
        """Return the models at these places."""
        chosen = [self.functions[place] for place in places]
        return FunctionAnswers(chosen, self.classification, self.labels)


class CallableMembers:
    """Models known only as functions from rows to outputs.

    Each function takes what the schema was read from (a data frame or an array) and returns
    probabilities, shape (n_rows, n_outputs); one probability column is read as the second
    class of two. For regression it returns values, shape (n_rows,) or (n_rows, n_targets).
    The columns of a data frame are put in the order of `labels` where they are named.
    """

    kind = "callable"
    has_logits = False

    def __init__(
        self,
        functions: Sequence[Callable[[Frame], Any]],
        schema: FeatureSchema,
        *,
        classification: bool,
        labels: Sequence[Any] | None = None,
    ) -> None:
        self.answers = FunctionAnswers(functions, classification, labels)
        self.functions = self.answers.functions
        self.schema = schema
        self.n_members = len(self.functions)

    def values(self, rows: Matrix, scale: Scale) -> np.ndarray:
        """Return the outputs of every member, shape (n_members, n_rows, n_outputs)."""
        data = self.schema.to_model_input(rows)
        return of_one_shape(
            [self.answers.answer(place, data, len(rows)) for place in range(self.n_members)]
        )

    def member_values(self, place: int, rows: Matrix, scale: Scale) -> np.ndarray:
        """Return one member's outputs, shape (n_rows, n_outputs)."""
        return self.answers.answer(place, self.schema.to_model_input(rows), len(rows))

    def subset(self, places: Sequence[int]) -> CallableMembers:
        """Return the members at these places."""
        return CallableMembers(
            [self.functions[place] for place in places],
            self.schema,
            classification=self.answers.classification,
            labels=self.answers.labels,
        )


def of_one_shape(answers: Sequence[np.ndarray]) -> np.ndarray:
    """Return the outputs of members, one array a member, as one.

    Raises
    ------
    InputError
        If they differ in shape.
    """
    shapes = {answer.shape for answer in answers}
    if len(shapes) > 1:
        raise InputError(
            expected="all models of the ensemble to return outputs of one shape",
            arrived=f"shapes {sorted(shapes)}",
            do="Pass models with the same classes or targets.",
        )
    return np.stack(answers)


def finite_outputs(values: np.ndarray) -> np.ndarray:
    """Return the outputs of members, (n_members, ...), if all are finite.

    Raises
    ------
    InputError
        That names the place of the first model with an output that is not.
    """
    if not np.isfinite(values).all():
        place = int(np.argwhere(~np.isfinite(values))[0, 0])
        raise InputError(
            expected="finite outputs from every model",
            arrived=f"NaN or infinite outputs from the model at place {place}",
            do="Check that model's weights, or leave it out with select().",
        )
    return values


def as_outputs(answer: np.ndarray, n_rows: int, *, classification: bool, place: int) -> np.ndarray:
    """Return a model's answer as (n_rows, n_outputs), a lone probability as two classes."""
    if answer.ndim == 1:
        answer = answer[:, None]
    if answer.ndim != 2 or len(answer) != n_rows or not np.isfinite(answer).all():
        finite = "" if np.isfinite(answer).all() else " with values that are not finite"
        raise InputError(
            expected=f"finite outputs of shape ({n_rows}, n_outputs) from model {place}",
            arrived=f"shape {answer.shape}{finite}",
            do="Return one row of outputs for each row of input.",
        )
    if not classification:
        return answer
    if answer.min() < -1e-6 or answer.max() > 1 + 1e-6:
        raise InputError(
            expected=f"probabilities between 0 and 1 from model {place}",
            arrived=f"values from {answer.min():.4g} to {answer.max():.4g}",
            do="Return probabilities (apply a softmax), or wrap with task='regression'.",
        )
    if answer.shape[1] == 1:
        return np.hstack([1.0 - answer, answer])
    sums = answer.sum(axis=1)
    worst = float(sums[np.abs(sums - 1).argmax()])
    if abs(worst - 1) > SUM_TOLERANCE:
        raise InputError(
            expected=f"probabilities that add up to 1 in every row from model {place}",
            arrived=f"a row of {answer.shape[1]} that adds up to {worst:.4g}",
            do="Return one probability a class (apply a softmax), or wrap with task='regression'.",
        )
    return answer
