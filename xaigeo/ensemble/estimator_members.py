"""Fitted scikit-learn estimators as members of an ensemble."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from xaigeo.ensemble.members import Scale, Task, as_outputs
from xaigeo.errors import InputError
from xaigeo.schema import FeatureSchema, Frame, Matrix


class EstimatorAnswers:
    """K fitted estimators or pipelines, asked about data in the form they were fitted on.

    Columns of `predict_proba` are ordered by each one's ``classes_``.

    Parameters
    ----------
    estimators : sequence of fitted estimators
    classes : tuple
        Class labels in output order; for regression the names of the targets.
    task : {"classification", "regression"}
    coded : bool
        Whether the estimators' own classes are the places 0, 1, ... in `classes`, as xgboost
        wants them.

    Attributes
    ----------
    orders : list of list of int
        For each member the columns of its `predict_proba` in the order of `classes`; empty
        for regression.

    Raises
    ------
    InputError
        If an estimator knows other classes.
    """

    kind = "estimator"

    def __init__(
        self, estimators: Sequence[Any], classes: Sequence[Any], task: Task, *, coded: bool = False
    ) -> None:
        self.estimators = list(estimators)
        self.classes = tuple(classes)
        self.task: Task = task
        self.coded = coded
        self.n_members = len(self.estimators)
        self.orders = [self._order(place) for place in range(self.n_members)]

    def answer(self, place: int, data: Any, n_rows: int) -> np.ndarray:
        """Return one estimator's outputs, shape (n_rows, n_outputs)."""
        estimator = self.estimators[place]
        if self.task == "regression":
            answer = np.asarray(estimator.predict(data), dtype=np.float64)
        else:
            answer = np.asarray(estimator.predict_proba(data), dtype=np.float64)
            answer = answer[:, self.orders[place]]
        return as_outputs(answer, n_rows, classification=self.task == "classification", place=place)

    def subset(self, places: Sequence[int]) -> EstimatorAnswers:
        """Return the estimators at these places."""
        chosen = [self.estimators[place] for place in places]
        return EstimatorAnswers(chosen, self.classes, self.task, coded=self.coded)

    def _order(self, place: int) -> list[int]:
        if self.task == "regression":
            return []
        known = np.asarray(self.estimators[place].classes_).tolist()
        classes = list(range(len(self.classes))) if self.coded else list(self.classes)
        if len(known) != len(classes) or set(known) != set(classes):
            raise InputError(
                expected=f"every model to know the classes {', '.join(map(str, classes))}",
                arrived=f"{', '.join(map(str, known))} in model {place}",
                do="Fit all models on data with the same classes.",
            )
        return [known.index(label) for label in classes]


class EstimatorMembers:
    """K fitted estimators or pipelines, asked one after another.

    Each gets rows in the form it was fitted on: a data frame with original columns and
    values, or an array. Columns of `predict_proba` are ordered by each one's ``classes_``.

    Parameters
    ----------
    estimators : sequence of fitted estimators
    schema : FeatureSchema
    classes : tuple
        Class labels in output order; for regression the names of the targets.
    task : {"classification", "regression"}
    coded : bool
        Whether the estimators' own classes are the places 0, 1, ... in `classes`, as xgboost
        wants them.

    Attributes
    ----------
    orders : list of list of int
        For each member the columns of its `predict_proba` in the order of `classes`; empty
        for regression.

    Raises
    ------
    InputError
        If an estimator knows other classes or other columns.
    """

    kind = "estimator"
    has_logits = False

    def __init__(
        self,
        estimators: Sequence[Any],
        schema: FeatureSchema,
        classes: Sequence[Any],
        task: Task,
        *,
        coded: bool = False,
    ) -> None:
        self.answers = EstimatorAnswers(estimators, classes, task, coded=coded)
        self.estimators = self.answers.estimators
        self.schema = schema
        self.classes = self.answers.classes
        self.task: Task = task
        self.coded = coded
        self.n_members = self.answers.n_members
        self.orders = self.answers.orders
        for place in range(self.n_members):
            self._check_columns(place)

    def values(self, rows: Matrix, scale: Scale) -> np.ndarray:
        """Return the outputs of every member, shape (n_members, n_rows, n_outputs)."""
        # Decoding takes as long as a small model's answer, so it is done once. Each gets a
        # copy: a pipeline with StandardScaler(copy=False) writes into what it is given.
        frames = any(wants_frame(estimator, self.schema) for estimator in self.estimators)
        frame = self.schema.decode(rows) if frames else None
        answers = []
        for place, estimator in enumerate(self.estimators):
            data = frame if frame is not None and wants_frame(estimator, self.schema) else rows
            answers.append(self.answers.answer(place, data.copy(), len(rows)))
        return np.stack(answers)

    def member_values(self, place: int, rows: Matrix, scale: Scale) -> np.ndarray:
        """Return one member's outputs, shape (n_rows, n_outputs)."""
        data = estimator_input(self.estimators[place], self.schema, rows)
        return self.answers.answer(place, data, len(rows))

    def subset(self, places: Sequence[int]) -> EstimatorMembers:
        """Return the members at these places."""
        chosen = [self.estimators[place] for place in places]
        return EstimatorMembers(chosen, self.schema, self.classes, self.task, coded=self.coded)

    def _check_columns(self, place: int) -> None:
        estimator = self.estimators[place]
        names = getattr(estimator, "feature_names_in_", None)
        given = None if names is None else [str(name) for name in names]
        n_known = getattr(estimator, "n_features_in_", self.schema.n_features)
        known = [self.schema.names]
        if _is_lightgbm(estimator) or _is_lightgbm(getattr(estimator, "estimator", None)):
            # LightGBM (4.6) keeps "mean radius" as "mean_radius", and takes both.
            known.append([name.replace(" ", "_") for name in self.schema.names])
        if (given is not None and given not in known) or n_known != self.schema.n_features:
            raise InputError(
                expected=f"a schema with the columns of model {place}: "
                + (", ".join(given) if given is not None else f"{n_known} columns"),
                arrived=", ".join(self.schema.names),
                do="Pass schema=X, the rows the models were fitted on.",
            )


def estimator_input(estimator: Any, schema: FeatureSchema, rows: Matrix) -> Frame:
    """Return encoded rows as an estimator was fitted on them: a data frame or an array."""
    return schema.decode(rows) if wants_frame(estimator, schema) else rows.copy()


def wants_frame(estimator: Any, schema: FeatureSchema) -> bool:
    """Return whether an estimator was fitted on a data frame."""
    # An estimator fitted on an array warns when it meets column names, and the reverse.
    return hasattr(estimator, "feature_names_in_") or bool(schema.discrete.any())


def _is_lightgbm(estimator: Any) -> bool:
    return any(kind.__module__.split(".")[0] == "lightgbm" for kind in type(estimator).__mro__)


def last_step(estimator: Any) -> Any:
    """Return the last step of a pipeline, or the estimator itself."""
    from sklearn.pipeline import Pipeline

    while isinstance(estimator, Pipeline):
        estimator = estimator[-1]
    return estimator
