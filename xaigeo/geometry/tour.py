"""A tour: a path of planes through the space of all numeric features."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np

from xaigeo.errors import InputError
from xaigeo.geometry.geodesic import Geodesic, polished
from xaigeo.geometry.view import Projection
from xaigeo.options import check_count, is_number

_FORMAT: Final = "xaigeo tour"
_VERSION: Final = 1
# Turns shorter than this show nothing new.
_STANDSTILL: Final = 1e-9
_TOLERANCE: Final = 1e-8
_JUMP: Final = 1e-6
_ROUND_OFF: Final = 1e-12


@dataclass(frozen=True, eq=False, kw_only=True)
class Tour:
    """Frames that turn from plane to plane by the shortest way, at constant speed.

    Attributes
    ----------
    kind : str
        "grand", "little", "guided", "radial" or "local".
    features : tuple of str
        Columns of the data, in the order of the frames' rows.
    bases : ndarray, shape (n_bases, n_features, 2)
        The frames at which the path turns off. Each is given as the frame in which the way from
        the one before arrives in its plane.
    parameters : Mapping[str, Any]
        What the tour was made with, `random_state` among it.
    values : tuple of float, optional
        A guided tour's index at each base, never falling.

    Raises
    ------
    InputError
        Unless the bases are orthonormal frames over the features, each settled in the way from
        the one before; `through` settles any planes.

    Notes
    -----
    Time runs from 0 to 1 by the length of the path, so equal times turn by equal angles.
    """

    kind: str
    features: tuple[str, ...]
    bases: np.ndarray
    parameters: Mapping[str, Any] = field(default_factory=dict)
    values: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        bases = np.asarray(self.bases, dtype=float)
        shape = (len(self.features), 2)
        if bases.ndim != 3 or bases.shape[1:] != shape or not len(bases):
            raise InputError(
                expected=f"bases of a tour, shape (n_bases, {shape[0]}, 2)",
                arrived=f"an array with shape {bases.shape}",
                do="Give one frame with two columns for each base.",
            )
        error = np.abs(bases.swapaxes(1, 2) @ bases - np.eye(2)).max()
        if not error < _TOLERANCE:
            raise InputError(
                expected="bases of a tour with orthonormal columns",
                arrived=f"columns that are off by {error:.2g}",
                do="Orthonormalise each, for example np.linalg.qr(base)[0].",
            )
        # They stay as they are to the last digit, so that a saved tour comes back as it was.
        object.__setattr__(self, "bases", bases)
        jumps = [np.abs(w.reached - end).max() for w, end in zip(self.ways, bases[1:], strict=True)]
        if max(jumps, default=0.0) > _JUMP:
            raise InputError(
                expected="bases of a tour, each the frame in which the way from the last arrives",
                arrived="frames that are turned within their planes",
                do="Make the tour with Tour.through(kind, features, planes).",
            )

    @classmethod
    def through(
        cls,
        kind: str,
        features: Sequence[str],
        planes: Sequence[np.ndarray],
        *,
        parameters: Mapping[str, Any] | None = None,
        values: Sequence[float] | None = None,
    ) -> Tour:
        """Return the tour through planes in order; a plane that is reached already is left out."""
        bases = [polished(np.asarray(planes[0], dtype=float))]
        kept = [0]
        for place, plane in enumerate(planes[1:], start=1):
            way = Geodesic(bases[-1], plane)
            if way.length > _STANDSTILL:
                # A frame that is reached as it was given stays exact.
                given = np.abs(way.reached - plane).max() < _ROUND_OFF
                bases.append(np.asarray(plane, dtype=float) if given else way.reached)
                kept.append(place)
        return cls(
            kind=kind,
            features=tuple(features),
            bases=np.array(bases),
            parameters=dict(parameters or {}),
            values=None if values is None else tuple(float(values[k]) for k in kept),
        )

    @cached_property
    def ways(self) -> tuple[Geodesic, ...]:
        """The turns between neighbouring bases."""
        return tuple(
            Geodesic(one, other) for one, other in zip(self.bases, self.bases[1:], strict=False)
        )

    @cached_property
    def lengths(self) -> np.ndarray:
        """Length of each turn in radians, shape (n_bases - 1,)."""
        return np.array([way.length for way in self.ways])

    @property
    def length(self) -> float:
        """Length of the path in radians."""
        return float(self.lengths.sum())

    @property
    def base_times(self) -> np.ndarray:
        """When the tour is at each base, shape (n_bases,)."""
        ends = np.concatenate([[0.0], np.cumsum(self.lengths)])
        return np.asarray(ends / (ends[-1] or 1.0))

    def frame(self, t: float) -> np.ndarray:
        """Return the frame at a time from 0 to 1, shape (n_features, 2).

        Raises
        ------
        InputError
            For a time outside.
        """
        if not is_number(t) or not 0 <= t <= 1:
            raise InputError(
                expected="a time of the tour from 0 to 1",
                arrived=repr(t),
                do="Pass a share of the path, such as 0.5 for its middle.",
            )
        if not self.ways:
            return np.asarray(self.bases[0])
        times = self.base_times
        k = min(int(np.searchsorted(times, t, side="right")) - 1, len(self.ways) - 1)
        return self.ways[k].frame((t - times[k]) / (times[k + 1] - times[k]))

    def frames(self, n: int) -> np.ndarray:
        """Return frames at equal steps of the path, both ends among them, (n, n_features, 2)."""
        return np.array([self.frame(t) for t in self.times(n)])

    def times(self, n: int) -> np.ndarray:
        """Return the times of `frames`, shape (n,).

        Raises
        ------
        InputError
            For fewer than two frames.
        """
        check_count("n", n, at_least=2)
        return np.asarray(np.linspace(0.0, 1.0, n))

    def view(self, t: float) -> Projection:
        """Return the plane at a time as a view for a scene, named by its heaviest features."""
        frame = self.frame(t)
        x, y = (direction_label(column, self.features) for column in frame.T)
        return Projection(frame, x, y, f"{self.kind} tour", features=self.features)

    def save(self, path: str | Path) -> Path:
        """Write the tour to a JSON file, exact to the last digit, and return the path."""
        path = Path(path)
        path.write_text(json.dumps(self.to_dict(), allow_nan=False), encoding="utf-8")
        return path

    @classmethod
    def load(cls, path: str | Path) -> Tour:
        """Read a tour that `save` wrote.

        Raises
        ------
        InputError
            If the file holds no tour.
        """
        try:
            found = json.loads(Path(path).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise InputError(
                expected=f"a file of a tour at {path}",
                arrived=f"one that cannot be read ({type(error).__name__})",
                do="Pass a path that Tour.save wrote to.",
            ) from error
        return cls.from_dict(found)

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-able description."""
        return {
            "format": _FORMAT,
            "version": _VERSION,
            "kind": self.kind,
            "features": list(self.features),
            "parameters": dict(self.parameters),
            "values": None if self.values is None else list(self.values),
            "bases": self.bases.tolist(),
        }

    @classmethod
    def from_dict(cls, found: Any) -> Tour:
        """Return the tour of a description by `to_dict`.

        Raises
        ------
        InputError
            If it describes no tour, or one of a later version.
        """
        wanted = {"format", "version", "kind", "features", "parameters", "values", "bases"}
        told = isinstance(found, dict) and found.get("format") == _FORMAT
        if not told or found.get("version") != _VERSION or not wanted <= set(found):
            raise InputError(
                expected=f"a description of a tour (format {_FORMAT!r}, version {_VERSION})",
                arrived=f"version {found.get('version')!r}" if told else "something else",
                do="Pass what Tour.save or Tour.to_dict gave.",
            )
        return cls(
            kind=str(found["kind"]),
            features=tuple(found["features"]),
            bases=np.array(found["bases"], dtype=float),
            parameters=found["parameters"],
            values=None if found["values"] is None else tuple(found["values"]),
        )

    def check_fits(self, names: Sequence[str]) -> None:
        """Raise unless the tour is one through these columns.

        Raises
        ------
        InputError
            With the columns of both.
        """
        if tuple(names) != self.features:
            raise InputError(
                expected=f"a tour through the columns {', '.join(names)}",
                arrived=f"one through {', '.join(self.features)}",
                do="Make the tour from the explanations that it is to show.",
            )

    def __repr__(self) -> str:
        return (
            f"Tour({self.kind!r}, {len(self.features)} features, {len(self.bases)} bases, "
            f"{np.degrees(self.length):.0f} degrees)"
        )


def direction_label(column: np.ndarray, names: Sequence[str], most: int = 2) -> str:
    """Return a direction in words by its heaviest features: ``0.80 a − 0.60 b``.

    Examples
    --------
    >>> direction_label(np.array([0.6, 0.0, -0.8]), ["a", "b", "c"])
    '−0.80 c + 0.60 a'
    """
    heaviest = np.argsort(-np.abs(column), kind="stable")[:most]
    text = ""
    for j in heaviest[np.abs(column[heaviest]) >= 0.005].tolist():
        sign = "−" if column[j] < 0 else "+"
        lead = ("−" if column[j] < 0 else "") if not text else f" {sign} "
        text += f"{lead}{abs(column[j]):.2f} {names[j]}"
    others = np.abs(np.delete(column, heaviest)) >= 0.005
    return text + (" + ..." if others.any() else "")
