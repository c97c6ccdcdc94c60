"""Ways to another answer, as an HTML table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

import jinja2

from xaigeo.explanations import Counterfactuals
from xaigeo.viz.change_rows import MAX_ROWS, SIGNS, ChangeTable, change_table
from xaigeo.viz.checklist import templates

# A notebook has no style sheet of ours; colour only repeats what signs and bold type say.
_STYLE = (
    ".xaigeo-changes .scroll{overflow-x:auto;max-width:100%}"
    ".xaigeo-changes .finding{font-weight:600;margin:.2em 0}"
    ".xaigeo-changes .note{margin:.1em 0;font-size:.85em;opacity:.8}"
    ".xaigeo-changes table{border-collapse:collapse;text-align:left}"
    ".xaigeo-changes caption{text-align:left;font-size:.85em;opacity:.8;padding:.2em 0}"
    ".xaigeo-changes td,.xaigeo-changes th{text-align:left;vertical-align:top;"
    "padding:.3em .7em;border-bottom:1px solid #dedad2;font-weight:400}"
    ".xaigeo-changes thead th,.xaigeo-changes .start td{font-weight:600}"
    ".xaigeo-changes tbody td,.xaigeo-changes tbody th{white-space:nowrap;position:relative}"
    ".xaigeo-changes thead th{vertical-align:bottom}"
    ".xaigeo-changes td.number{text-align:right}"
    ".xaigeo-changes small{display:block;opacity:.75}"
    ".xaigeo-changes .same{opacity:.5}"
    ".xaigeo-changes .up{background:rgba(213,94,0,.2)}"
    ".xaigeo-changes .down{background:rgba(0,114,178,.2)}"
    ".xaigeo-changes .other{background:rgba(111,107,100,.22)}"
    ".xaigeo-changes .missed td,.xaigeo-changes .missed th{border-bottom-style:dashed}"
    ".xaigeo-changes .unseen{position:absolute;width:1px;height:1px;overflow:hidden;"
    "clip-path:inset(50%);white-space:nowrap}"
)
_HEADINGS = ("Answer", "Distance", "Changed", "Valid", "Valid for other seeds", "Seeds")


@dataclass(frozen=True, eq=False)
class CounterfactualTable:
    """The ways to change a row, ready to be shown.

    Attributes
    ----------
    table : ChangeTable
        All that it says, in words.
    """

    table: ChangeTable

    def to_html(self) -> str:
        """Return an HTML table; all text of the data is escaped."""
        carried = self.table.several and not self.table.one_point
        headings = [name for name in _HEADINGS if carried or name != _HEADINGS[4]]
        return _template().render(
            table=self.table, headings=headings, carried=carried, signs=SIGNS, style=_STYLE
        )

    def _repr_html_(self) -> str:
        return self.to_html()


def counterfactual_html(
    counterfactuals: Counterfactuals,
    instance: Any = None,
    seeds: Iterable[int] | None = None,
    max_rows: int = MAX_ROWS,
) -> CounterfactualTable:
    """Return the row and the ways to change it; a notebook shows them as a table.

    Arguments and errors as for `counterfactual_table`.
    """
    return CounterfactualTable(change_table(counterfactuals, instance, seeds, max_rows))


@cache
def _template() -> jinja2.Template:
    loader = jinja2.PackageLoader("xaigeo.viz", "templates")
    return templates().overlay(loader=loader).get_template("counterfactuals.html.j2")
