"""How many different rows a number rests on: copies of a row add nothing to it."""

from __future__ import annotations

import hashlib
from typing import TypedDict

import numpy as np

from xaigeo.ensemble.evaluation import Evaluation


def rows_sha256(rows: np.ndarray) -> str:
    """Return the SHA-256 of encoded rows, as explanations record it of their background."""
    return hashlib.sha256(np.ascontiguousarray(rows).tobytes()).hexdigest()


class RowCounts(TypedDict):
    """What `Measured` takes: different rows, and how many further ones repeat them."""

    n_rows: int
    n_copies: int


def count_rows(rows: np.ndarray, where: np.ndarray | None = None) -> RowCounts:
    """Count rows that differ from each other.

    Parameters
    ----------
    rows : ndarray, shape (n_rows, n_columns)
        Encoded.
    where : ndarray of bool or of places, optional
        Of the rows that count; all if None.
    """
    chosen = rows if where is None else rows[where]
    # Rows without columns, and no rows at all, have nothing that np.unique could sort by.
    n = len(np.unique(chosen, axis=0)) if chosen.size else min(len(chosen), 1)
    return {"n_rows": n, "n_copies": len(chosen) - n}


def count_labelled(evaluation: Evaluation) -> RowCounts:
    """Count labelled rows that differ in the row or its label."""
    labels = np.asarray(evaluation.labels, dtype=float).reshape(len(evaluation.labels), -1)
    return count_rows(np.concatenate([evaluation.rows.astype(float), labels], axis=1))
