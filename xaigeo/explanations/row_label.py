"""A row's label as an explanation has it."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

_MOMENTS = (datetime.date, np.datetime64)
_DURATIONS = (datetime.timedelta, np.timedelta64)


def known_label(label: Any, known: Sequence[Any]) -> Any:
    """Return a label as it is among the known ones.

    Explanations hold dates, periods and durations as text; here they may be named as the index of
    the explained frame has them. A label that is not known comes back as it is.

    Examples
    --------
    >>> known_label(pd.Timestamp("2020-05-01"), ["2020-05-01", "2020-05-02"])
    '2020-05-01'
    """
    if not isinstance(label, (*_MOMENTS, *_DURATIONS, pd.Period)) or label in known:
        return label
    texts = [text for text in known if isinstance(text, str)]
    if str(label) in texts:
        return str(label)
    return next((text for text in texts if _says(text, label)), label)


def _says(text: str, label: Any) -> bool:
    """Return whether a text is a date, period or duration: text is as long as its index needs."""
    try:
        if isinstance(label, pd.Period):
            return bool(pd.Period(text, freq=label.freqstr) == label)
        if isinstance(label, _DURATIONS):
            return bool(pd.Timedelta(text) == pd.Timedelta(label))
        return bool(pd.Timestamp(text) == pd.Timestamp(label))
    except ValueError:
        return False
