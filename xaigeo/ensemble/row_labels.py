"""What rows are called: the labels that explanations and evaluations share."""

from __future__ import annotations

import numpy as np
import pandas as pd

from xaigeo.schema import Frame


def instance_labels(X: Frame) -> np.ndarray:
    """Return the labels of rows: a frame's index, or their places in an array.

    Dates, periods and durations become text, which stores and pages can hold and by which pandas
    finds rows of such an index as well.
    """
    index = X.index if isinstance(X, pd.DataFrame) else pd.RangeIndex(len(X))
    if isinstance(index, pd.DatetimeIndex | pd.PeriodIndex | pd.TimedeltaIndex):
        return np.array([str(label) for label in index.astype(str)], dtype=object)
    return np.asarray(index)
