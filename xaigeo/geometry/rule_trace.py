"""The steps of one search for a rule, as they were kept."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from xaigeo.errors import InputError
from xaigeo.explanations import Anchors
from xaigeo.schema import FeatureSchema


@dataclass(frozen=True, eq=False, kw_only=True)
class RuleTrace:
    """The rules that a search went through for one seed and instance, in order.

    Attributes
    ----------
    schema : FeatureSchema
    row : ndarray, shape (n_features,)
        The instance, encoded.
    background : ndarray, shape (n_rows, n_features)
    lower, upper : ndarray, shape (n_steps, n_features)
    allowed : ndarray of bool, shape (n_steps, n_features, n_categories)
    precision, precision_low, coverage : ndarray, shape (n_steps,)
        Of each rule; `precision_low` is the lower bound.
    """

    schema: FeatureSchema
    row: np.ndarray
    background: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    allowed: np.ndarray
    precision: np.ndarray
    precision_low: np.ndarray
    coverage: np.ndarray

    @classmethod
    def of(cls, anchors: Anchors, seed: int, instance: int) -> RuleTrace:
        """Take the steps of the seed and the instance at two places.

        Raises
        ------
        InputError
            If the steps were not kept.
        """
        kept = "trace_precision" in anchors.data
        n_steps = int(trace_lengths(anchors)[seed, instance]) if kept else 0
        if not n_steps:
            raise InputError(
                expected="anchors that keep the steps of their search",
                arrived="anchors without a trace",
                do="Explain again with keep_trace=True: xaigeo.explain(ensemble, X, "
                f"method={anchors.method!r}, background=..., keep_trace=True).",
            )
        names = ("lower", "upper", "allowed", "precision", "precision_low", "coverage")
        steps = {name: anchors.array(f"trace_{name}")[seed, instance, :n_steps] for name in names}
        return cls(
            schema=anchors.schema,
            row=anchors.array("input")[instance],
            background=anchors.array("background"),
            **(steps | {"allowed": steps["allowed"].astype(bool)}),
        )

    @property
    def n_steps(self) -> int:
        """How many steps the search took."""
        return len(self.precision)

    @cached_property
    def restricted(self) -> np.ndarray:
        """Which features each step's rule restricts, shape (n_steps, n_features)."""
        exists = np.arange(self.allowed.shape[-1]) < self.schema.n_categories[:, None]
        bounded = np.isfinite(self.lower) | np.isfinite(self.upper)
        return np.asarray(bounded | (exists & ~self.allowed).any(axis=-1))

    @cached_property
    def ends(self) -> np.ndarray:
        """Smallest and largest value by feature, shape (2, n_features).

        Of the background, the instance and the bounds of all steps.
        """
        rows = np.vstack([self.background, self.row])
        lower = np.where(np.isfinite(self.lower), self.lower, np.inf).min(axis=0)
        upper = np.where(np.isfinite(self.upper), self.upper, -np.inf).max(axis=0)
        return np.stack([np.minimum(rows.min(axis=0), lower), np.maximum(rows.max(axis=0), upper)])

    @cached_property
    def order(self) -> np.ndarray:
        """Places of the features that any step restricts.

        Those of the last rule come first, each group by the step at which they came in.
        """
        used = np.flatnonzero(self.restricted.any(axis=0))
        first = self.restricted[:, used].argmax(axis=0)
        return used[np.lexsort((used, first, ~self.restricted[-1, used]))]


def trace_lengths(anchors: Anchors) -> np.ndarray:
    """Return how many steps each search took, shape (n_seeds, n_instances)."""
    return np.asarray(np.isfinite(anchors.array("trace_precision")).sum(axis=-1))
