"""The nearest rows at which a model would answer otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from xaigeo import dims
from xaigeo.explanations.base import Explanation, Shapes

# Columns of `to_frame` after the features that are there where the arrays are.
OPTIONAL_COLUMNS = ("neighbour_distance", "plausibility", "distinct", "price")
COUNTERFACTUAL_COLUMNS = frozenset(
    (
        *("seed", "instance", "candidate", "target", "target_lower", "target_upper"),
        *("valid", "distance", "n_changed", "changed", *OPTIONAL_COLUMNS),
    )
)


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Counterfactuals(Explanation):
    """The nearest rows at which a model would answer otherwise.

    Arrays besides the common ones: `point` (seed, instance, candidate, feature), encoded;
    `valid` (whether the seed's own model gives the wanted class there), `distance` (L1, each
    numeric feature in units of its median absolute deviation, a changed category counts 1),
    `n_changed`, all (seed, instance, candidate); `changed` (seed, instance, candidate, feature);
    `target` (seed, instance), place of the wanted class; `flip_fraction` (seed, instance,
    candidate), how far along the way from instance to point the class flips, NaN if it does not;
    `cross_validity` (seed, other_seed, instance, candidate), whether the other seed's model
    also gives the wanted class there.

    Where the method has them: `target_lower`, `target_upper` (seed, instance), the interval of
    values wanted of a regression (`target` is then the place of the explained output);
    `neighbour_distance` (seed, instance, candidate), the mean distance to the nearest background
    rows with the wanted answer; `plausibility` (seed, instance, candidate), the share of such
    background rows that lie as far or farther from theirs; `distinct` (seed, instance,
    candidate), False where a candidate repeats another for want of more; `price` (seed,
    instance, candidate), the distance of a point that is valid for all seeds less that of the
    seed's own nearest point.
    """

    kind: ClassVar[str] = "counterfactuals"
    required: ClassVar[Shapes] = {
        "point": (dims.SEED, dims.INSTANCE, dims.CANDIDATE, dims.FEATURE),
        "valid": (dims.SEED, dims.INSTANCE, dims.CANDIDATE),
        "distance": (dims.SEED, dims.INSTANCE, dims.CANDIDATE),
        "n_changed": (dims.SEED, dims.INSTANCE, dims.CANDIDATE),
        "changed": (dims.SEED, dims.INSTANCE, dims.CANDIDATE, dims.FEATURE),
        "target": (dims.SEED, dims.INSTANCE),
    }
    optional: ClassVar[Shapes] = {
        "flip_fraction": (dims.SEED, dims.INSTANCE, dims.CANDIDATE),
        "cross_validity": (dims.SEED, dims.OTHER_SEED, dims.INSTANCE, dims.CANDIDATE),
        "feature_mad": (dims.FEATURE,),
        "target_lower": (dims.SEED, dims.INSTANCE),
        "target_upper": (dims.SEED, dims.INSTANCE),
        "neighbour_distance": (dims.SEED, dims.INSTANCE, dims.CANDIDATE),
        "plausibility": (dims.SEED, dims.INSTANCE, dims.CANDIDATE),
        "distinct": (dims.SEED, dims.INSTANCE, dims.CANDIDATE),
        "price": (dims.SEED, dims.INSTANCE, dims.CANDIDATE),
    }

    def to_frame(self) -> pd.DataFrame:
        """Return one row per seed, instance and candidate, with a column per feature.

        Before the features `seed`, `instance`, `candidate` and `target`, of a regression also
        `target_lower` and `target_upper`; after them `valid`, `distance`, `n_changed`,
        `changed`, and those of `neighbour_distance`, `plausibility`, `distinct` and `price`
        that the method has. A feature named like one of these columns, there or not, is
        written as ``feature_<name>``.
        """
        point = self.array("point")
        frame = self.schema.decode(point.reshape(-1, point.shape[-1]))
        frame = frame.rename(
            columns={n: f"feature_{n}" for n in frame.columns if n in COUNTERFACTUAL_COLUMNS}
        )
        grid = np.indices(point.shape[:3]).reshape(3, -1)
        frame.insert(0, dims.SEED, self.seeds[grid[0]])
        frame.insert(1, dims.INSTANCE, self.instances[grid[1]])
        frame.insert(2, dims.CANDIDATE, grid[2])
        target = self.array("target")[grid[0], grid[1]]
        frame.insert(3, "target", np.array(self.outputs, dtype=object)[target])
        for place, name in enumerate(("target_lower", "target_upper"), start=4):
            if name in self.data:
                frame.insert(place, name, self.array(name)[grid[0], grid[1]])
        for name in ("valid", "distance", "n_changed"):
            frame[name] = self.array(name).reshape(-1)
        changed = self.array("changed").reshape(-1, len(self.features))
        frame["changed"] = [", ".join(np.array(self.features)[mask]) for mask in changed]
        for name in OPTIONAL_COLUMNS:
            if name in self.data:
                frame[name] = self.array(name).reshape(-1)
        return frame

    def _check_values(self) -> None:
        self._refuse(~np.isfinite(self.array("point")), "point", "to be finite")
