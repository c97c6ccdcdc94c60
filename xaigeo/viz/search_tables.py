"""The steps of a search laid on lanes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from xaigeo.geometry.rule_trace import RuleTrace
from xaigeo.viz.interval_tables import ROW, Record, faded, limit_text, sides
from xaigeo.viz.rule_lanes import CELL, OPEN, Lanes

# Pixels of a bar, and of its lane.
THICK, ROOM = 8.0, 16.0
_COLUMNS = {
    "limits": ("step", "feature", "limit", "x1", "x2", "y1", "y2"),
    "arrows": ("step", "feature", "side", "x", "y"),
    "last": ("feature", "x1", "x2", "y1", "y2"),
    "cells": (
        "step",
        "feature",
        "category",
        "allowed",
        "share",
        "x1",
        "x2",
        "end",
        "y0",
        "y1",
        "y2",
    ),
}


@dataclass(frozen=True, eq=False)
class SearchTables:
    """The tables of one search.

    Attributes
    ----------
    trace : RuleTrace
    max_features : int
        Lanes at most.
    """

    trace: RuleTrace
    max_features: int

    @cached_property
    def lanes(self) -> Lanes:
        """The lanes of the features that steps restrict."""
        trace = self.trace
        order = trace.order[: self.max_features].tolist()
        first = trace.restricted.argmax(axis=0) + 1
        return Lanes(
            schema=trace.schema,
            row=trace.row,
            background=trace.background,
            ends=trace.ends,
            order=order,
            room=[ROW if trace.schema.features[j].is_discrete else ROOM for j in order],
            notes=[f"from step {first[j]}" for j in order],
        )

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return `steps`, the tables of the lanes, `limits`, `arrows`, `last` and `cells`."""
        made: dict[str, list[Record]] = {name: [] for name in _COLUMNS}
        for k, j in enumerate(self.lanes.order):
            top = float(self.lanes.tops[k])
            if self.trace.schema.features[j].is_discrete:
                made["cells"] += self._cells(j, top)
                continue
            made["last"] += self._last(j, top)
            for t in range(self.trace.n_steps):
                self._step(t, j, top, made)
        drawn = {
            name: pd.DataFrame(rows, columns=list(_COLUMNS[name])) for name, rows in made.items()
        }
        return {"steps": self._steps()} | self.lanes.tables() | drawn

    def _steps(self) -> pd.DataFrame:
        trace, n = self.trace, self.trace.n_steps
        return pd.DataFrame(
            {
                "step": np.arange(1, n + 1),
                "precision": trace.precision,
                "precision_low": trace.precision_low,
                "coverage": trace.coverage,
                "said": [
                    f"Step {t + 1} of {n}: {_count(int(trace.restricted[t].sum()))}\n"
                    f"precision {trace.precision[t]:.1%}, at least {trace.precision_low[t]:.1%}; "
                    f"{trace.coverage[t]:.1%} of the data obey"
                    for t in range(n)
                ],
            }
        )

    def _step(self, t: int, j: int, top: float, made: dict[str, list[Record]]) -> None:
        lower, upper = float(self.trace.lower[t, j]), float(self.trace.upper[t, j])
        if np.isinf(lower) and np.isinf(upper):
            return
        x1, x2 = self.lanes.interval(j, lower, upper)
        y = top + (ROOM - THICK) / 2
        mark = {"step": t + 1, "feature": self.trace.schema.features[j].name}
        bar = mark | {
            "limit": limit_text(self.trace.schema, j, lower, upper),
            "y1": y,
            "y2": y + THICK,
        }
        made["limits"].append(bar | {"x1": x1, "x2": x2})
        for end, side in zip(faded(x1, x2, lower, upper), sides(lower, upper), strict=True):
            made["limits"].append(bar | end)
            x = end["x1"] if side == "left" else end["x2"]
            made["arrows"].append(mark | {"side": side, "x": x, "y": y + THICK / 2})

    def _last(self, j: int, top: float) -> list[Record]:
        """Return the edges of the outline of the last rule, none at its open ends."""
        lower, upper = float(self.trace.lower[-1, j]), float(self.trace.upper[-1, j])
        if np.isinf(lower) and np.isinf(upper):
            return []
        x1, x2 = self.lanes.interval(j, lower, upper)
        out1 = x1 if np.isfinite(lower) else -OPEN
        out2 = x2 if np.isfinite(upper) else 1.0 + OPEN
        y1, y2 = top + 1.0, top + ROOM - 1.0
        mark = {"feature": self.trace.schema.features[j].name}
        edges = [mark | {"x1": out1, "x2": out2, "y1": y, "y2": y} for y in (y1, y2)]
        return edges + [
            mark | {"x1": x, "x2": x, "y1": y1, "y2": y2}
            for x, bound in ((x1, lower), (x2, upper))
            if np.isfinite(bound)
        ]

    def _cells(self, j: int, top: float) -> list[Record]:
        cells = self.lanes.cells(j)
        room = CELL / len(cells)
        found = []
        for t in range(self.trace.n_steps):
            for c, (name, codes) in enumerate(cells):
                share = float(self.trace.allowed[t, j, codes].mean())
                start = c / len(cells)
                found.append(
                    {
                        "step": t + 1,
                        "feature": self.trace.schema.features[j].name,
                        "category": name,
                        "allowed": _allowed(share),
                        "share": share,
                        "x1": start,
                        "x2": start + room * share,
                        "end": start + room,
                        "y0": top + 2.0,
                        "y1": top + 15.0,
                        "y2": top + 22.0,
                    }
                )
        return found


def _count(n: int) -> str:
    return f"{n} feature{'' if n == 1 else 's'} restricted"


def _allowed(share: float) -> str:
    return {1.0: "allowed", 0.0: "not allowed"}.get(share, f"{share:.0%} of them allowed")
