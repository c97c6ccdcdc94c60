"""A table with labels, its schema and where it comes from."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from xaigeo.errors import InputError
from xaigeo.schema import FeatureSchema


class Split(NamedTuple):
    """Rows to train on and rows to test on."""

    X_train: pd.DataFrame
    X_test: pd.DataFrame
    y_train: pd.Series
    y_test: pd.Series


@dataclass(frozen=True, eq=False, kw_only=True)
class Dataset:
    """A data frame `X`, labels `y`, the schema of `X`, and source, licence and notes.

    `protected` names the columns by which people must not be treated differently: groups to
    compare.
    """

    name: str
    X: pd.DataFrame
    y: pd.Series
    schema: FeatureSchema
    source: str
    licence: str
    notes: str = ""
    protected: tuple[str, ...] = ()

    def split(self, test_share: float = 0.3, *, random_state: int = 0) -> Split:
        """Return a split, stratified by labels that many rows share; the index is kept.

        Raises
        ------
        InputError
            If a label that is no number has too few rows to be on both sides.
        """
        from sklearn.model_selection import train_test_split

        stratify = self._strata(test_share)
        X_train, X_test, y_train, y_test = train_test_split(
            self.X, self.y, test_size=test_share, random_state=random_state, stratify=stratify
        )
        order_train, order_test = np.argsort(X_train.index), np.argsort(X_test.index)
        return Split(
            X_train.iloc[order_train],
            X_test.iloc[order_test],
            y_train.iloc[order_train],
            y_test.iloc[order_test],
        )

    def _strata(self, test_share: float) -> pd.Series | None:
        counts, n = self.y.value_counts(), len(self.y)
        if len(counts) >= 0.1 * n:
            return None
        n_test = math.ceil(test_share * n)
        if counts.min() >= 2 and min(n_test, n - n_test) >= len(counts):
            return self.y
        if pd.api.types.is_numeric_dtype(self.y) and not pd.api.types.is_bool_dtype(self.y):
            return None  # it may be an amount, of which each value need not be on both sides
        raise InputError(
            expected="rows of every label to train on and to test on",
            arrived=f"test_share={test_share!r} of {n} rows with {len(counts)} labels, "
            f"{counts.min()} of {counts.idxmin()!r}, the rarest",
            do="Leave rare labels out, or pass more rows or a test_share nearer to 0.5.",
        )
