"""What the columns of a data frame are: names, kinds, ranges, categories, units."""

from __future__ import annotations

import hashlib
import json
import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pandas as pd

from xaigeo.errors import InputError, ManyCategoriesWarning
from xaigeo.options import check_keywords, check_option, closest, suggestion

# More categories than this, and than half the rows, look like labels of rows.
MANY = 30

Kind = Literal["numeric", "categorical", "ordinal"]
Frame = pd.DataFrame | np.ndarray
Matrix = np.ndarray  # float64, shape (n_rows, n_features); categories as their codes


@dataclass(frozen=True)
class Feature:
    """One column in its original units.

    Attributes
    ----------
    name : str
    kind : {"numeric", "categorical", "ordinal"}
    categories : tuple
        Values of a categorical or ordinal column; the code of a value is its place here.
    lower, upper : float
        Smallest and largest value seen (codes for categories).
    integer : bool
        Whether a numeric column holds whole numbers only.
    unit : str
        Physical unit for axes and rules, or an empty string.
    dtype : str
        "category" where decoded values are a pandas categorical, otherwise empty.
    """

    name: str
    kind: Kind
    lower: float
    upper: float
    categories: tuple[Any, ...] = ()
    integer: bool = False
    unit: str = ""
    dtype: str = ""

    @property
    def is_discrete(self) -> bool:
        """Whether values are category codes."""
        return self.kind != "numeric"

    @property
    def label(self) -> str:
        """Name with its unit, for an axis."""
        return f"{self.name} ({self.unit})" if self.unit else self.name

    def text(self, value: float) -> str:
        """Return one encoded value as a reader should see it.

        Numbers keep the digits that tell apart a thousandth of the column's range, so that
        20240579.5 stays what it is and 41.54999 reads 41.55.
        """
        if self.is_discrete:
            return str(self.categories[round(value)])
        span = self.upper - self.lower
        if not span > 0:
            return f"{value:.6g}"
        decimals = max(0, math.ceil(-math.log10(span / 1000)))
        text = f"{value:.{decimals}f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
        return "0" if text == "-0" else text


