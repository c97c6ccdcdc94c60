"""The rules of one row as intervals, feature by feature: by seed, in common, and together."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from xaigeo.explanations import Anchors
from xaigeo.geometry.box import Box
from xaigeo.geometry.box_drawing import joint_bounds, rows_inside
from xaigeo.geometry.groups import Groups
from xaigeo.geometry.standard_frame import StandardFrame

Bounds = tuple[np.ndarray, np.ndarray, np.ndarray]  # lower, upper, allowed


@dataclass(frozen=True, eq=False)
class RuleIntervals:
    """The boxes of one instance, side by side.

    Attributes
    ----------
    anchors : Anchors
        Of this instance alone.
    box : Box
        The same as geometry, (n_seeds, 1, n_features).
    groups : Groups
        Seeds by the answer they give, by place of the class; all in one for a regression.
    """

    anchors: Anchors
    box: Box
    groups: Groups

    @classmethod
    def of(cls, anchors: Anchors, place: int) -> RuleIntervals:
        """Take the rules of the instance at a place."""
        one = anchors.at([place])
        frame = StandardFrame.from_rows(one.schema, one.array("background"))
        return cls(one, Box.from_anchors(one, frame=frame), Groups.by(one.predicted))

    @property
    def row(self) -> np.ndarray:
        """The instance, encoded, shape (n_features,)."""
        return np.asarray(self.anchors.array("input")[0])

    @cached_property
    def restricted(self) -> np.ndarray:
        """Which features each seed's rule restricts, shape (n_seeds, n_features)."""
        return np.asarray(self.anchors.restricted[:, 0])

    @cached_property
    def common(self) -> Bounds:
        """Bounds of what the rules of each group share, (n_groups, n_features[, n_categories])."""
        return joint_bounds(self.box, self.groups, "intersection")

    @cached_property
    def hull(self) -> Bounds:
        """Bounds of the smallest box that holds the rules of each group."""
        return joint_bounds(self.box, self.groups, "union")

    @cached_property
    def common_coverage(self) -> np.ndarray:
        """Share of background rows that obey all rules of a group, shape (n_groups,)."""
        rows = self.anchors.array("background")
        return np.asarray(rows_inside(self.anchors.schema, rows, *self.common).mean(axis=-1))

    @cached_property
    def ends(self) -> np.ndarray:
        """Smallest and largest value by feature, shape (2, n_features).

        Of the background, the instance and the bounds there are.
        """
        rows = np.vstack([self.anchors.array("background"), self.row])
        low, high = rows.min(axis=0), rows.max(axis=0)
        lower, upper = self.box.lower[:, 0], self.box.upper[:, 0]
        low = np.minimum(low, np.where(np.isfinite(lower), lower, np.inf).min(axis=0))
        high = np.maximum(high, np.where(np.isfinite(upper), upper, -np.inf).max(axis=0))
        return np.stack([low, high])

    @cached_property
    def order(self) -> np.ndarray:
        """Places of the features that any seed restricts.

        Those that most seeds restrict come first, then those whose limits, taken alone, leave
        the fewest background rows.
        """
        used = np.flatnonzero(self.restricted.any(axis=0))
        kept = self._kept()
        return used[np.lexsort((used, kept[used], -self.restricted[:, used].sum(axis=0)))]

    def _kept(self) -> np.ndarray:
        """Return the mean share of background rows within each feature's limits, (n_features,)."""
        rows, schema = self.anchors.array("background"), self.anchors.schema
        kept = np.empty(schema.n_features)
        for j, feature in enumerate(schema.features):
            if feature.is_discrete:
                inside = self.box.allowed[:, 0, j][:, rows[:, j].astype(np.intp)]
            else:
                lower, upper = self.box.lower[:, 0, j, None], self.box.upper[:, 0, j, None]
                inside = (rows[:, j] >= lower) & (rows[:, j] <= upper)
            kept[j] = inside.mean()
        return kept
