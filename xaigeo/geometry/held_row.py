"""The row at which columns are held while others move."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd

from xaigeo.errors import InputError
from xaigeo.schema import FeatureSchema, Frame, Matrix

TYPICAL: Final = "medians and commonest categories"


def held_row(schema: FeatureSchema, X: Frame, rows: Matrix, at: Any = None) -> tuple[Matrix, str]:
    """Return one encoded row and what it is.

    Parameters
    ----------
    schema : FeatureSchema
    X : DataFrame or ndarray, shape (n_rows, n_features)
    rows : ndarray, shape (n_rows, n_features)
        The same rows, encoded.
    at : label, optional
        A row of `X` by its index (of an array: by its place). Unless given, medians of numeric
        columns and the commonest category of the others (of equally common ones the first).

    Raises
    ------
    InputError
        If no row or several have the label.
    """
    if at is None:
        modes = [
            float(np.bincount(column.astype(int)).argmax())
            if discrete
            else float(np.median(column))
            for column, discrete in zip(rows.T, schema.discrete, strict=True)
        ]
        return np.array(modes), TYPICAL
    labels = X.index.tolist() if isinstance(X, pd.DataFrame) else list(range(len(rows)))
    places = [place for place, label in enumerate(labels) if label == at]
    if len(places) != 1:
        known = ", ".join(map(str, labels[:8])) + (", ..." if len(labels) > 8 else "")
        raise InputError(
            expected=f"the label of one row of X ({known})",
            arrived=f"{at!r}, which {len(places) or 'no'} rows have",
            do="Pass a label of X.index, or nothing to hold columns at their medians.",
        )
    return rows[places[0]], f"row {at}"
