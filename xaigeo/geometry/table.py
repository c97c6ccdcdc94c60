"""Data frames with declared columns, so that an empty one looks like a full one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal

import numpy as np
import pandas as pd

Dtype = Literal["float64", "int64", "Int64", "bool", "text", "label"]
Columns = Mapping[str, Dtype]

KEYS: Final[dict[str, Dtype]] = {
    "method": "text",
    "layer": "text",
    "seed": "Int64",
    "instance": "label",
}


def table(columns: Columns, values: Mapping[str, Any]) -> pd.DataFrame:
    """Return a data frame with exactly `columns`; scalars are repeated.

    "text" and "label" columns hold Python objects and numpy's own type in turn: instance
    labels keep the type they have in the user's index.
    """
    length = max((np.size(v) for v in values.values() if np.ndim(v)), default=0)
    return pd.DataFrame(
        {name: _column(values[name], dtype, length) for name, dtype in columns.items()}
    )


def stack(columns: Columns, tables: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Return tables of the same columns one under the other."""
    filled = [one for one in tables if len(one)]
    if not filled:
        return table(columns, dict.fromkeys(columns, np.empty(0)))
    return pd.concat(filled, ignore_index=True)


def labels(names: Iterable[Any], places: np.ndarray) -> np.ndarray:
    """Return the names at `places` as an object array of that shape."""
    known = list(names)
    lookup = np.empty(len(known), dtype=object)
    lookup[:] = known
    return np.asarray(lookup[places])


def _column(values: Any, dtype: Dtype, length: int) -> Any:
    flat = np.reshape(values, -1) if np.ndim(values) else None
    if dtype == "Int64":
        if flat is None:
            return pd.array([values] * length, dtype="Int64")
        return pd.array(flat, dtype="Int64")
    if flat is None:
        flat = np.full(length, values, dtype=object if dtype in ("text", "label") else None)
    if dtype == "text":
        return pd.Series(flat.astype(object), dtype=object)
    return flat if dtype == "label" else flat.astype(dtype)
