"""Views: how standardised positions, displacements and normals come to the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from xaigeo.errors import InputError
from xaigeo.geometry.standard_frame import StandardFrame
from xaigeo.schema import Feature, FeatureSchema


class View(Protocol):
    """A plane ``y = Pᵀz`` of the standardised space, ``PᵀP = I``.

    Points transform affinely, displacements linearly without centring, and normals by
    ``Pᵀw_z``. Points and displacements come in view units (for a pair of features their
    original units, for a projection standard deviations), normals in the standardised plane.
    """

    @property
    def label(self) -> str:
        """What the view shows, in a few words."""
        ...

    @property
    def projection(self) -> np.ndarray:
        """Orthonormal columns P, shape (n_features, 2)."""
        ...

    @property
    def x_label(self) -> str:
        """Title of the horizontal axis."""
        ...

    @property
    def y_label(self) -> str:
        """Title of the vertical axis."""
        ...

    @property
    def shown(self) -> tuple[int, ...]:
        """Places of the features whose values the axes tell."""
        ...

    @property
    def scale(self) -> np.ndarray:
        """View units for one standard deviation along each axis, shape (2,)."""
        ...

    def points(self, z: np.ndarray) -> np.ndarray:
        """Return view coordinates of standardised points, shape (..., 2)."""
        ...

    def displacements(self, z: np.ndarray) -> np.ndarray:
        """Return view steps of standardised steps, shape (..., 2)."""
        ...

    def normals(self, w: np.ndarray) -> np.ndarray:
        """Return the part of standardised normals that lies in the plane, shape (..., 2)."""
        ...

    def to_units(self, y: np.ndarray) -> np.ndarray:
        """Return view coordinates of standardised positions in the plane, shape (..., 2)."""
        ...

    def from_units(self, values: np.ndarray) -> np.ndarray:
        """Return standardised positions in the plane of view coordinates, shape (..., 2)."""
        ...


@dataclass(frozen=True, eq=False)
class FeaturePair:
    """Two numeric columns in their original units, the others held at the instance.

    Attributes
    ----------
    x, y : Feature
    places : tuple of int
        Where the two columns are in the schema.
    frame : StandardFrame
    """

    x: Feature
    y: Feature
    places: tuple[int, int]
    frame: StandardFrame

    @classmethod
    def from_names(
        cls, names: Sequence[str], schema: FeatureSchema, frame: StandardFrame
    ) -> FeaturePair:
        """Look two columns up.

        Raises
        ------
        InputError
            Unless there are two different names of numeric columns.
        """
        numeric = [feature.name for feature in schema.features if not feature.is_discrete]
        pair = isinstance(names, Sequence) and not isinstance(names, str) and len(names) == 2
        if not pair or names[0] == names[1]:
            raise InputError(
                expected=f"a view of two different numeric columns ({', '.join(numeric)})",
                arrived=repr(names),
                do='Pass view=("column for x", "column for y"), or "pca" for the principal plane.',
            )
        for name in names:
            if schema[name].is_discrete:
                raise InputError(
                    expected=f"a view of two numeric columns ({', '.join(numeric)})",
                    arrived=f"{name!r}, which is {schema[name].kind}",
                    do="Choose numeric columns; changes of a category are written on the marks.",
                )
        return cls(
            schema[names[0]],
            schema[names[1]],
            (schema.index(names[0]), schema.index(names[1])),
            frame,
        )

    @property
    def projection(self) -> np.ndarray:
        """Two columns of the identity, shape (n_features, 2)."""
        return np.eye(len(self.frame.scale))[:, list(self.places)]

    @property
    def label(self) -> str:
        """Names of the two columns."""
        return f"{self.y.name} against {self.x.name}"

    @property
    def shown(self) -> tuple[int, ...]:
        """Places of the two columns."""
        return self.places

    @property
    def x_label(self) -> str:
        """Name and unit of the horizontal column."""
        return self.x.label

    @property
    def y_label(self) -> str:
        """Name and unit of the vertical column."""
        return self.y.label

    @property
    def scale(self) -> np.ndarray:
        """Original units per standard deviation, shape (2,)."""
        return self.frame.scale[list(self.places)]

    def points(self, z: np.ndarray) -> np.ndarray:
        """Return original values of the two columns, shape (..., 2)."""
        return self.to_units(z[..., list(self.places)])

    def displacements(self, z: np.ndarray) -> np.ndarray:
        """Return steps in original units, shape (..., 2)."""
        return np.asarray(z[..., list(self.places)] * self.scale)

    def normals(self, w: np.ndarray) -> np.ndarray:
        """Return the two components of standardised normals, shape (..., 2)."""
        return w[..., list(self.places)]

    def to_units(self, y: np.ndarray) -> np.ndarray:
        """Return original values for standardised positions in the plane, shape (..., 2)."""
        return np.asarray(y * self.scale + self.frame.location[list(self.places)])

    def from_units(self, values: np.ndarray) -> np.ndarray:
        """Return standardised positions in the plane for original values, shape (..., 2)."""
        return np.asarray((values - self.frame.location[list(self.places)]) / self.scale)


@dataclass(frozen=True, eq=False)
class Projection:
    """Any plane of the standardised space: principal components, an explanation plane, a tour.

    Its axes are in standard deviations. Every mark keeps its extent in all features and throws
    its shadow on the plane; nothing is held at an instance. Categories have no place on an
    axis: their rows of the projection are 0, and what they do is written on the marks.

    Attributes
    ----------
    projection : ndarray, shape (n_features, 2)
        Orthonormal columns.
    x_label, y_label : str
    name : str
        What the plane is: "PCA", "grand tour".
    variance_shares : tuple of float, optional
        Share of the data's variance along each axis.
    features : tuple of str, optional
        Names of the rows; a scene of other columns then refuses the plane.

    Raises
    ------
    InputError
        Unless the columns of `projection` are orthonormal.
    """

    projection: np.ndarray
    x_label: str = "first direction"
    y_label: str = "second direction"
    name: str = "projection"
    variance_shares: tuple[float, float] | None = None
    features: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        P = np.asarray(self.projection, dtype=float)
        if P.ndim != 2 or P.shape[1] != 2 or not np.allclose(P.T @ P, np.eye(2), atol=1e-8):
            raise InputError(
                expected="a projection with two orthonormal columns, shape (n_features, 2)",
                arrived=f"an array with shape {P.shape} whose columns are not",
                do="Orthonormalise it, for example np.linalg.qr(P)[0].",
            )
        object.__setattr__(self, "projection", P)

    def check_fits(self, schema: FeatureSchema) -> None:
        """Raise unless the plane is one of numeric columns of a schema.

        Raises
        ------
        InputError
            For another number of rows or other names, or a row of a category that is not 0.
        """
        named = self.features is None or list(self.features) == schema.names
        if len(self.projection) != schema.n_features or not named:
            raise InputError(
                expected=f"a projection of the columns {', '.join(schema.names)}",
                arrived=f"one with {len(self.projection)} rows"
                + (f" ({', '.join(self.features)})" if self.features else ""),
                do="Make the view from the explanations that it is to show.",
            )
        tilted = schema.discrete & (np.abs(self.projection).max(axis=1) > 0)
        if tilted.any():
            names = [name for name, bad in zip(schema.names, tilted, strict=True) if bad]
            raise InputError(
                expected="a projection of numeric columns, with rows of 0 for categories",
                arrived=f"one that turns {', '.join(names)} into the plane",
                do="Set these rows to 0 and orthonormalise the rest; a category has no place "
                "on an axis.",
            )

    @property
    def label(self) -> str:
        """What the plane is."""
        return self.name

    @property
    def shown(self) -> tuple[int, ...]:
        """No feature's value can be read off an axis."""
        return ()

    @property
    def scale(self) -> np.ndarray:
        """One: the axes are in standard deviations, shape (2,)."""
        return np.ones(2)

    def points(self, z: np.ndarray) -> np.ndarray:
        """Return ``Pᵀz``, shape (..., 2)."""
        return np.asarray(z @ self.projection)

    def displacements(self, z: np.ndarray) -> np.ndarray:
        """Return ``Pᵀz``: a step is not centred, and standardised points need no centring."""
        return np.asarray(z @ self.projection)

    def normals(self, w: np.ndarray) -> np.ndarray:
        """Return ``Pᵀw``, shape (..., 2)."""
        return np.asarray(w @ self.projection)

    def to_units(self, y: np.ndarray) -> np.ndarray:
        """Return positions in the plane as they are, shape (..., 2)."""
        return np.asarray(y)

    def from_units(self, values: np.ndarray) -> np.ndarray:
        """Return positions in the plane as they are, shape (..., 2)."""
        return np.asarray(values)
