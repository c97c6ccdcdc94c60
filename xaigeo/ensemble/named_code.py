"""Functions and classes inside a model that a store can only hold by their name in a module."""

from __future__ import annotations

import pickle
import sys
import warnings
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import FunctionType
from typing import Any

from xaigeo.errors import InputError, MainCodeWarning

MAIN = "__main__"


@dataclass(frozen=True)
class NamedCode:
    """What of a model's code can be found again by name.

    Attributes
    ----------
    lost : tuple of str
        Functions and classes that no name leads to: lambdas, and what is defined in a function.
    of_main : tuple of str
        Those of ``__main__``, the program or notebook that runs.
    """

    lost: tuple[str, ...]
    of_main: tuple[str, ...]

    @classmethod
    def of(cls, model: Any) -> NamedCode:
        """Return what is found of a model's functions and classes."""
        walk = _Walk()
        with suppress(Exception):  # what cannot be walked to its end is told when it is written
            walk.dump(model)
        own = [code for code in walk.code if code.__module__ == MAIN and not _is_lost(code)]
        lost = [code for code in walk.code if _is_lost(code)]
        return cls(_names(lost), _names(own))


def check_named_code(model: Any) -> NamedCode:
    """Return what of a model's code is found by name.

    Raises
    ------
    InputError
        For functions and classes that could not be loaded again.
    """
    code = NamedCode.of(model)
    if code.lost:
        raise InputError(
            expected="estimators whose functions and classes can be loaded again, each by its name "
            "in a module",
            arrived=f"{', '.join(code.lost)} in {type(model).__name__}",
            do="Define it with def or class at the top of a module, a file of its own, in place of "
            "a lambda or a definition inside a function, and make the ensemble with that.",
        )
    return code


def note_main_code(codes: Sequence[NamedCode], *, stacklevel: int) -> None:
    """Warn if models hold functions or classes of the program that runs.

    Warns
    -----
    MainCodeWarning
    """
    names = list(dict.fromkeys(name for code in codes for name in code.of_main))
    if names:
        warnings.warn(
            f"Saved with {', '.join(names)}, of which only the name is kept: the ensemble loads "
            "only in a program or notebook that has defined the same under this name before. Put "
            "it into a module, a file of its own, to load the ensemble anywhere.",
            MainCodeWarning,
            stacklevel=stacklevel + 1,
        )


class _Nowhere:
    """A file that keeps nothing."""

    def write(self, data: Any) -> int:
        return len(data)


class _Walk(pickle.Pickler):
    """Goes through all that a model holds, as pickle does, and keeps nothing but its code."""

    def __init__(self) -> None:
        # Large arrays are left where they are.
        super().__init__(_Nowhere(), protocol=5, buffer_callback=lambda buffer: None)
        self.code: list[Any] = []

    def reducer_override(self, given: Any) -> Any:
        """Note functions and classes, and go on behind those that pickle would refuse."""
        if not isinstance(given, FunctionType | type) or given.__module__ == "builtins":
            return NotImplemented
        self.code.append(given)
        return (str, ()) if _is_lost(given) else NotImplemented


def _is_lost(code: Any) -> bool:
    if "<" in code.__qualname__:  # <lambda> and <locals>
        return True
    found = sys.modules.get(code.__module__)
    for part in code.__qualname__.split("."):
        found = getattr(found, part, None)
    # A worker that fitted the model sends a copy of what is defined in __main__.
    return found is None if code.__module__ == MAIN else found is not code


def _names(code: Sequence[Any]) -> tuple[str, ...]:
    kinds = ("the class" if isinstance(each, type) else "the function" for each in code)
    told = (
        f"{kind} {each.__module__}.{each.__qualname__}"
        for kind, each in zip(kinds, code, strict=True)
    )
    return tuple(dict.fromkeys(told))
