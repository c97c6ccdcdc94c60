"""What thresholds and settings can be: the range of the numbers they are set against."""

from __future__ import annotations

import math
from dataclasses import dataclass

from xaigeo.audit.item import Item
from xaigeo.errors import ConfigError


@dataclass(frozen=True)
class Range:
    """Numbers from `low` to `high`.

    Attributes
    ----------
    low, high : float
    whole : bool
        Whether only whole numbers make sense.
    inner : bool
        Whether the two ends are left out.
    """

    low: float
    high: float = math.inf
    whole: bool = False
    inner: bool = False

    def holds(self, value: float) -> bool:
        """Return whether a number lies in the range."""
        if self.whole and value != int(value):
            return False
        if self.inner:
            return self.low < value < self.high
        return self.low <= value <= self.high

    @property
    def text(self) -> str:
        """The range in words, after "to be"."""
        kind = "a whole number" if self.whole else "a number"
        if self.inner:
            return f"{kind} between {self.low:g} and {self.high:g}, neither of them"
        if math.isinf(self.high):
            return f"{kind} of at least {self.low:g}"
        return f"{kind} from {self.low:g} to {self.high:g}"


SHARE, COUNT, CORRELATION = Range(0, 1), Range(1, whole=True), Range(-1, 1)
UNITS = {"share": SHARE, "count": COUNT}
# Of items whose unit is a bare number: what their scores can be.
NUMBERS = {
    "P3": Range(0),
    "M4": SHARE,
    "M5": SHARE,
    "F2": Range(0),
    "F3": CORRELATION,
    "F5": CORRELATION,
    "A1": CORRELATION,
    "A2": CORRELATION,
    "R2": Range(0, 2),
    # A difference of two scores that each lie between -1 and 1; below 0 it asks for a rise.
    "C3": Range(-2, 2),
}
SETTINGS = {
    ("M4", "n_bins"): Range(2, whole=True),
    ("F1", "tolerance"): SHARE,
    ("A4", "quantile"): Range(0, 1, inner=True),
    ("A6", "stability"): CORRELATION,
    ("R2", "min_rows"): COUNT,
}
SCORES = {
    "k": COUNT,
    # Of fewer draws a bound of a 95 % interval is not one draw in twenty.
    "n_bootstrap": Range(20, whole=True),
}


def check_limit(item: Item, name: str, value: float) -> None:
    """Raise where a threshold or a setting of an item lies outside what it can be.

    Items of other packages state shares and counts; of their other numbers nothing is known.
    """
    if name in ("pass", "warn"):
        found = UNITS.get(item.unit) or NUMBERS.get(item.id)
    else:
        found = SETTINGS.get((item.id, name))
    if found is not None and not found.holds(value):
        per_cent = found == SHARE and 1 < value <= 100
        raise ConfigError(
            expected=f"{item.id}.{name} to be {found.text}",
            arrived=repr(value),
            do=f"Write {value:g} % as {value / 100:g}." if per_cent else "Correct it.",
        )
