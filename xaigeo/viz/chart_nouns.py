"""A chart of texts speaks of texts and words, where one of tables speaks of rows and features."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar, cast

import altair as alt
import pandas as pd

from xaigeo.agreement.seeds_needed import SeedsNeeded
from xaigeo.checks import Check
from xaigeo.ensemble import Evaluation
from xaigeo.explanations import Explanation, TokenAttributions
from xaigeo.text.nouns import of_texts
from xaigeo.viz.method_words import TITLES, method_title
from xaigeo.viz.table_data import with_tables

Chart = TypeVar("Chart")
# What a chart was made of.
One = Explanation | Evaluation | Check | SeedsNeeded | pd.DataFrame
Source = One | Sequence[One]
# Keys of a chart whose texts are read; columns of tables that hold such texts, and what orders a
# column, go on being equal to each other.
COLUMNS = ("label", "meaning")
WRITTEN = {"title", "text", "subtitle", "description", "labelExpr", "sort", "domain", *COLUMNS}
# What holds the texts of a column in a page: see `xaigeo.viz.page.columnar.column`.
PACKED = {"v", "d", "i", "r", "t"}
Told = Callable[[str], str]


def with_nouns(
    chart: Chart, tables: Mapping[str, pd.DataFrame], source: Source, kept: Sequence[str] = ()
) -> Chart:
    """Return the chart with its tables, told in the nouns of what it was made of.

    Parameters
    ----------
    chart : altair chart
    tables : mapping from name to DataFrame
        As for `xaigeo.viz.table_data.with_tables`.
    source : explanation, Evaluation, Check, SeedsNeeded, bins of scores, or several
        Names of its classes, methods and instances are left as they are.
    kept : sequence of str
        Other names, such as those of ensembles.
    """
    if not is_of_texts(source):
        return with_tables(chart, tables)
    names = [name for name in (*_names(source), *kept) if of_texts(name) != name]

    def told(sentence: str) -> str:
        return of_texts(sentence, names)

    made = cast(Chart, told_chart(chart, told))
    return with_tables(made, {name: _table(table, told) for name, table in tables.items()})


def is_of_texts(source: Source) -> bool:
    """Return whether what a chart was made of speaks of texts."""
    if isinstance(source, Explanation):
        return isinstance(source, TokenAttributions)
    if isinstance(source, Evaluation):
        return (source.fingerprint or {}).get("kind") == "text"
    if isinstance(source, SeedsNeeded):
        return source.of_texts
    if isinstance(source, Check):
        return bool(source.provenance.get("ensemble", {}).get("kind") == "text")
    if isinstance(source, pd.DataFrame):
        return bool(source.attrs.get("of_texts", False))
    return any(is_of_texts(one) for one in source)


def told_chart(part: Any, told: Told, written: bool = False) -> Any:
    """Return part of a chart, or of its specification, with what is read in it told anew.

    `written` says that the part stands under a key whose texts are read.
    """
    if isinstance(part, str):
        return told(part) if written else part
    if isinstance(part, list):
        return [told_chart(one, told, written) for one in part]
    if isinstance(part, dict):
        inside = written and set(part) <= PACKED
        return {key: told_chart(one, told, inside or key in WRITTEN) for key, one in part.items()}
    if isinstance(part, alt.SchemaBase):
        made = part.copy(deep=False)
        for key, value in part._kwds.items():
            made._kwds[key] = told_chart(value, told, key in WRITTEN)
        return made
    return part


def _names(source: Source) -> list[str]:
    if isinstance(source, Explanation):
        return [*source.outputs, method_title(source), *map(str, source.instances.tolist())]
    if isinstance(source, Evaluation):
        return [*map(str, source.classes), *map(str, source.row_labels.tolist())]
    if isinstance(source, Check | SeedsNeeded):
        return [TITLES.get(source.method, source.method)]
    if isinstance(source, pd.DataFrame):
        return []
    return [name for one in source for name in _names(one)]


def _table(table: pd.DataFrame, told: Told) -> pd.DataFrame:
    held = [name for name in COLUMNS if name in table and pd.api.types.is_string_dtype(table[name])]
    return table.assign(**{name: table[name].map(told, na_action="ignore") for name in held})
