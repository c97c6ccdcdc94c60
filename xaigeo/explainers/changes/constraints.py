"""What a user says about the changes that are possible: which columns, which way, how far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from xaigeo.errors import InputError
from xaigeo.explainers.changes.limits import Limits
from xaigeo.options import is_number, suggestion
from xaigeo.schema import Feature, FeatureSchema, Matrix

Range = tuple[float | None, float | None]


@dataclass(frozen=True, kw_only=True)
class Constraints:
    """Limits on changes, in column names and original units.

    Attributes
    ----------
    immutable : sequence of str
        Columns that may not change.
    increase, decrease : sequence of str
        Numeric or ordinal columns that may only rise, or only fall.
    ranges : mapping of str to (low, high)
        Range of a changed numeric column, None for an open side, in place of the
        background's range.
    allowed : mapping of str to categories
        Categories that a categorical or ordinal column may change to; or, from each category
        it may change from, a mapping to those it may change to.
    max_step : mapping of str to float
        Largest change of a numeric column in its units, of an ordinal one in categories.

    Raises
    ------
    InputError
        From `limits`, for columns that do not exist, limits that do not fit a column's kind,
        and limits that contradict each other.
    """

    immutable: Sequence[str] = ()
    increase: Sequence[str] = ()
    decrease: Sequence[str] = ()
    ranges: Mapping[str, Range] = field(default_factory=dict)
    allowed: Mapping[str, Any] = field(default_factory=dict)
    max_step: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("immutable", "increase", "decrease"):
            _check_names(name, getattr(self, name))
        for name in ("ranges", "allowed", "max_step"):
            _check_mapping(name, getattr(self, name))

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-able description."""
        return {
            "immutable": [str(name) for name in self.immutable],
            "increase": [str(name) for name in self.increase],
            "decrease": [str(name) for name in self.decrease],
            "ranges": {str(name): list(map(_plain, r)) for name, r in self.ranges.items()},
            "allowed": {
                str(name): {str(a): [_plain(v) for v in to] for a, to in chosen.items()}
                if isinstance(chosen, Mapping)
                else [_plain(v) for v in chosen]
                for name, chosen in self.allowed.items()
            },
            "max_step": {str(name): _plain(step) for name, step in self.max_step.items()},
        }

    def check(self, schema: FeatureSchema) -> None:
        """Raise when the limits do not fit the columns or contradict each other."""
        for name in (*self.immutable, *self.increase, *self.decrease):
            schema.index(name)
        for name in (*self.ranges, *self.allowed, *self.max_step):
            schema.index(name)
        self._check_contradictions()
        for name in (*self.increase, *self.decrease, *self.max_step):
            _check_ordered(schema[name])
        for name, limits in self.ranges.items():
            _check_range(schema[name], limits)
        for name, step in self.max_step.items():
            _check_step(schema[name], step)
        for name in self.allowed:
            self._transitions(schema[name])
        if len(set(self.immutable)) == schema.n_features:
            raise InputError(
                expected="at least one column that may change",
                arrived=f"all of {', '.join(schema.names)} in immutable",
                do="Leave a column out of immutable.",
            )

    def limits(self, schema: FeatureSchema, background: Matrix) -> Limits:
        """Return the limits as arrays over columns, the background's range where none is named."""
        self.check(schema)
        free = Limits.from_background(schema, background)
        lower, upper, named = free.lower.copy(), free.upper.copy(), free.named.copy()
        transitions = free.transitions.copy()
        for name, (low, high) in self.ranges.items():
            j = schema.index(name)
            named[:, j] = low is not None, high is not None
            # A side that is left open keeps the background's end, or starts where the range does.
            lower[j] = min(free.lower[j], high) if low is None else low
            upper[j] = max(free.upper[j], low) if high is None else high
        for name in self.allowed:
            j = schema.index(name)
            n = len(schema[name].categories)
            transitions[j, :n, :n] = self._transitions(schema[name])
        step = np.full(schema.n_features, np.inf)
        for name, most in self.max_step.items():
            step[schema.index(name)] = most
        return Limits(
            discrete=free.discrete,
            integer=free.integer,
            mutable=~_mask(schema, self.immutable),
            lower=lower,
            upper=upper,
            named=named,
            rising=_mask(schema, self.increase),
            falling=_mask(schema, self.decrease),
            step=step,
            transitions=transitions,
        )

    def _check_contradictions(self) -> None:
        moving = {
            "increase": self.increase,
            "decrease": self.decrease,
            "ranges": self.ranges,
            "allowed": self.allowed,
            "max_step": self.max_step,
        }
        for what, names in moving.items():
            for name in names:
                if name in self.immutable:
                    raise _contradiction(name, "immutable", what)
        for name in self.increase:
            if name in self.decrease:
                raise _contradiction(name, "increase", "decrease")

    def _transitions(self, feature: Feature) -> np.ndarray:
        """Return from which category (row) to which (column) a column may change."""
        if not feature.is_discrete:
            raise InputError(
                expected=f"a categorical or ordinal column in allowed, not {feature.name!r}",
                arrived="a numeric column",
                do=f"Pass ranges={{{feature.name!r}: (low, high)}} for numbers.",
            )
        chosen, n = self.allowed[feature.name], len(feature.categories)
        allowed = np.zeros((n, n), dtype=bool)
        if isinstance(chosen, Mapping):
            allowed[:] = True
            for start, ends in chosen.items():
                row = allowed[_code(feature, start)]
                row[:] = False
                row[[_code(feature, end) for end in _categories(feature, ends)]] = True
        else:
            allowed[:, [_code(feature, end) for end in _categories(feature, chosen)]] = True
        return allowed


