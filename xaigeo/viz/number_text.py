"""Numbers in sentences: significant digits without an exponent, a true minus."""

from __future__ import annotations

import math
from collections.abc import Sequence


def number_text(value: float, digits: int = 3) -> str:
    """Return a number rounded to some significant digits.

    Examples
    --------
    >>> number_text(-1234.567), number_text(0.034567), number_text(12.0)
    ('−1230', '0.0346', '12')
    """
    if not math.isfinite(value):
        return "undefined"
    if value == 0:
        return "0"
    decimals = digits - 1 - math.floor(math.log10(abs(value)))
    text = f"{round(value, decimals):.{max(decimals, 0)}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return text.replace("-", "−")


def alike_texts(values: Sequence[float], digits: int = 2) -> list[str]:
    """Return numbers to be compared, all with as many decimals.

    The largest has at least so many significant digits, the smallest one.

    Examples
    --------
    >>> alike_texts([0.25, 0.2, 0.0]), alike_texts([0.25, 0.004])
    (['0.25', '0.20', '0.00'], ['0.250', '0.004'])
    """
    known = [abs(value) for value in values if math.isfinite(value) and value]
    decimals = 0
    if known:
        decimals = digits - 1 - math.floor(math.log10(max(known)))
        decimals = max(decimals, -math.floor(math.log10(min(known))), 0)
    return [
        f"{value:.{decimals}f}".replace("-", "−") if math.isfinite(value) else "undefined"
        for value in values
    ]


def share_text(share: float) -> str:
    """Return a share in per cent; one that is neither none nor all never reads as that.

    Examples
    --------
    >>> share_text(0.999), share_text(0.25), share_text(0.001)
    ('more than 99%', '25%', 'less than 1%')
    """
    if 0 < share < 0.005:
        return "less than 1%"
    if 0.995 < share < 1:
        return "more than 99%"
    return f"{share:.0%}"


def probability_text(value: float) -> str:
    """Return a probability with two decimals; one that is not 0 never reads as that.

    Examples
    --------
    >>> probability_text(0.25), probability_text(0.0001)
    ('0.25', 'less than 0.01')
    """
    return "less than 0.01" if 0 < value < 0.005 else f"{value:.2f}"


def counted(n: int, noun: str) -> str:
    """Return a number with its noun, which takes an s unless there is one.

    Examples
    --------
    >>> counted(1, "row"), counted(3, "row")
    ('1 row', '3 rows')
    """
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def range_text(low: str, high: str) -> str:
    """Return a range of two written numbers, one number where both read the same.

    Examples
    --------
    >>> range_text("0.9", "1"), range_text("1", "1")
    ('0.9 to 1', '1')
    """
    return low if low == high else f"{low} to {high}"


def all_seeds(n: int) -> str:
    """Return "all 5 seeds", "both seeds" or "the one seed".

    Examples
    --------
    >>> all_seeds(1), all_seeds(2), all_seeds(5)
    ('the one seed', 'both seeds', 'all 5 seeds')
    """
    return {1: "the one seed", 2: "both seeds"}.get(n, f"all {n} seeds")
