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
    """Return "regression" for floating-point or several targets, else "classification".

    Raises
    ------
    InputError
        Where this could be wrong: two different floating-point values only, or up to 20 that are
        all whole, as codes of classes are; many different whole numbers; or several columns of 0
        and 1.
    """
    columns = _columns(y)
    if columns is not None:
        _check_not_indicators(columns)
        return "regression"
    series = _series(y)
    n_different = series.nunique()
    if pd.api.types.is_float_dtype(series.dtype):
        whole = n_different <= MANY_CLASSES and bool((series % 1 == 0).all())
        if n_different > 2 and not whole:
            return "regression"
        seen = f"{n_different} different floating-point values"
        if whole:
            shown = sorted(series.unique().tolist())[:3]
            seen += f", all whole, such as {', '.join(map(str, shown))}"
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


def _check_not_indicators(columns: pd.DataFrame) -> None:
    """Raise for columns that hold 0 and 1 only, as labels of classes written one-hot do."""
    if not columns.isin([0, 1]).all(axis=None):
        return
    one_a_row = bool((columns.astype(np.int64).sum(axis=1) == 1).all())
    raise InputError(
        expected="y of which the task is clear: one label a row for classes, columns of amounts "
        "for regression",
        arrived=f"{columns.shape[1]} columns of 0 and 1 only"
        + (", with one 1 a row" if one_a_row else ""),
        do="For classes pass one column, such as np.asarray(y).argmax(axis=1); for a regression of "
        f"{columns.shape[1]} targets pass task='regression'."
        if one_a_row
        else "Train one ensemble for each column of labels, or pass task='regression' for amounts.",
    )


def target_names(y: Any) -> tuple[str, ...]:
    """Return the names of regression targets: "y" where one has none, "y0", "y1" for several.

    Raises
    ------
    InputError
        If two targets have one name.
    """
    columns = _columns(y)
    if columns is None:
        name = getattr(_only_column(y), "name", None)
        return ("y" if name is None else str(name),)
    named = isinstance(y, pd.DataFrame)
    names = [str(name) if named else f"y{name}" for name in columns.columns]
    if len(set(names)) < len(names):
        raise InputError(
            expected="targets of different names",
            arrived=", ".join(names),
            do="Rename the columns of y.",
        )
    return tuple(names)


def read_classes(y: Any) -> tuple[Any, ...]:
    """Return the class labels, sorted (an ordered categorical keeps its order).

    Raises
    ------
    InputError
        For several columns, missing labels, fewer than two classes, or classes of which the
        text is equal.
    """
    columns = _columns(y)
    if columns is not None:
        raise InputError(
            expected="one label a row for classification",
            arrived=f"y with {columns.shape[1]} columns",
            do="Pass one column; several targets of amounts go with task='regression'.",
        )
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
    """Raise if the labels of the rows of X and y say that they do not belong together.

    Rows match by their place. Labels that only count the rows (0, 1, 2, ...) say nothing, nor do
    those of which X and y share none: they are names of another kind.

    Raises
    ------
    InputError
        For a frame or series X and y of the same labels in another order, or of labels of which
        only some are the same.
    """
    labelled = pd.Series | pd.DataFrame
    if not isinstance(X, labelled) or not isinstance(y, labelled):
        return
    if X.index.equals(y.index) or len(X) != len(y):  # the length is checked for itself
        return
    pairs = zip(X.index, y.index, strict=True)
    place, (own, other) = next((i, pair) for i, pair in enumerate(pairs) if pair[0] != pair[1])
    where = f"at place {place} {own!r} in X and {other!r} in y"
    if Counter(X.index) == Counter(y.index):
        raise InputError(
            expected="y in the order of X",
            arrived=f"the same row labels in another order: {where}",
            do="Pass y.loc[X.index], or y.to_numpy() if rows do match by their place.",
        )
    if _counts_rows(X.index) or _counts_rows(y.index):
        return
    others = set(y.index)
    shared = sum(label in others for label in X.index)
    if shared:
        raise InputError(
            expected="X and y of the same rows",
            arrived=f"row labels of which {shared} of {len(X)} are in both: {where}",
            do="Select the same rows of both, or pass y.to_numpy() if rows do match by their "
            "place.",
        )