def _mask(schema: FeatureSchema, names: Sequence[str]) -> np.ndarray:
    mask = np.zeros(schema.n_features, dtype=bool)
    mask[[schema.index(name) for name in names]] = True
    return mask


def _contradiction(name: str, first: str, second: str) -> InputError:
    return InputError(
        expected=f"limits on {name!r} that go together",
        arrived=f"{name!r} in both {first} and {second}",
        do=f"Take it out of {first} or of {second}.",
    )


def _check_names(what: str, names: object) -> None:
    if isinstance(names, str) or not isinstance(names, Sequence):
        shown = [names] if isinstance(names, str) else ["column"]
        raise InputError(
            expected=f"{what} to be a list of column names",
            arrived=repr(names),
            do=f"Pass {what}={shown!r}.",
        )


def _check_mapping(what: str, given: object) -> None:
    if isinstance(given, Mapping):
        return
    examples = {"ranges": "(0, 10)", "allowed": "['a', 'b']", "max_step": "1"}
    raise InputError(
        expected=f"{what} to be a mapping from column names",
        arrived=repr(given),
        do=f"Pass {what}={{'column': {examples[what]}}}.",
    )


def _check_ordered(feature: Feature) -> None:
    if feature.kind == "categorical":
        raise InputError(
            expected=f"a numeric or ordinal column, not {feature.name!r}, in increase, decrease "
            "and max_step",
            arrived="a categorical column, which has no order",
            do=f"Pass allowed={{{feature.name!r}: [...]}}, or read the column as ordinal.",
        )


def _check_range(feature: Feature, limits: Any) -> None:
    example = f"ranges={{{feature.name!r}: ({feature.lower:g}, {feature.upper:g})}}"
    if feature.is_discrete:
        raise InputError(
            expected=f"a numeric column in ranges, not {feature.name!r}",
            arrived=f"a column of categories ({feature.kind})",
            do=f"Pass allowed={{{feature.name!r}: [...]}}.",
        )
    pair = isinstance(limits, Sequence) and len(limits) == 2
    if not pair or not all(end is None or is_number(end) for end in limits):
        raise InputError(
            expected=f"ranges[{feature.name!r}] to be (low, high), each a number or None",
            arrived=repr(limits),
            do=f"Pass {example}.",
        )
    low, high = (-np.inf if limits[0] is None else limits[0]), limits[1]
    high = np.inf if high is None else high
    empty = low > high or (feature.integer and np.ceil(low) > np.floor(high))
    if empty:
        whole = "a whole number" if feature.integer else "a number"
        raise InputError(
            expected=f"ranges[{feature.name!r}] to hold {whole}",
            arrived=f"({limits[0]}, {limits[1]})",
            do=f"Widen it, for example {example}.",
        )


def _check_step(feature: Feature, step: object) -> None:
    whole = feature.integer or feature.is_discrete
    if not is_number(step) or not step > 0 or (whole and step < 1):
        least = "of at least 1" if whole else "above zero"
        raise InputError(
            expected=f"max_step[{feature.name!r}] to be a number {least}",
            arrived=repr(step),
            do=f"Pass a larger step, or immutable=[{feature.name!r}].",
        )


def _categories(feature: Feature, chosen: Any) -> list[Any]:
    if isinstance(chosen, str) or not isinstance(chosen, Sequence | set | frozenset) or not chosen:
        raise InputError(
            expected=f"allowed[{feature.name!r}] to list categories",
            arrived=repr(chosen),
            do=f"List some of {', '.join(map(repr, feature.categories))}, "
            f"or pass immutable=[{feature.name!r}].",
        )
    return list(chosen)


def _code(feature: Feature, category: Any) -> int:
    if category not in feature.categories:
        raise InputError(
            expected=f"categories of {feature.name!r} "
            f"({', '.join(map(repr, feature.categories))}) in allowed",
            arrived=repr(category),
            do=suggestion(category, feature.categories) or "Name one of the listed categories.",
        )
    return feature.categories.index(category)


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value