@dataclass(frozen=True)
class FeatureSchema:
    """The columns that a model reads, in order.

    Rows travel as a *matrix*: float64, shape (n_rows, n_features), where the value of a
    categorical or ordinal column is the place of its category. `encode` checks and makes
    a matrix, `decode` gives the data frame back with its original values.
    """

    features: tuple[Feature, ...]
    from_array: bool = False

    @classmethod
    def from_data(
        cls,
        X: Frame,
        *,
        kinds: Mapping[str, Kind] | None = None,
        units: Mapping[str, str] | None = None,
        orders: Mapping[str, Sequence[Any]] | None = None,
    ) -> FeatureSchema:
        """Read a schema from a data frame or a two-dimensional array of numbers.

        Strings, booleans and unordered categoricals are categorical, ordered categoricals
        ordinal, numbers numeric; `kinds` overrides this by name, `units` names units, and
        `orders` gives the categories of an ordinal column from lowest to highest.

        Raises
        ------
        InputError
            For no rows, no or repeated column names, missing or infinite values, columns of
            dates, intervals or other objects, or text declared ordinal without an order.

        Warns
        -----
        ManyCategoriesWarning
            For a text column in which most values are different, such as dates read as text.

        Examples
        --------
        >>> schema = FeatureSchema.from_data(pd.DataFrame({"mass": [1.0, 2.5], "sex": ["f", "m"]}))
        >>> [feature.kind for feature in schema.features]
        ['numeric', 'categorical']
        """
        frame = _as_frame(X)
        _check_names(frame)
        for mapping, what in ((kinds, "kinds"), (units, "units"), (orders, "orders")):
            check_keywords(f"the columns ({what})", mapping or (), [str(c) for c in frame.columns])
        read = tuple(
            _read_feature(
                frame[name],
                (kinds or {}).get(str(name)),
                (units or {}).get(str(name), ""),
                (orders or {}).get(str(name)),
            )
            for name in frame.columns
        )
        return cls(features=read, from_array=isinstance(X, np.ndarray))

    @cached_property
    def names(self) -> list[str]:
        """Column names in order."""
        return [feature.name for feature in self.features]

    @property
    def n_features(self) -> int:
        """Number of columns."""
        return len(self.features)

    @cached_property
    def discrete(self) -> np.ndarray:
        """Mask of categorical and ordinal columns, shape (n_features,)."""
        return np.array([feature.is_discrete for feature in self.features], dtype=bool)

    @cached_property
    def _values(self) -> list[Any]:
        """Categories by column as pandas keeps them; None for columns without."""
        return [_typed_categories(feature) for feature in self.features]

    @cached_property
    def n_categories(self) -> np.ndarray:
        """Number of categories by column, 0 for numeric ones, shape (n_features,)."""
        return np.array([len(feature.categories) for feature in self.features])

    def index(self, name: str) -> int:
        """Return the place of a column.

        Raises
        ------
        InputError
            If no column has this name.
        """
        if name not in self.names:
            raise InputError(
                expected=f"a column of the schema ({', '.join(self.names)})",
                arrived=repr(name),
                do=suggestion(name, self.names) or "Name one of the listed columns.",
            )
        return self.names.index(name)

    def __getitem__(self, name: str) -> Feature:
        return self.features[self.index(name)]

    def encode(self, X: Frame, *, what: str = "X") -> Matrix:
        """Return the rows as a float64 matrix, shape (n_rows, n_features).

        Columns are matched by name, so their order does not matter.

        Raises
        ------
        InputError
            For missing, extra or renamed columns, missing or infinite values, categories
            that the schema does not hold, text where numbers belong, or no rows.
        """
        frame = self._matched(X, what)
        if not len(frame):
            raise InputError(
                expected=f"{what} with at least one row", arrived="none", do="Pass some rows."
            )
        if (numbers := self._numbers_at_once(frame)) is not None:
            return numbers
        columns = [_encode_column(frame[f.name], f, what) for f in self.features]
        return np.column_stack(columns) if columns else np.empty((len(frame), 0))

    def decode(self, matrix: Matrix) -> pd.DataFrame:
        """Return encoded rows as a data frame with original values and column types."""
        return pd.DataFrame(
            {
                f.name: _decode_column(matrix[:, j], f, self._values[j])
                for j, f in enumerate(self.features)
            }
        )

    def to_model_input(self, matrix: Matrix) -> Frame:
        """Return encoded rows in the form the schema was read from (data frame or array)."""
        return matrix if self.from_array else self.decode(matrix)

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-able description."""
        return {"from_array": self.from_array, "features": [asdict(f) for f in self.features]}

    @classmethod
    def from_dict(cls, description: Mapping[str, Any]) -> FeatureSchema:
        """Build a schema from `to_dict`'s answer, that of texts where it tells of a tokenizer."""
        if cls is FeatureSchema and "tokenizer" in description:
            from xaigeo.text.schema import TextSchema

            return TextSchema.from_dict(description)
        features = tuple(
            Feature(**{**f, "categories": tuple(f["categories"])}) for f in description["features"]
        )
        return cls(features=features, from_array=bool(description["from_array"]))

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the description, to compare schemas across files."""
        return hashlib.sha256(json.dumps(self.to_dict(), sort_keys=True).encode()).hexdigest()

    def _numbers_at_once(self, frame: pd.DataFrame) -> Matrix | None:
        """Return a frame of sound numbers as a matrix of its own; None for any other."""
        plain = all(isinstance(d, np.dtype) and d.kind in "fiu" for d in frame.dtypes)
        if self.discrete.any() or not plain:
            return None
        numbers = np.array(frame.to_numpy(dtype=np.float64), order="C")
        return numbers if np.isfinite(numbers).all() else None

    def _matched(self, X: Frame, what: str) -> pd.DataFrame:
        refuse_texts(X, f"{what} with two dimensions (rows, features)")
        if isinstance(X, pd.Series) or (isinstance(X, np.ndarray) and X.ndim != 2):
            raise InputError(
                expected=f"{what} with two dimensions (rows, features)",
                arrived=f"{type(X).__name__} with shape {np.shape(X)}",
                do="Pass a frame such as X.iloc[[0]] or an array such as x.reshape(1, -1).",
            )
        if isinstance(X, np.ndarray):
            if X.shape[1] != self.n_features or (not self.from_array and self.discrete.any()):
                raise InputError(
                    expected=f"{what} as a data frame with columns {', '.join(self.names)}",
                    arrived=f"an array with shape {X.shape}",
                    do="Pass a pandas DataFrame with these columns.",
                )
            return pd.DataFrame(X, columns=self.names)
        frame = _as_frame(X)
        given = [str(name) for name in frame.columns]
        if len(set(given)) != len(given):
            _check_names(frame)
        missing = [name for name in self.names if name not in given]
        extra = [name for name in given if name not in self.names]
        if missing or extra:
            renamed = [(m, c) for m in missing if (c := closest(m, extra))]
            hint = "".join(f" {c!r} looks like {m!r}." for m, c in renamed)
            parts = [f"without {', '.join(map(repr, missing))}"] if missing else []
            parts += [f"with unknown {', '.join(map(repr, extra))}"] if extra else []
            raise InputError(
                expected=f"{what} with the columns {', '.join(self.names)}",
                arrived=f"a frame {' and '.join(parts)}",
                do=f"Rename, add or drop columns.{hint}",
            )
        if frame.columns.tolist() == self.names:
            return frame
        return frame.set_axis(given, axis=1)[self.names]


def refuse_texts(
    X: Any,
    expected: str,
    do: str = "Texts go to xaigeo.TextEnsemble: networks are trained by .train, estimators and "
    "pipelines fitted by .fit, models that are trained already wrapped by .wrap. A column of a "
    "table goes as a frame, X.to_frame().",
) -> None:
    """Raise where texts arrive in place of a table.

    Parameters
    ----------
    X : object
    expected, do : str
        What was expected instead, and what to do, for the message.

    Raises
    ------
    InputError
        For a str, and for a Series, an array of one dimension, a list or a tuple of str.
    """
    several = isinstance(X, pd.Series | list | tuple) or (isinstance(X, np.ndarray) and X.ndim == 1)
    first = X if isinstance(X, str) else next(iter(X), None) if several else None
    if isinstance(first, str):
        raise InputError(
            expected=expected,
            arrived=f"a {type(X).__name__} of texts" if several else "a text",
            do=do,
        )


def _as_frame(X: Frame) -> pd.DataFrame:
    if isinstance(X, pd.DataFrame):
        return X
    if isinstance(X, np.ndarray) and X.ndim == 2:
        return pd.DataFrame(X, columns=[f"x{j}" for j in range(X.shape[1])])
    refuse_texts(X, "a pandas DataFrame or a two-dimensional numpy array")
    raise InputError(
        expected="a pandas DataFrame or a two-dimensional numpy array",
        arrived=f"{type(X).__name__}"
        + (f" with shape {X.shape}" if isinstance(X, np.ndarray) else ""),
        do="Convert it, for example pd.DataFrame(X, columns=[...]).",
    )


def _check_names(frame: pd.DataFrame) -> None:
    names = [str(name) for name in frame.columns]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if not names or repeated or not len(frame):
        raise InputError(
            expected="at least one row and columns with different names",
            arrived=f"repeated names {repeated}" if repeated else f"shape {frame.shape}",
            do="Give every column a name of its own and pass some rows.",
        )


def _read_feature(
    column: pd.Series, kind: Kind | None, unit: str, order: Sequence[Any] | None
) -> Feature:
    name = str(column.name)
    if kind is not None:
        check_option(f"the kind of {name!r}", kind, Kind)
    _refuse_missing(column, "X")
    kind = "ordinal" if order is not None else kind or _natural_kind(column)
    if kind == "numeric":
        values = _numbers(column, name, "X")
        integer = bool(pd.api.types.is_integer_dtype(column.dtype))
        return Feature(name, kind, float(values.min()), float(values.max()), (), integer, unit)
    categories = _categories(column, kind, order)
    dtype = "category" if isinstance(column.dtype, pd.CategoricalDtype) else ""
    return Feature(name, kind, 0.0, len(categories) - 1.0, categories, False, unit, dtype)


def _natural_kind(column: pd.Series) -> Kind:
    if isinstance(column.dtype, pd.CategoricalDtype):
        return "ordinal" if column.cat.ordered else "categorical"
    number = pd.api.types.is_numeric_dtype(column.dtype)
    return "numeric" if number and not pd.api.types.is_bool_dtype(column.dtype) else "categorical"


def _categories(column: pd.Series, kind: Kind, order: Sequence[Any] | None) -> tuple[Any, ...]:
    """Return the categories in order, after checking that they can be categories."""
    name = str(column.name)
    categorical = isinstance(column.dtype, pd.CategoricalDtype)
    values = list(column.cat.categories) if categorical else column.tolist()
    strange = next((v for v in map(_plain, values) if not isinstance(v, str | int | float)), None)
    if strange is not None:
        raise InputError(
            expected=f"numbers, text or booleans in column {name!r}",
            arrived=f"{type(strange).__name__} such as {strange!r}",
            do="Convert it, for example a date to days since a start, or drop the column.",
        )
    if order is not None:
        unseen = sorted({str(v) for v in map(_plain, column.tolist()) if v not in order})
        if unseen or len(set(order)) != len(order):
            raise InputError(
                expected=f"orders[{name!r}] to list every category once",
                arrived=f"{list(order)}" + (f" without {', '.join(unseen)}" if unseen else ""),
                do="List all categories from lowest to highest.",
            )
        return tuple(order)
    found = values if categorical else sorted({_plain(v) for v in values}, key=_order)
    ordered = categorical and column.cat.ordered
    if kind == "ordinal" and not ordered and any(isinstance(v, str) for v in found):
        raise InputError(
            expected=f"an order for the ordinal column {name!r}",
            arrived="text, whose alphabetical order means nothing",
            do=f"Pass orders={{{name!r}: [lowest, ..., highest]}} or an ordered pd.Categorical.",
        )
    if not categorical and len(found) > max(MANY, len(column) / 2):
        warnings.warn(
            f"Column {name!r} has {len(found)} categories in {len(column)} rows. Such a column "
            "tells rows apart and explains little: drop it, or convert it to numbers.",
            ManyCategoriesWarning,
            stacklevel=4,
        )
    return tuple(_plain(value) for value in found)


def _encode_column(column: pd.Series, feature: Feature, what: str) -> np.ndarray:
    if not feature.is_discrete and (numbers := _sound_numbers(column)) is not None:
        return numbers
    _refuse_missing(column, what)
    if not feature.is_discrete:
        return _numbers(column, feature.name, what)
    codes = {value: float(code) for code, value in enumerate(feature.categories)}
    values = [_plain(value) for value in column.tolist()]
    unseen = {value for value in values if value not in codes}
    if unseen:
        # "True" beside True: quotes tell text from what only reads like it.
        alike = {str(value) for value in unseen} & {str(value) for value in feature.categories}
        show: Callable[[Any], str] = repr if alike else str
        raise InputError(
            expected=f"{feature.name!r} in {what} to be one of "
            f"{', '.join(map(show, feature.categories))}",
            arrived=", ".join(sorted(map(show, unseen))),
            do="Map unseen categories to known ones, or train with data that holds them.",
        )
    return np.array([codes[value] for value in values])


def _typed_categories(feature: Feature) -> Any:
    """Return categories in an array of their type; of objects where they have several types."""
    if not feature.is_discrete:
        return None
    if feature.kind == "ordinal" or feature.dtype == "category":
        ordered = feature.kind == "ordinal"
        return pd.CategoricalDtype(list(feature.categories), ordered=ordered)
    objects = np.empty(len(feature.categories), dtype=object)
    objects[:] = feature.categories
    alike = len({type(category) for category in feature.categories}) == 1
    return pd.Series(objects).infer_objects().array if alike else objects


def _decode_column(values: np.ndarray, feature: Feature, categories: Any) -> Any:
    if not feature.is_discrete:
        whole = feature.integer and bool(np.all(values == np.round(values)))
        return values.astype(np.int64) if whole else values
    codes = np.round(values).astype(np.intp)
    if isinstance(categories, pd.CategoricalDtype):
        return pd.Categorical.from_codes(codes, dtype=categories)
    if isinstance(categories, np.ndarray):
        return pd.Series(categories[codes]).infer_objects()
    return categories.take(codes)


def _sound_numbers(column: pd.Series) -> np.ndarray | None:
    """Return a column of finite numbers, None for one that needs a closer look."""
    if not isinstance(column.dtype, np.dtype) or column.dtype.kind not in "fiu":
        return None
    values = column.to_numpy(dtype=np.float64)
    return values if np.isfinite(values).all() else None


def _numbers(column: pd.Series, name: str, what: str) -> np.ndarray:
    try:
        if pd.api.types.is_complex_dtype(column.dtype):
            raise TypeError("complex numbers")
        if not pd.api.types.is_numeric_dtype(column.dtype):
            _refuse_text(column, name, what)
        values = column.to_numpy(dtype=np.float64)
    except InputError:
        raise
    except (TypeError, ValueError) as error:
        raise InputError(
            expected=f"numbers in column {name!r} of {what}",
            arrived=f"values such as {column.iloc[0]!r}",
            do="Convert the column with pd.to_numeric, or declare it categorical.",
        ) from error
    if not np.isfinite(values).all():
        place = int(np.flatnonzero(~np.isfinite(values))[0])
        raise InputError(
            expected=f"finite numbers in column {name!r} of {what}",
            arrived=f"{values[place]} in row {place}",
            do="Drop or impute such rows before explaining; nothing is imputed in silence.",
        )
    return values


def _refuse_text(column: pd.Series, name: str, what: str) -> None:
    text = next((value for value in column.tolist() if isinstance(value, str | bytes)), None)
    if text is not None:
        raise InputError(
            expected=f"numbers in column {name!r} of {what}",
            arrived=f"text {text!r}",
            do="Convert the column with pd.to_numeric, or declare it categorical.",
        )


def _refuse_missing(column: pd.Series, what: str) -> None:
    missing = column.isna().to_numpy()
    if missing.any():
        raise InputError(
            expected=f"no missing values in column {str(column.name)!r} of {what}",
            arrived=f"{int(missing.sum())} missing, first in row {int(np.flatnonzero(missing)[0])}",
            do="Drop or impute such rows before explaining; nothing is imputed in silence.",
        )


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _order(value: Any) -> tuple[str, Any]:
    return (type(value).__name__, value)
