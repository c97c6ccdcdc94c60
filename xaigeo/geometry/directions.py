"""Surrogates that have a direction: whose they are, and the mean of each group of seeds."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from xaigeo.geometry.direction import mean_direction
from xaigeo.geometry.groups import Groups
from xaigeo.geometry.mark import Canvas
from xaigeo.geometry.table import KEYS, Columns, stack, table
from xaigeo.geometry.view import View

if TYPE_CHECKING:
    from xaigeo.geometry.line import Line

OWN: Final[Columns] = KEYS | {
    "output": "text",
    "predicted": "text",
    "mode": "int64",
    "n_seeds": "int64",
}


@dataclass(frozen=True, eq=False)
class Directions:
    """Surrogates that have a direction in all features: each seed's, then each group's mean.

    Every array has one row for a surrogate; the rows of seeds come first.
    """

    line: Line
    canvas: Canvas

    @cached_property
    def flat(self) -> np.ndarray:
        """Whether a surrogate has no direction, shape (n_seeds, n_instances)."""
        return np.asarray(np.isnan(self.line.normal).any(axis=-1))

    @cached_property
    def every(self) -> Groups:
        """Seeds by answer, rival and mode, where one of them has a direction."""
        groups = self.line.groups(self.line.contrast.rival)
        return groups.where(groups.restrict(~self.flat).sizes > 0)

    @cached_property
    def means(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Mean direction, resultant length and cone of each group in `every`."""
        kept = self.every.restrict(~self.flat)
        found = [mean_direction(self.line.normal[seeds, place]) for place, seeds in kept]
        n = self.line.schema.n_features
        return (
            np.array([mean.direction for mean in found]).reshape(-1, n),
            np.array([mean.resultant_length for mean in found]),
            np.array([mean.cone_degrees for mean in found]),
        )

    @cached_property
    def lost(self) -> np.ndarray:
        """Whether the directions of a group in `every` cancel, shape (n_every,)."""
        return np.asarray(np.isnan(self.means[2]))

    @cached_property
    def groups(self) -> Groups:
        """The groups that have a mean direction."""
        return self.every.where(~self.lost)

    @cached_property
    def kept(self) -> Groups:
        """These groups without their flat seeds."""
        return self.groups.restrict(~self.flat)

    @cached_property
    def instance(self) -> np.ndarray:
        """Place of the instance."""
        return np.concatenate([np.nonzero(~self.flat)[1], self.groups.instance])

    @cached_property
    def normal(self) -> np.ndarray:
        """Unit normals in the surrogates' own frame, shape (n, n_features)."""
        return np.concatenate([self.line.normal[~self.flat], self.means[0][~self.lost]])

    @cached_property
    def distance(self) -> np.ndarray:
        """Signed distance in all features; a group's median."""
        middle = self.kept.reduce(self.line.distance, np.median)
        return np.concatenate([self.line.distance[~self.flat], middle])

    @property
    def radius(self) -> np.ndarray:
        """Radius of the neighbourhood."""
        return np.asarray(self.line.radius[self.instance])

    @cached_property
    def near(self) -> np.ndarray:
        """Whether the boundary passes within the neighbourhood."""
        # False for NaN: a regression has no boundary.
        return np.asarray(np.abs(self.distance) <= self.radius)

    @cached_property
    def stretch(self) -> np.ndarray:
        """Standard deviations of the surrogates' background in those of the scene's.

        One in every feature unless explanations were made with different backgrounds.
        """
        return np.asarray(self.line.frame.scale / self.canvas.frame.scale)

    def tails(self, view: View) -> np.ndarray:
        """Return the instances in view units, shape (n, 2)."""
        return np.asarray(view.points(self.canvas.frame.points(self.line.rows))[self.instance])

    def steps(self, view: View, steps: np.ndarray) -> np.ndarray:
        """Return steps (..., n_features) of the surrogates' frame in view units."""
        return view.displacements(np.where(self.line.frame.discrete, 0.0, steps * self.stretch))

    def basis(self, view: View) -> np.ndarray:
        """Return the projection as it acts on the surrogates' frame, shape (n_features, 2)."""
        return np.asarray(view.projection * self.stretch[:, None])

    def keys(self) -> pd.DataFrame:
        """Return the columns that say whose each row is."""
        line, groups, drawn = self.line, self.groups, ~self.flat
        seed, instance = np.nonzero(drawn)
        columns = {**OWN, "group": "text", "share": "float64", "local_r2": "float64"}
        seeds = table(
            columns,
            {name: values[drawn] for name, values in line.answers().items()}
            | {
                "method": line.method,
                "layer": "seed",
                "seed": line.seeds[seed],
                "instance": line.instances[instance],
                "output": line.contrast.texts()[drawn],
                "n_seeds": 1,
                "share": 1.0 / len(line.seeds),
                "local_r2": line.local_r2[drawn],
            },
        )
        consensus = table(
            columns,
            line.group_keys(groups.instance)
            | line.group_answers(groups)
            | {
                "output": groups.shared(line.contrast.texts()),
                "n_seeds": groups.sizes,
                "share": groups.shares,
                "local_r2": self.kept.reduce(line.local_r2, np.median),
            },
        )
        return stack(columns, [seeds, consensus])

    def means_column(self, values: np.ndarray) -> np.ndarray:
        """Return values of the groups in `every` as a column, NaN for seeds."""
        return np.concatenate([np.full(int((~self.flat).sum()), np.nan), values[~self.lost]])
