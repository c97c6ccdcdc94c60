"""Attributions of a fully crossed experiment: one at every combination of what was varied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, Literal

import numpy as np

from xaigeo.errors import InputError
from xaigeo.options import check_option

# The sources of disagreement that this library can vary, in reading order.
INIT: Final = "init"
ORDER: Final = "order"
MODEL: Final = "model"
EXPLAINER: Final = "explainer"
BACKGROUND: Final = "background"
METHOD: Final = "method"

CrossedScale = Literal["unit_norm", "share", "none"]


@dataclass(frozen=True, eq=False, kw_only=True)
class CrossedAttributions:
    """Attributions at every combination of the levels of several factors.

    Attributes
    ----------
    values : ndarray, shape (*levels, n_instances, n_features)
        One attribution vector a combination and instance, of one output.
    factors : tuple of str
        Names of the leading axes, such as ("init", "order", "explainer", "background", "method").
        A factor named "method" is fixed: its levels are all there are, and not a sample.
    levels : dict of str to sequence, optional
        Names of the levels of each factor; 0, 1, 2, ... by default.
    features : tuple of str, optional
        Names of the features; x0, x1, ... by default.
    sizes : bool
        Whether methods are compared by the sizes of their attributions, because signs do not mean
        the same in all of them. Each method by itself keeps its signs.
    k : int, optional
        Number of top features to compare; 3 by default, or one less than there are features.
    reasons : dict of (str, str) to str
        Why a factor makes nothing for a method, by the two names.
    provenance : dict

    Raises
    ------
    InputError
        On construction, for names that do not fit the axes, a factor of one level, or values that
        are not finite.
    """

    values: np.ndarray
    factors: Sequence[str]
    levels: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    features: Sequence[str] = ()
    sizes: bool = False
    k: int | None = None
    reasons: Mapping[tuple[str, str], str] = field(default_factory=dict)
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        values = np.asarray(self.values, dtype=np.float64)
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "factors", tuple(self.factors))
        self._check_names()
        shape = dict(zip(self.factors, values.shape, strict=False))
        object.__setattr__(
            self, "levels", {f: tuple(self.levels.get(f, range(n))) for f, n in shape.items()}
        )
        names = self.features or [f"x{j}" for j in range(values.shape[-1])]
        object.__setattr__(self, "features", tuple(names))
        self._check_levels()
        self._check_values()

    @property
    def n_instances(self) -> int:
        """Number of instances."""
        return int(self.values.shape[-2])

    @property
    def n_features(self) -> int:
        """Number of features."""
        return int(self.values.shape[-1])

    @property
    def n_runs(self) -> int:
        """Number of combinations of levels."""
        return int(np.prod([len(self.levels[f]) for f in self.factors]))

    @property
    def by_size(self) -> bool:
        """Whether sizes are compared here, as several methods are whose signs differ in meaning."""
        return self.sizes and METHOD in self.factors

    @cached_property
    def methods(self) -> list[str]:
        """Names of the methods: the levels of that factor, or the one of the provenance."""
        if METHOD in self.factors:
            return [str(level) for level in self.levels[METHOD]]
        return [str(self.provenance.get(METHOD, METHOD))]

    def of_method(self, place: int) -> CrossedAttributions:
        """Return the attributions of one method, without that factor."""
        if METHOD not in self.factors:
            return self
        axis = self.factors.index(METHOD)
        rest = [f for f in self.factors if f != METHOD]
        if not rest:
            raise InputError(
                expected="a factor beside the method",
                arrived="'method' alone",
                do="Vary something else too, or compare with xaigeo.agreement.between_methods.",
            )
        return CrossedAttributions(
            values=self.values.take(place, axis=axis),
            factors=rest,
            levels={f: self.levels[f] for f in rest},
            features=self.features,
            k=self.k,
            reasons=self.reasons,
            provenance={**self.provenance, METHOD: self.methods[place]},
        )

    def scaled(self, scale: CrossedScale) -> np.ndarray:
        """Return the values as they are decomposed, shape (*levels, n_instances, n_features).

        "unit_norm" divides each attribution vector by its Euclidean length, "share" by the sum of
        its sizes, so that vectors of any method and instance weigh alike; "none" leaves them as
        they are. A vector of zeros stays one.
        """
        check_option("scale", scale, CrossedScale)
        values = np.abs(self.values) if self.by_size else self.values
        if scale == "none":
            return values
        size = np.abs(values).max(axis=-1, keepdims=True)
        # Divided twice, as squares of very small numbers are lost.
        values = values / np.where(size > 0, size, 1.0)
        length = (
            np.sqrt(np.square(values).sum(axis=-1, keepdims=True))
            if scale == "unit_norm"
            else np.abs(values).sum(axis=-1, keepdims=True)
        )
        return np.asarray(values / np.where(length > 0, length, 1.0))

    def _check_names(self) -> None:
        names, axes = self.factors, self.values.ndim
        if not names or axes != len(names) + 2:
            raise InputError(
                expected="values with one axis for each factor, then instances and features",
                arrived=f"{axes} axes and {len(names)} factors ({', '.join(names) or 'none'})",
                do='Name the leading axes, for example factors=("init", "explainer").',
            )
        repeated = sorted({name for name in names if list(names).count(name) > 1})
        strangers = sorted(set(self.levels) - set(names))
        if repeated or strangers:
            raise InputError(
                expected=f"factors that are named once ({', '.join(names)})",
                arrived=f"{', '.join(repeated)} twice"
                if repeated
                else f"levels of {', '.join(strangers)}",
                do="Give every axis a name of its own, and levels to these.",
            )

    def _check_levels(self) -> None:
        for axis, name in enumerate(self.factors):
            n, named = self.values.shape[axis], len(self.levels[name])
            if n < 2:
                raise InputError(
                    expected=f"at least two levels of {name!r}, to see what it changes",
                    arrived=str(n),
                    do="Vary it, or leave the axis out.",
                )
            if n != named:
                raise InputError(
                    expected=f"{n} names for the levels of {name!r}, as values has",
                    arrived=str(named),
                    do="Pass one name a level.",
                )

    def _check_values(self) -> None:
        if not self.n_instances or self.n_features < 2:
            raise InputError(
                expected="at least one instance and two features",
                arrived=f"{self.n_instances} and {self.n_features}",
                do="Explain some rows of a model with several columns.",
            )
        if len(self.features) != self.n_features:
            raise InputError(
                expected=f"{self.n_features} names of features, as values has",
                arrived=str(len(self.features)),
                do="Pass one name a feature.",
            )
        if not np.isfinite(self.values).all():
            raise InputError(
                expected="attributions that are finite",
                arrived=f"{int((~np.isfinite(self.values)).sum())} that are not",
                do="Explain again what failed; a crossed design has no gaps.",
            )
