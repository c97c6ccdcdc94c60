"""Numbers and lists as words of a sentence."""

from __future__ import annotations

from collections.abc import Sequence


def count(n: int, noun: str) -> str:
    """Return a number with its noun."""
    return f"{n} {noun}{'' if n == 1 else 's'}"


def all_of(n: int, noun: str) -> str:
    """Return the subject of what all say: "All 3 seeds", "The one seed"."""
    return f"The one {noun}" if n == 1 else f"All {n} {noun}s"


def listed(names: Sequence[str]) -> str:
    """Return names as words: a, b and c."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
