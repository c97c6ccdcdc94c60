"""Words in reasons that depend on a number."""

from __future__ import annotations

from collections.abc import Sequence


def counted(n: int, noun: str, plural: str | None = None) -> str:
    """Return a number with its noun.

    Examples
    --------
    >>> counted(1, "test row"), counted(12, "test row")
    ('1 test row', '12 test rows')
    """
    return f"{n} {noun if n == 1 else plural or noun + 's'}"


def verb(n: int, one: str = "is", several: str = "are") -> str:
    """Return the form of a verb that fits a number: "is" or "are" unless told otherwise."""
    return one if n == 1 else several


def listed(names: Sequence[str]) -> str:
    """Return names as a sentence lists them.

    Examples
    --------
    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def apart(high: float, low: float) -> tuple[str, str]:
    """Return two numbers as text, with digits enough that they differ where the numbers do."""
    texts = f"{high:.3g}", f"{low:.3g}"
    for digits in range(3, 17):
        texts = f"{high:.{digits}g}", f"{low:.{digits}g}"
        if texts[0] != texts[1] or high == low:
            break
    return texts
