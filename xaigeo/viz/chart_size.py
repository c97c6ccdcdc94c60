"""The size that a chart is asked for, checked."""

from __future__ import annotations

from typing import Final

from xaigeo.options import check_count

NARROWEST: Final = 120


def check_width(width: object) -> None:
    """Raise unless a width is a whole number of pixels in which a chart can be read."""
    check_count("width", width, at_least=NARROWEST)
