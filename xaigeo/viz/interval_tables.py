"""The rules of one row laid on lanes: bars, what they share, what holds them, categories."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from xaigeo.explanations.rule import rule_text
from xaigeo.geometry.rule_intervals import RuleIntervals
from xaigeo.schema import FeatureSchema
from xaigeo.viz.method_words import written_rule
from xaigeo.viz.rule_lanes import CELL, OPEN, Lanes

# Pixels: the bar of what all seeds share, a row of categories, room between groups of seeds.
THICK, ROW, BETWEEN = 6.0, 27.0, 9.0
# Seeds' bars lie closer the more there are.
PITCH, SEEDS_PX = 4.0, 64.0
# Where the mark of a group of seeds stands, left of the lanes.
MARKS = -0.062
Record = dict[str, Any]

_MARK = ("feature", "predicted")
_RECT = ("x1", "x2", "y1", "y2")
_SEED = ("seed", "limit", "precision", "precision_low", "coverage", "status")
_COLUMNS = {
    "bars": (*_MARK, *_SEED, *_RECT, "strength"),
    "free": (*_MARK, *_SEED, *_RECT),
    "caps": (*_MARK, "seed", "x", "y1", "y2"),
    "common": (*_MARK, "n_seeds", "limit", *_RECT),
    "arrows": (*_MARK, "n_seeds", "side", "x", "y"),
    "hull": (*_MARK, "limit", *_RECT),
    "cells": (*_MARK, "category", "share", "said", "own", "x1", "x2", "end", "y0", "y1", "y2"),
    "group_marks": (*_MARK, "n_seeds", "x", "y"),
}


@dataclass(frozen=True, eq=False)
class IntervalTables:
    """The rules of one row on their lanes.

    Attributes
    ----------
    found : RuleIntervals
    one_rule : bool
        Whether one rule was made for all seeds.
    max_features : int
        Lanes at most.
    """

    found: RuleIntervals
    one_rule: bool
    max_features: int

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the tables by name; see `anchor_intervals_tables`."""
        lanes = self.lanes
        made: dict[str, list[Record]] = {name: [] for name in _COLUMNS}
        for k, j in enumerate(lanes.order):
            draw = self._cells if lanes.schema.features[j].is_discrete else self._bars
            draw(lanes, j, float(lanes.tops[k]), made)
        return lanes.tables() | {
            name: pd.DataFrame(rows, columns=list(_COLUMNS[name])) for name, rows in made.items()
        }

    @property
    def blocks(self) -> list[tuple[str, np.ndarray]]:
        """Answer and seeds of each group; one group where one rule serves all."""
        anchors = self.found.anchors
        if self.one_rule or len(self.found.groups) == 1:
            return [("", np.arange(len(anchors.seeds)))]
        names = np.array(anchors.outputs, dtype=object)[anchors.predicted[:, 0]]
        return [(str(names[seeds[0]]), seeds) for _, seeds in self.found.groups]

    @property
    def pitch(self) -> float:
        """Pixels from one seed's bar to the next."""
        return min(PITCH, SEEDS_PX / len(self.found.anchors.seeds))

    def _block_px(self, seeds: np.ndarray) -> float:
        if self.one_rule or len(self.found.anchors.seeds) == 1:
            return THICK
        return (THICK + 2.0 if len(seeds) > 1 else 0.0) + self.pitch * len(seeds)

    @property
    def lanes(self) -> Lanes:
        """The lanes, with the room that the bars need."""
        found, schema = self.found, self.found.anchors.schema
        order = found.order[: self.max_features].tolist()
        sizes = [self._block_px(seeds) for _, seeds in self.blocks]
        bars = sum(sizes) + BETWEEN * (len(sizes) - 1) + 4.0
        n_seeds = len(found.anchors.seeds)
        counts = found.restricted.sum(axis=0)
        quiet = self.one_rule or n_seeds == 1
        return Lanes(
            schema=schema,
            row=found.row,
            background=found.anchors.array("background"),
            ends=found.ends,
            order=order,
            room=[ROW * len(sizes) if schema.features[j].is_discrete else bars for j in order],
            notes=["" if quiet else f"{counts[j]} of {n_seeds} seeds" for j in order],
        )

    def _bars(self, lanes: Lanes, j: int, top: float, made: dict[str, list[Record]]) -> None:
        y = top + 2.0
        for g, (answer, seeds) in enumerate(self.blocks):
            size = self._block_px(seeds)
            mark = {"feature": lanes.schema.features[j].name, "predicted": answer}
            if answer:
                made["group_marks"].append(
                    mark | {"n_seeds": len(seeds), "x": MARKS, "y": y + size / 2}
                )
            if self.one_rule or len(seeds) > 1:
                self._common(lanes, j, g, mark | {"n_seeds": len(seeds)}, y, made)
            if not self.one_rule:
                if len(seeds) > 1:
                    self._hull(lanes, j, g, mark, (y - 2.0, y + size + 1.0), made["hull"])
                    y += THICK + 2.0
                self._seeds(lanes, j, seeds, mark, y, made)
                y += self.pitch * len(seeds)
            y += BETWEEN

    def _seeds(
        self,
        lanes: Lanes,
        j: int,
        seeds: np.ndarray,
        mark: Record,
        y: float,
        made: dict[str, list[Record]],
    ) -> None:
        anchors, box = self.found.anchors, self.found.box
        pitch = self.pitch if len(anchors.seeds) > 1 else THICK / 0.6
        for k, s in enumerate(seeds.tolist()):
            lower, upper = box.lower[s, 0, j], box.upper[s, 0, j]
            used, met = bool(self.found.restricted[s, j]), bool(box.met[s, 0])
            strength = 0.85 if met else 0.4
            y1, y2 = y + pitch * k, y + pitch * (k + 0.6)
            bar = mark | {
                "seed": anchors.seeds[s],
                "limit": limit_text(anchors.schema, j, lower, upper),
                "precision": box.precision[s, 0],
                "precision_low": box.precision_low[s, 0],
                "coverage": box.coverage[s, 0],
                "status": "reached" if met else "not reached",
                "y1": y1,
                "y2": y2,
            }
            if not used:
                middle = (y1 + y2) / 2
                made["free"].append(bar | {"x1": -OPEN, "x2": 1.0 + OPEN, "y1": middle})
                continue
            x1, x2 = lanes.interval(j, lower, upper)
            made["bars"].append(bar | {"x1": x1, "x2": x2, "strength": strength})
            ends = faded(x1, x2, lower, upper)
            made["bars"] += [bar | end | {"strength": strength * 0.4} for end in ends]
            made["caps"] += [
                mark | {"seed": anchors.seeds[s], "x": x, "y1": y1 - 0.4, "y2": y2 + 0.4}
                for x, bound in ((x1, lower), (x2, upper))
                if np.isfinite(bound)
            ]

    def _common(
        self, lanes: Lanes, j: int, g: int, mark: Record, y: float, made: dict[str, list[Record]]
    ) -> None:
        lower, upper = (float(bound[g, j]) for bound in self.found.common[:2])
        if np.isinf(lower) and np.isinf(upper):
            return
        x1, x2 = lanes.interval(j, lower, upper)
        bar = mark | {
            "limit": limit_text(lanes.schema, j, lower, upper),
            "y1": y,
            "y2": y + THICK,
        }
        made["common"].append(bar | {"x1": x1, "x2": x2})
        for end, side in zip(faded(x1, x2, lower, upper), sides(lower, upper), strict=True):
            made["common"].append(bar | end)
            x = end["x1"] if side == "left" else end["x2"]
            made["arrows"].append(mark | {"side": side, "x": x, "y": y + THICK / 2})

    def _hull(
        self,
        lanes: Lanes,
        j: int,
        g: int,
        mark: Record,
        rows: tuple[float, float],
        made: list[Record],
    ) -> None:
        lower, upper = (float(bound[g, j]) for bound in self.found.hull[:2])
        x1, x2 = lanes.interval(j, lower, upper)
        out1 = x1 if np.isfinite(lower) else -OPEN
        out2 = x2 if np.isfinite(upper) else 1.0 + OPEN
        top, bottom = rows
        mark = mark | {"limit": limit_text(lanes.schema, j, lower, upper)}
        made += [mark | {"x1": out1, "x2": out2, "y1": y, "y2": y} for y in (top, bottom)]
        made += [
            mark | {"x1": x, "x2": x, "y1": top, "y2": bottom}
            for x, bound in ((x1, lower), (x2, upper))
            if np.isfinite(bound)
        ]

    def _cells(self, lanes: Lanes, j: int, top: float, made: dict[str, list[Record]]) -> None:
        box, own = self.found.box, round(float(self.found.row[j]))
        cells = lanes.cells(j)
        for g, (answer, seeds) in enumerate(self.blocks):
            y = top + g * ROW
            mark = {"feature": lanes.schema.features[j].name, "predicted": answer}
            if answer:
                made["group_marks"].append(
                    mark | {"n_seeds": len(seeds), "x": MARKS, "y": y + 18.0}
                )
            for c, (name, codes) in enumerate(cells):
                allowing = box.allowed[seeds, 0, j][:, codes].mean(axis=1)
                share = float(allowing.mean())
                start, room = c / len(cells), CELL / len(cells)
                made["cells"].append(
                    mark
                    | {
                        "category": name,
                        "share": share,
                        "said": _share_text(share, len(seeds), self.one_rule),
                        "own": own in codes,
                        "x1": start,
                        "x2": start + room * share,
                        "end": start + room,
                        "y0": y + 2.0,
                        "y1": y + 15.0,
                        "y2": y + 22.0,
                    }
                )


