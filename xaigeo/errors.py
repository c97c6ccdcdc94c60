"""Errors and warnings that tell what was expected, what arrived and what to do."""

from __future__ import annotations

import re

# How numpy 2 writes a number, a text or a truth value of its own.
_NUMPY = re.compile(r"\bnp\.(?:(?:u?int|float|str|bool|longdouble)\w*\(([^()]*)\)|(True|False)_)")


class InputError(ValueError):
    """Raise when a user's input cannot be used as it is.

    Parameters
    ----------
    expected : str
        What the call needs, as a noun phrase.
    arrived : str
        What it was given.
    do : str
        One sentence that tells the user what to do.

    Notes
    -----
    Values of numpy are told as plain ones: ``62``, not ``np.int64(62)``.
    """

    def __init__(self, *, expected: str, arrived: str, do: str) -> None:
        self.expected = _plain(expected)
        self.arrived = _plain(arrived)
        self.do = _plain(do)
        super().__init__(f"Expected {self.expected}, got {self.arrived}. {self.do}")

    def __reduce__(self) -> tuple[object, ...]:
        # Exceptions cross process borders by their args; keyword-only ones need this.
        return _rebuild, (type(self), self.expected, self.arrived, self.do)


class ConfigError(InputError):
    """Raise when a run configuration cannot be read or does not make sense."""


class StoreError(InputError):
    """Raise when a store on disk is missing, incomplete or altered."""


class ConstantFeatureWarning(UserWarning):
    """Warn that a column holds one value only, so no explanation can move it."""


class IdenticalModelsWarning(UserWarning):
    """Warn that all models of an ensemble answer alike, so agreement says nothing."""


class DuplicateLabelsWarning(UserWarning):
    """Warn that several explained rows have one label, so they cannot be told apart by it."""


class ManyCategoriesWarning(UserWarning):
    """Warn that a text column has about as many different values as rows."""


class SingleSeedWarning(UserWarning):
    """Warn that an ensemble of one seed can be explained but not compared."""


def _plain(text: str) -> str:
    return _NUMPY.sub(lambda found: found[1] or found[2] or "", text)


def _rebuild(kind: type[InputError], expected: str, arrived: str, do: str) -> InputError:
    return kind(expected=expected, arrived=arrived, do=do)