def _counts_rows(index: pd.Index) -> bool:
    return index.equals(pd.RangeIndex(len(index)))


def check_length(y: Any, n_rows: int) -> None:
    """Raise unless y has one value, or one row of targets, for each row of X.

    Raises
    ------
    InputError
        For another length.
    """
    columns = _columns(y)
    length = len(_series(y) if columns is None else columns)
    if length != n_rows:
        raise InputError(
            expected=f"y with {n_rows} values, one a row of X",
            arrived=str(length),
            do="Pass X and y of the same rows.",
        )


def encode_labels(y: Any, classes: Sequence[Any], task: str, *, n_rows: int) -> np.ndarray:
    """Return class places (int64) or regression targets (float64), shape (n_rows,).

    With several targets, which `classes` names, the shape is (n_rows, n_targets).

    Raises
    ------
    InputError
        For another length or number of targets, missing or infinite values, or labels not among
        `classes`.
    """
    if task == "regression" and (len(classes) > 1 or _columns(y) is not None):
        each = _target_columns(y, classes)
        return np.column_stack(
            [encode_labels(column, classes[:1], task, n_rows=n_rows) for column in each]
        )
    check_length(y, n_rows)
    series = _series(y)
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


def _columns(y: Any) -> pd.DataFrame | None:
    """Return y as a frame if it has several columns."""
    if not isinstance(y, pd.DataFrame):
        if isinstance(y, pd.Series | pd.Index | pd.api.extensions.ExtensionArray):
            return None
        values = np.asarray(y)
        if values.ndim != 2 or values.shape[1] < 2:
            return None
        y = pd.DataFrame(values)
    return y if y.shape[1] > 1 else None


def _target_columns(y: Any, names: Sequence[Any]) -> list[pd.Series]:
    """Return the columns of y in the order of the targets.

    Raises
    ------
    InputError
        For another number of columns, or a frame with other names.
    """
    columns = _columns(y)
    given = 1 if columns is None else columns.shape[1]
    if columns is None or given != len(names):
        raise InputError(
            expected=f"y with {len(names)} columns ({', '.join(map(str, names))})"
            if len(names) > 1
            else "y with one column",
            arrived=str(given),
            do="Pass one column a target.",
        )
    if not isinstance(y, pd.DataFrame):
        return [columns.iloc[:, place] for place in range(given)]
    known = [str(name) for name in columns.columns]
    missing = [str(name) for name in names if str(name) not in known]
    if missing:
        raise InputError(
            expected=f"y with the columns {', '.join(map(str, names))}",
            arrived=f"a frame without {', '.join(missing)}",
            do="Rename its columns, or pass y.to_numpy() in the order of the targets.",
        )
    return [columns.iloc[:, known.index(str(name))] for name in names]


def _series(y: Any) -> pd.Series:
    y = _only_column(y)
    if isinstance(y, pd.Series | pd.Index | pd.api.extensions.ExtensionArray):
        series = pd.Series(y)  # keeps the order of a categorical
    else:
        values = np.asarray(y)
        if values.dtype.kind in "US" and not isinstance(y, np.ndarray):
            values = np.asarray(y, dtype=object)  # [1, "a"] would become ["1", "a"]
        series = pd.Series(values.reshape(-1))
    mixed = series if series.dtype == object else ()
    strange = [value for value in mixed if not pd.api.types.is_hashable(value)]
    if strange:
        raise InputError(
            expected="one label or amount a row in y",
            arrived=f"{strange[0]!r} ({type(strange[0]).__name__})",
            do="Pass text or a number for each row.",
        )
    if series.isna().any():
        raise InputError(
            expected="y without missing values",
            arrived=f"{int(series.isna().sum())} missing",
            do="Drop these rows or label them.",
        )
    return series


def _only_column(y: Any) -> Any:
    return y.iloc[:, 0] if isinstance(y, pd.DataFrame) and y.shape[1] == 1 else y