def limit_text(schema: FeatureSchema, j: int, lower: float, upper: float) -> str:
    """Return the limits of a numeric feature in words, with its unit."""
    feature = schema.features[j]
    if np.isinf(lower) and np.isinf(upper):
        return "no limit"
    one = FeatureSchema(features=(feature,))
    ends = np.array([lower]), np.array([upper])
    said = written_rule(rule_text(one, *ends, np.ones((1, 1), dtype=bool)))
    return f"{said} {feature.unit}" if feature.unit else said


def faded(x1: float, x2: float, lower: float, upper: float) -> list[Record]:
    """Return where a bar runs on at its open ends."""
    left = [] if np.isfinite(lower) else [{"x1": x1 - OPEN, "x2": x1}]
    return left + ([] if np.isfinite(upper) else [{"x1": x2, "x2": x2 + OPEN}])


def sides(lower: float, upper: float) -> list[str]:
    """Return at which ends an interval is open, "left" before "right"."""
    left = [] if np.isfinite(lower) else ["left"]
    return left + ([] if np.isfinite(upper) else ["right"])


def _share_text(share: float, n_seeds: int, one_rule: bool) -> str:
    """Return the share of seeds that allow a category as it is written beside its name."""
    if one_rule or n_seeds == 1:
        return {1.0: "✓", 0.0: "✗"}.get(share, f"{share:.0%}")
    count = share * n_seeds
    return f"{count:.0f}/{n_seeds}" if abs(count - round(count)) < 1e-9 else f"{share:.0%}"
