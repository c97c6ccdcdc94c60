"""A table with labels, its schema and where it comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

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
        """Return a stratified split; the index of the rows is kept."""
        from sklearn.model_selection import train_test_split

        stratify = self.y if self.y.nunique() < 0.1 * len(self.y) else None
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
