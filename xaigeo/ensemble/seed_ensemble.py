"""K fitted models that differ in their random seed alone, as one object."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from xaigeo.ensemble.evaluation import Evaluation
from xaigeo.ensemble.members import CallableMembers, Members, Scale
from xaigeo.errors import InputError
from xaigeo.options import check_option
from xaigeo.schema import FeatureSchema, Frame, Matrix

Task = Literal["classification", "regression"]


@dataclass(frozen=True, eq=False, kw_only=True)
class SeedEnsemble:
    """K models of one architecture, data and hyperparameters, one per random seed.

    Make one with `train` (torch), `fit` (scikit-learn) or `wrap` (models already trained).

    Attributes
    ----------
    members : Members
        The models; one call answers for all.
    seeds : tuple of int
    schema : FeatureSchema
        Columns in original units; preprocessing belongs to the members.
    classes : tuple
        Class labels in output order; for regression the name of the target.
    task : {"classification", "regression"}
    record : dict
        JSON-able provenance: hashes of data, configuration and architecture, versions,
        training settings and scores.
    """

    members: Members
    seeds: tuple[int, ...]
    schema: FeatureSchema
    classes: tuple[Any, ...]
    task: Task = "classification"
    record: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def wrap(
        cls,
        models: Sequence[Any],
        *,
        seeds: Sequence[int] | None = None,
        schema: Frame | FeatureSchema,
        classes: Sequence[Any] | None = None,
        task: Task = "classification",
    ) -> SeedEnsemble:
        """Make an ensemble of models already trained (helper A completes: modules, estimators)."""
        columns = schema if isinstance(schema, FeatureSchema) else FeatureSchema.from_data(schema)
        members = CallableMembers(models, columns, classification=task == "classification")
        if classes is None:
            raise InputError(expected="classes", arrived="none", do="Pass classes=[...].")
        return cls(
            members=members,
            seeds=tuple(seeds if seeds is not None else range(len(models))),
            schema=columns,
            classes=tuple(classes),
            task=task,
        )

    @property
    def n_seeds(self) -> int:
        """Number of models."""
        return len(self.seeds)

    @property
    def n_outputs(self) -> int:
        """Number of outputs: classes, or 1 for regression."""
        return len(self.classes)

    @property
    def output_names(self) -> list[str]:
        """Outputs as text."""
        return [str(name) for name in self.classes]

    @property
    def default_scale(self) -> Scale:
        """The scale explained unless another is named: "probability" for classification, "value" for regression."""
        return "probability" if self.task == "classification" else "value"

    def outputs(self, X: Frame, *, scale: Scale | None = None) -> np.ndarray:
        """Return what explanations explain, shape (n_seeds, n_rows, n_outputs)."""
        return self.outputs_encoded(self.schema.encode(X), scale=scale)

    def outputs_encoded(self, rows: Matrix, *, scale: Scale | None = None) -> np.ndarray:
        """Return the outputs for rows already encoded by `schema.encode`."""
        return self.members.values(rows, self._checked_scale(scale))

    def member_outputs_encoded(
        self, place: int, rows: Matrix, *, scale: Scale | None = None
    ) -> np.ndarray:
        """Return the outputs of the model at one place, shape (n_rows, n_outputs)."""
        return self.members.member_values(place, rows, self._checked_scale(scale))

    def predict_proba(self, X: Frame) -> np.ndarray:
        """Return class probabilities, shape (n_seeds, n_rows, n_outputs).

        Raises
        ------
        InputError
            For a regression ensemble, or rows that do not fit the schema.
        """
        if self.task != "classification":
            raise InputError(
                expected="a classification ensemble for predict_proba",
                arrived="a regression ensemble",
                do="Call predict(X) for its values.",
            )
        return self.outputs(X, scale="probability")

    def predict(self, X: Frame) -> np.ndarray:
        """Return class labels or regression values, shape (n_seeds, n_rows)."""
        outputs = self.outputs(X)
        if self.task == "regression":
            return outputs[..., 0]
        return np.array(self.classes)[outputs.argmax(axis=-1)]

    def logits(self, X: Frame) -> np.ndarray:
        """Return logits, shape (n_seeds, n_rows, n_outputs).

        A binary model with a single logit z is reported as (-z, z), each class's log-odds.
        """
        return self.outputs(X, scale="logit")

    def evaluate(self, X: Frame, y: Any, *, name: str = "test") -> Evaluation:
        """Return how every seed performs on labelled rows it was not trained on."""
        from xaigeo.ensemble.targets import encode_labels

        rows = self.schema.encode(X)
        return Evaluation(
            name=name,
            seeds=np.array(self.seeds),
            classes=self.classes,
            task=self.task,
            rows=rows,
            labels=encode_labels(y, self.classes, self.task, n_rows=len(rows)),
            prediction=self.outputs_encoded(rows),
        )

    def select(self, seeds: Sequence[int]) -> SeedEnsemble:
        """Return the ensemble of some of the seeds, in the order given."""
        from dataclasses import replace

        unknown = [seed for seed in seeds if seed not in self.seeds]
        if unknown or not len(seeds):
            raise InputError(
                expected=f"seeds among {list(self.seeds)}",
                arrived=str(unknown or "none"),
                do="Look at .seeds for the seeds that exist.",
            )
        places = [self.seeds.index(seed) for seed in seeds]
        return replace(self, members=self.members.subset(places), seeds=tuple(seeds))

    def save(self, path: str | Path) -> Path:
        """Write the ensemble into the folder `path`."""
        from xaigeo.ensemble.storage import save_ensemble

        return save_ensemble(self, path)

    def __len__(self) -> int:
        return self.n_seeds

    def __repr__(self) -> str:
        return (
            f"SeedEnsemble({self.n_seeds} {self.members.kind} models, "
            f"{self.schema.n_features} features, {self.task}: {', '.join(self.output_names)})"
        )

    def _checked_scale(self, scale: Scale | None) -> Scale:
        if scale is None:
            return self.default_scale
        check_option("scale", scale, Scale)
        fitting = ("value",) if self.task == "regression" else ("probability", "logit")
        if scale not in fitting or (scale == "logit" and not self.members.has_logits):
            raise InputError(
                expected=f"a scale that {self.task} with {self.members.kind} models has",
                arrived=repr(scale),
                do=f"Use scale={self.default_scale!r}.",
            )
        return scale
