"""Groups of explained rows: by a column, or as the user names them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from xaigeo.errors import InputError
from xaigeo.explanations import Explanation
from xaigeo.options import check_keywords

Groups = Mapping[str, Any] | Sequence[str] | str
# Numbers with more different values than this are no groups yet.
MOST_VALUES = 10
QUARTILES = (0.25, 0.5, 0.75)


@dataclass(frozen=True, eq=False, kw_only=True)
class Grouping:
    """One way to divide the explained rows.

    Attributes
    ----------
    name : str
    members : dict
        Name of a group to where its rows are, ndarray of bool, shape (n_instances,).
    cut : bool
        Whether numbers were cut into quarters.
    n_unknown : int
        Rows of no group, because their value is missing.
    """

    name: str
    members: dict[str, np.ndarray]
    cut: bool
    n_unknown: int


def read_groups(groups: Groups, explanation: Explanation) -> list[Grouping]:
    """Return groupings of the rows of an explanation.

    Parameters
    ----------
    groups : mapping, str or sequence of str
        Names of columns, or name to one value a row: a pandas Series is matched by its index,
        anything else stands in the order of ``explanation.instances``. Numbers with more than
        ten different values are cut at their quartiles.

    Raises
    ------
    InputError
        For unknown columns, or values that do not fit the explained rows.
    """
    if isinstance(groups, Mapping):
        return [_grouping(str(n), _aligned(n, v, explanation)) for n, v in groups.items()]
    names = [groups] if isinstance(groups, str) else list(groups)
    check_keywords("the explanations (groups)", map(str, names), explanation.schema.names)
    return [column_groups(explanation, str(name)) for name in names]


def categorical_groups(explanation: Explanation) -> list[Grouping]:
    """Return one grouping for each categorical column."""
    discrete = [f.name for f in explanation.schema.features if f.is_discrete]
    return [column_groups(explanation, name) for name in discrete]


def column_groups(explanation: Explanation, name: str) -> Grouping:
    """Return the groups that the values of a column make."""
    feature = explanation.schema[name]
    codes = explanation.array("input")[:, explanation.schema.names.index(name)]
    if not feature.is_discrete:
        return _grouping(name, pd.Series(codes))
    members = {str(c): codes == code for code, c in enumerate(feature.categories)}
    return Grouping(name=name, members=members, cut=False, n_unknown=0)


def _aligned(name: str, values: Any, explanation: Explanation) -> pd.Series:
    """Return one value a row, in the order of the instances."""
    labels = explanation.instances
    if isinstance(values, pd.Series):
        known = values.index.is_unique and bool(pd.Index(labels).isin(values.index).all())
        if known:
            return values.loc[list(labels)].reset_index(drop=True)
        raise InputError(
            expected=f"groups[{name!r}] with the explained rows in its index, each once",
            arrived=f"a Series of {len(values)} values without some of them, or with some twice",
            do="Keep the index of the data frame, or pass an array in the order of the rows.",
        )
    array = np.asarray(values, dtype=object if not isinstance(values, np.ndarray) else None)
    if array.shape != (len(labels),):
        raise InputError(
            expected=f"groups[{name!r}] with one value for each of {len(labels)} explained rows",
            arrived=f"shape {array.shape}",
            do="Take the values of the rows that were explained, in their order.",
        )
    return pd.Series(array).infer_objects()


def _grouping(name: str, values: pd.Series) -> Grouping:
    known = values.notna().to_numpy()
    numeric = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
    cut = numeric and values.nunique() > MOST_VALUES
    if cut:
        members = _quarters(values.to_numpy(dtype=float))
    else:
        members = {
            _text(v): (values == v).to_numpy(dtype=bool) for v in _in_order(values[known].unique())
        }
    return Grouping(name=name, members=members, cut=cut, n_unknown=int((~known).sum()))


def _quarters(values: np.ndarray) -> dict[str, np.ndarray]:
    """Return the groups between quartiles; equal quartiles make fewer groups."""
    edges = np.unique(np.nanquantile(values, QUARTILES))
    words = [f"at most {edges[0]:.4g}"]
    words += [f"{a:.4g} to {b:.4g}" for a, b in pairwise(edges)]
    words.append(f"above {edges[-1]:.4g}")
    # A value on an edge belongs below it.
    places = np.where(np.isnan(values), -1, np.searchsorted(edges, values, side="left"))
    return {word: places == place for place, word in enumerate(words) if (places == place).any()}


def _in_order(values: Any) -> list[Any]:
    """Return values sorted, numbers by size and all else by its name."""
    listed = list(values)
    numbers = all(isinstance(v, int | float | np.number) for v in listed)
    return sorted(listed) if numbers else sorted(listed, key=str)


def _text(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
