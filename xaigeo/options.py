"""Check options against the `Literal` that documents them, and keywords against a signature."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable
from numbers import Integral, Real
from typing import Any, TypeGuard, get_args

import numpy as np

from xaigeo.errors import InputError


def check_option(name: str, value: object, literal: Any) -> None:
    """Raise unless `value` is one of the values of a `typing.Literal`.

    Examples
    --------
    >>> from typing import Literal
    >>> check_option("engine", "batched", Literal["batched", "upstream"])
    """
    allowed = get_args(literal)
    if value not in allowed:
        raise InputError(
            expected=f"{name} to be one of {', '.join(map(repr, allowed))}",
            arrived=repr(value),
            do=suggestion(value, allowed) or f"Choose one of the listed values for {name}.",
        )


def check_keywords(owner: str, given: Iterable[str], known: Iterable[str]) -> None:
    """Raise when a keyword is not known to `owner`; nothing is ignored in silence."""
    known = tuple(known)
    for name in given:
        if name not in known:
            raise InputError(
                expected=f"arguments known to {owner} ({', '.join(sorted(known))})",
                arrived=f"{name!r}",
                do=suggestion(name, known) or "Remove the argument or correct its name.",
            )


def closest(value: object, known: Iterable[object]) -> str | None:
    """Return the known name most like `value`, or None when none is alike.

    Small and capital letters are alike; where names differ in these alone, they count.

    Examples
    --------
    >>> closest("SWA", ["swa", "aswa"])
    'swa'
    """
    folded: dict[str, list[str]] = {}
    for name in map(str, known):
        folded.setdefault(name.casefold(), []).append(name)
    given = str(value).casefold()
    close = [
        name
        for name in difflib.get_close_matches(given, folded, n=len(folded) or 1)
        # Slips seldom are in the first letter: another one asks for more of the rest to be alike.
        if name[:1] == given[:1] or given in name or _ratio(given, name) >= 2 / 3
    ]
    if not close:
        return None
    return max(folded[close[0]], key=lambda name: _ratio(str(value), name))


def _ratio(value: str, name: str) -> float:
    return difflib.SequenceMatcher(b=value, a=name).ratio()


def suggestion(value: object, known: Iterable[object]) -> str:
    """Return a 'Did you mean' sentence for the closest known name, or an empty string."""
    name = closest(value, known)
    return f"Did you mean {name!r}?" if name else ""


def check_count(name: str, value: object, *, at_least: int = 1) -> None:
    """Raise unless `value` is a whole number that is large enough."""
    whole = isinstance(value, Integral) and not isinstance(value, bool)
    if not whole or value < at_least:  # type: ignore[operator]
        raise InputError(
            expected=f"{name} to be a whole number of at least {at_least}",
            arrived=repr(value),
            do=f"Pass a number such as {name}={max(at_least, 1)}.",
        )


def check_flag(name: str, value: object) -> None:
    """Raise unless `value` is True or False."""
    if not isinstance(value, bool | np.bool_):
        raise InputError(
            expected=f"{name} to be True or False",
            arrived=repr(value),
            do=f"Pass {name}=True or {name}=False.",
        )


def check_workers(n_jobs: object) -> None:
    """Raise unless `n_jobs` is a number of workers as joblib counts them, or None."""
    whole = isinstance(n_jobs, Integral) and not isinstance(n_jobs, bool)
    if n_jobs is not None and (not whole or n_jobs == 0):
        raise InputError(
            expected="n_jobs to be None or a whole number other than 0",
            arrived=repr(n_jobs),
            do="Pass a number of workers such as n_jobs=2, or -1 for one on each processor.",
        )


def is_number(value: object) -> TypeGuard[float]:
    """Return whether a value is a finite real number and no boolean."""
    number = isinstance(value, Real) and not isinstance(value, bool | np.bool_)
    return number and math.isfinite(float(value))  # type: ignore[arg-type]


def check_positive(name: str, value: object) -> None:
    """Raise unless `value` is a finite number above zero."""
    number = isinstance(value, Real) and not isinstance(value, bool)
    if not number or not 0 < float(value) < float("inf"):  # type: ignore[arg-type]
        raise InputError(
            expected=f"{name} to be a finite number above zero",
            arrived=repr(value),
            do=f"Pass a number such as {name}=1.0.",
        )


def check_share(name: str, value: object, *, at_least: float = 0.0) -> None:
    """Raise unless `value` is a number from `at_least` to 1."""
    if not is_number(value) or not at_least <= float(value) <= 1.0:
        raise InputError(
            expected=f"{name} to be a number from {at_least:g} to 1",
            arrived=repr(value),
            do=f"Pass a number such as {name}=0.5.",
        )
