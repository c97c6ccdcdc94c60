"""What rows are called: the labels that explanations and evaluations share."""

from __future__ import annotations

import numpy as np
import pandas as pd

from xaigeo.schema import Frame


def instance_labels(X: Frame) -> np.ndarray:
    """Return the labels of rows: the index of a frame or series, or places in an array.

    Dates, periods and durations become text, which stores and pages can hold and by which pandas
    finds rows of such an index as well.
    """
    n_rows = 1 if isinstance(X, str) else len(X)
    index = X.index if isinstance(X, pd.DataFrame | pd.Series) else pd.RangeIndex(n_rows)
    if isinstance(index, pd.DatetimeIndex | pd.PeriodIndex | pd.TimedeltaIndex):
        return np.array([str(label) for label in index.astype(str)], dtype=object)
    return np.asarray(index)
