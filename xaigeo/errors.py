"""Errors and warnings that tell what was expected, what arrived and what to do."""

from __future__ import annotations

import re

# How numpy 2 writes a number, a text or a truth value of its own.
_NUMPY = re.compile(r"\bnp\.(?:(?:u?int|float|str|bool|longdouble)\w*\(([^()]*)\)|(True|False)_)")

# Of another library's message: some hold all the data.
MOST_CHARACTERS = 300


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


class CompletenessWarning(UserWarning):
    """Warn that attributions miss the output's change, to which they should add up."""


class ConstantFeatureWarning(UserWarning):
    """Warn that a column holds one value only, so no explanation can move it."""


class IdenticalModelsWarning(UserWarning):
    """Warn that all models of an ensemble answer alike, so agreement says nothing."""


class DuplicateLabelsWarning(UserWarning):
    """Warn that several explained rows have one label, so they cannot be told apart by it."""


class LoneAverageWarning(UserWarning):
    """Warn that an average of weights holds one step only, so that nothing is averaged."""


class LongTextWarning(UserWarning):
    """Warn that texts are longer than models read, so that their end is left out."""


class MainCodeWarning(UserWarning):
    """Warn that a store needs functions or classes of the program that wrote it."""


class ManyCategoriesWarning(UserWarning):
    """Warn that a text column has about as many different values as rows."""


class RebuiltTextWarning(UserWarning):
    """Warn that models answer otherwise to a text than to the words that it is explained by."""


class SingleSeedWarning(UserWarning):
    """Warn that an ensemble of one seed can be explained but not compared."""


def cause(error: BaseException) -> str:
    r"""Return kind and message of an error of other code, on one line, cut where it is long.

    Examples
    --------
    >>> cause(ValueError("No samples.\nPass some."))
    'ValueError: No samples. Pass some'
    """
    message = " ".join(str(error).split()).rstrip(".")
    if len(message) > MOST_CHARACTERS:
        message = message[: MOST_CHARACTERS - 3] + "..."
    return f"{type(error).__name__}: {message}" if message else type(error).__name__


def is_long(error: BaseException) -> bool:
    """Return whether `cause` would cut the message of an error."""
    return len(str(error)) > MOST_CHARACTERS


def _plain(text: str) -> str:
    return _NUMPY.sub(lambda found: found[1] or found[2] or "", text)


def _rebuild(kind: type[InputError], expected: str, arrived: str, do: str) -> InputError:
    return kind(expected=expected, arrived=arrived, do=do)
