"""Rules under which a model keeps its answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from xaigeo import dims
from xaigeo.explanations.base import Explanation, Shapes
from xaigeo.explanations.rule import rule_text


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Anchors(Explanation):
    """Rules under which a model's answer stays the same.

    Arrays besides the common ones, for each seed and instance: `lower`, `upper`
    (seed, instance, feature) with -inf and inf for open sides (a row obeys when
    lower <= value <= upper); `allowed` (seed, instance, feature, category), the categories a
    categorical or ordinal feature may take, all True when free and for numeric features;
    `precision`, `precision_low` (its lower confidence bound), `coverage`, `n_samples`,
    `met` (whether the bound reached the wanted precision);
    `cross_precision` (seed, other_seed, instance), the share of the rule's samples on which the
    *other* seed's model gives the answer that this seed's model gives at the instance (its
    class, or a value in its interval).

    Where the method has them: `data_precision` (seed, instance), the precision on background
    rows that obey, NaN where none does; `perturbation_coverage` (seed, instance), the share of
    unrestricted perturbed rows that obey; `joint_precision` (instance), for a rule that all
    seeds share, the share of its samples on which all of them keep their answers at once;
    `answer_lower`, `answer_upper` (seed, instance), the
    interval of values that counts as the same answer of a regression; and the search's trace,
    padded with NaN (and False) after its last step: `trace_lower`, `trace_upper`
    (seed, instance, step, feature), `trace_allowed` (seed, instance, step, feature, category),
    `trace_precision`, `trace_precision_low`, `trace_coverage` (seed, instance, step).
    """

    kind: ClassVar[str] = "anchors"
    required: ClassVar[Shapes] = {
        "lower": (dims.SEED, dims.INSTANCE, dims.FEATURE),
        "upper": (dims.SEED, dims.INSTANCE, dims.FEATURE),
        "allowed": (dims.SEED, dims.INSTANCE, dims.FEATURE, dims.CATEGORY),
        "precision": (dims.SEED, dims.INSTANCE),
        "precision_low": (dims.SEED, dims.INSTANCE),
        "coverage": (dims.SEED, dims.INSTANCE),
        "n_samples": (dims.SEED, dims.INSTANCE),
        "met": (dims.SEED, dims.INSTANCE),
    }
    optional: ClassVar[Shapes] = {
        "cross_precision": (dims.SEED, dims.OTHER_SEED, dims.INSTANCE),
        "data_precision": (dims.SEED, dims.INSTANCE),
        "perturbation_coverage": (dims.SEED, dims.INSTANCE),
        "joint_precision": (dims.INSTANCE,),
        "answer_lower": (dims.SEED, dims.INSTANCE),
        "answer_upper": (dims.SEED, dims.INSTANCE),
        "trace_lower": (dims.SEED, dims.INSTANCE, dims.STEP, dims.FEATURE),
        "trace_upper": (dims.SEED, dims.INSTANCE, dims.STEP, dims.FEATURE),
        "trace_allowed": (dims.SEED, dims.INSTANCE, dims.STEP, dims.FEATURE, dims.CATEGORY),
        "trace_precision": (dims.SEED, dims.INSTANCE, dims.STEP),
        "trace_precision_low": (dims.SEED, dims.INSTANCE, dims.STEP),
        "trace_coverage": (dims.SEED, dims.INSTANCE, dims.STEP),
    }

    def members(self, rows: np.ndarray) -> np.ndarray:
        """Return which encoded rows obey each rule, shape (n_seeds, n_instances, n_rows)."""
        lower, upper = self.array("lower"), self.array("upper")
        inside = np.ones((*lower.shape[:2], len(rows)), dtype=bool)
        for j, feature in enumerate(self.schema.features):
            if feature.is_discrete:
                codes = rows[:, j].astype(np.intp)
                inside &= self.array("allowed")[:, :, j, :][..., codes]
            else:
                inside &= (rows[:, j] >= lower[..., j, None]) & (rows[:, j] <= upper[..., j, None])
        return inside

    def rule(self, seed: int, instance: Any) -> str:
        """Return one rule in words: ``flipper_length_mm > 206 and sex = male``."""
        return str(self.sel(seed=[seed], instance=[instance]).rules()[0, 0])

    def rules(self) -> np.ndarray:
        """Return every rule in words, an object array of shape (n_seeds, n_instances)."""
        lower, upper, allowed = (self.array(name) for name in ("lower", "upper", "allowed"))
        texts = np.empty(lower.shape[:2], dtype=object)
        for place in np.ndindex(texts.shape):
            texts[place] = rule_text(self.schema, lower[place], upper[place], allowed[place])
        return texts

    @property
    def restricted(self) -> np.ndarray:
        """Which features each rule restricts, shape (n_seeds, n_instances, n_features)."""
        bounded = np.isfinite(self.array("lower")) | np.isfinite(self.array("upper"))
        exists = np.arange(self.data.sizes[dims.CATEGORY]) < self.schema.n_categories[:, None]
        return np.asarray(bounded | (exists & ~self.array("allowed").astype(bool)).any(axis=-1))

    @property
    def empty(self) -> np.ndarray:
        """Which rules restrict nothing, shape (n_seeds, n_instances)."""
        return np.asarray(~self.restricted.any(axis=-1))

    @property
    def status(self) -> np.ndarray:
        """What became of each search, an object array of shape (n_seeds, n_instances).

        "met" or "threshold not met", with ", empty rule" where the rule restricts nothing.
        """
        words = np.where(self.array("met"), "met", "threshold not met").astype(object)
        return np.asarray(words + np.where(self.empty, ", empty rule", "").astype(object))

    def to_frame(self) -> pd.DataFrame:
        """Return one row per seed and instance.

        Columns: the rule in words, the answer it keeps (`predicted`; for a regression the value,
        with `answer_lower` and `answer_upper`), `status`, `empty`, precision, coverage and the
        other numbers there are.
        """
        shape = (len(self.seeds), len(self.instances))
        measured = ("precision", "precision_low", "coverage", "n_samples", "met")
        extra = ("data_precision", "perturbation_coverage", "answer_lower", "answer_upper")
        columns: dict[str, np.ndarray] = {
            dims.SEED: np.repeat(self.seeds, shape[1]),
            dims.INSTANCE: np.tile(self.instances, shape[0]),
            "rule": self.rules(),
            "predicted": self._answers(),
            "status": self.status,
            "empty": self.empty,
        }
        columns |= {name: self.array(name) for name in (*measured, *extra) if name in self.data}
        if "joint_precision" in self.data:
            columns["joint_precision"] = np.broadcast_to(self.array("joint_precision"), shape)
        return pd.DataFrame({name: values.ravel() for name, values in columns.items()})

    def _answers(self) -> np.ndarray:
        if self.task == "regression" and "answer_lower" in self.data:
            return np.asarray((self.array("answer_lower") + self.array("answer_upper")) / 2)
        return np.asarray(np.array(self.outputs, dtype=object)[self.predicted])

    def _check_values(self) -> None:
        self._refuse(~self._own(), "every rule", "to hold for the instance it explains")
        precision = self.array("precision")
        self._refuse((precision < 0) | (precision > 1), "precision", "to lie between 0 and 1")

    def _own(self) -> np.ndarray:
        """Return whether rules hold for their instances, shape (n_seeds, n_instances)."""
        # Not by `members`, whose memory would grow with the square of the instances.
        inputs, lower, upper = (self.array(name) for name in ("input", "lower", "upper"))
        inside = np.ones(lower.shape[:2], dtype=bool)
        for j, feature in enumerate(self.schema.features):
            if feature.is_discrete:
                codes = inputs[:, j].astype(np.intp)
                inside &= self.array("allowed")[:, np.arange(len(codes)), j, codes]
            else:
                inside &= (inputs[:, j] >= lower[..., j]) & (inputs[:, j] <= upper[..., j])
        return inside
