"""Labels and regression targets: read, checked, encoded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from xaigeo.ensemble.members import Task
from xaigeo.errors import InputError

# More whole numbers than this, and more than this share of the rows, look like amounts.
MANY_CLASSES, MANY_CLASSES_SHARE = 20, 0.05


def infer_task(y: Any) -> Task:
    """Return "regression" for floating-point targets, else "classification".

    Raises
    ------
    InputError
        Where this could be wrong: two different floating-point values only, or many different
        whole numbers.
    """
    series = _series(y)
    n_different = series.nunique()
    if pd.api.types.is_float_dtype(series.dtype):
        if n_different > 2:
            return "regression"
        seen = f"{n_different} different floating-point values"
    elif (
        not pd.api.types.is_integer_dtype(series.dtype)
        or n_different <= MANY_CLASSES
        or n_different <= MANY_CLASSES_SHARE * len(series)
    ):
        return "classification"
    else:
        seen = f"{n_different} different whole numbers"
    raise InputError(
        expected="y of which the task is clear: text or few whole numbers for classes, "
        "floating-point amounts for regression",
        arrived=seen,
        do="Pass task='classification' or task='regression'.",
    )


def target_name(y: Any) -> str:
    """Return the name of a regression target, "y" where it has none."""
    name = getattr(_only_column(y), "name", None)
    return "y" if name is None else str(name)


def read_classes(y: Any) -> tuple[Any, ...]:
    """Return the class labels, sorted (an ordered categorical keeps its order).

    Raises
    ------
    InputError
        For missing labels, fewer than two classes, or classes of which the text is equal.
    """
    series = _series(y)
    if isinstance(series.dtype, pd.CategoricalDtype):
        present = set(series)
        classes = [c for c in series.cat.categories if c in present]
    else:
        classes = sorted(set(series.tolist()), key=lambda value: (type(value).__name__, value))
    if len(classes) < 2:
        raise InputError(
            expected="y with at least two classes",
            arrived=f"{len(classes)} ({', '.join(map(str, classes))})",
            do="Pass labels of every class the models should tell apart.",
        )
    return plain_labels(classes)


def plain_labels(labels: Sequence[Any]) -> tuple[Any, ...]:
    """Return class labels as plain Python values.

    Raises
    ------
    InputError
        If the text of two labels is equal: outputs go by it.
    """
    plain = tuple(c.item() if isinstance(c, np.generic) else c for c in labels)
    by_text: dict[str, Any] = {}
    for label in plain:
        other = by_text.setdefault(str(label), label)
        if type(other) is not type(label) or other != label:
            raise InputError(
                expected="class labels that read differently as text",
                arrived=f"{other!r} and {label!r}",
                do="Use labels of one type, for example y.astype(str) where they mean the same.",
            )
    return plain


def label_array(labels: Sequence[Any]) -> np.ndarray:
    """Return labels as an array, shape (n_labels,), of objects where their types differ."""
    kinds = {type(label) for label in labels}
    if len(kinds) == 1 and issubclass(kinds.pop(), str | bool | int | float | np.generic):
        return np.array(labels)
    return np.fromiter(labels, dtype=object, count=len(labels))  # leaves tuples whole


def check_order(X: Any, y: Any) -> None:
    """Raise if the rows of X and y have the same labels in another order.

    Raises
    ------
    InputError
        For a frame and a series that would match by label and not by place.
    """
    if not isinstance(X, pd.DataFrame) or not isinstance(y, pd.Series | pd.DataFrame):
        return
    if X.index.equals(y.index) or Counter(X.index) != Counter(y.index):
        return
    pairs = zip(X.index, y.index, strict=True)
    place, (own, other) = next((i, pair) for i, pair in enumerate(pairs) if pair[0] != pair[1])
    raise InputError(
        expected="y in the order of X",
        arrived=f"the same row labels in another order: at place {place} {own!r} in X and "
        f"{other!r} in y",
        do="Pass y.loc[X.index], or y.to_numpy() if rows do match by their place.",
    )


def encode_labels(y: Any, classes: Sequence[Any], task: str, *, n_rows: int) -> np.ndarray:
    """Return class places (int64) or regression targets (float64), shape (n_rows,).

    Raises
    ------
    InputError
        For another length, missing or infinite values, or labels not among `classes`.
    """
    series = _series(y)
    if len(series) != n_rows:
        raise InputError(
            expected=f"y with {n_rows} values, one a row of X",
            arrived=str(len(series)),
            do="Pass X and y of the same rows.",
        )
    if task == "regression":
        values = pd.to_numeric(series, errors="coerce").to_numpy(dtype=np.float64)
        if not np.isfinite(values).all():
            raise InputError(
                expected="finite numbers in y",
                arrived=f"{series.iloc[int(np.flatnonzero(~np.isfinite(values))[0])]!r}",
                do="Drop or repair such rows.",
            )
        return values
    places = {label: place for place, label in enumerate(classes)}
    unknown = sorted({str(value) for value in series.tolist() if value not in places})
    if unknown:
        raise InputError(
            expected=f"labels among {', '.join(map(str, classes))}",
            arrived=", ".join(unknown),
            do="Pass labels that the ensemble was trained on.",
        )
    return np.array([places[value] for value in series.tolist()], dtype=np.int64)


def _series(y: Any) -> pd.Series:
    y = _only_column(y)
    if isinstance(y, pd.Series | pd.Index | pd.api.extensions.ExtensionArray):
        series = pd.Series(y)  # keeps the order of a categorical
    else:
        values = np.asarray(y)
        if values.dtype.kind in "US" and not isinstance(y, np.ndarray):
            values = np.asarray(y, dtype=object)  # [1, "a"] would become ["1", "a"]
        series = pd.Series(values.reshape(-1))
    if series.isna().any():
        raise InputError(
            expected="y without missing values",
            arrived=f"{int(series.isna().sum())} missing",
            do="Drop these rows or label them.",
        )
    return series


def _only_column(y: Any) -> Any:
    return y.iloc[:, 0] if isinstance(y, pd.DataFrame) and y.shape[1] == 1 else y
