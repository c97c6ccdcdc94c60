"""The counterfactuals of one row as the rows and columns of a table, in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from xaigeo.agreement.change_patterns import ChangePattern, change_patterns
from xaigeo.agreement.made_for_all import made_for_all
from xaigeo.explanations import Counterfactuals
from xaigeo.geometry.prediction import verdict
from xaigeo.options import check_count
from xaigeo.schema import Feature
from xaigeo.viz.chosen_row import check_kind, row_place, seed_places
from xaigeo.viz.number_text import all_seeds, counted, range_text
from xaigeo.viz.records import plain
from xaigeo.viz.text_fit import middle

Way = Literal["same", "up", "down", "other"]
SIGNS: dict[Way, str] = {"same": "", "up": "▲", "down": "▼", "other": ""}
MAX_ROWS = 12


@dataclass(frozen=True)
class Cell:
    """One feature of one row: how it changes, from what to what, both with their unit.

    `shorter` are the new value without its unit and with fewer digits.
    """

    way: Way
    old: str
    new: str
    discrete: bool
    shorter: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """What stands in the cell: "▲ 43.7", "Biscoe → Dream", or the value that stays."""
        if self.way == "same":
            return self.old
        return f"{self.old} → {self.new}" if self.discrete else f"{SIGNS[self.way]} {self.new}"

    def within(self, letters: int) -> str:
        """Return the text in so many letters: with less said, never with a number cut."""
        if self.way == "same" or self.discrete:
            short = [self.old if self.way == "same" else f"→ {self.new}"]
        else:
            short = [f"{SIGNS[self.way]} {text}" for text in self.shorter]
        fits = next((text for text in (self.text, *short) if len(text) <= letters), None)
        cut = middle(short[-1], letters) if self.discrete else SIGNS[self.way] or "…"
        return cut if fits is None else fits


@dataclass(frozen=True)
class ChangeRow:
    """One way to change the row, found by one seed or by several.

    Attributes
    ----------
    cells : dict from place of a feature to Cell
    reached : bool
        Whether the wanted answer is given there.
    answer, distance, valid, carries_over, seeds : str
    n_changed : int
    """

    cells: dict[int, Cell]
    reached: bool
    answer: str
    distance: str
    n_changed: int
    valid: str
    carries_over: str
    seeds: str


@dataclass(frozen=True)
class ChangeTable:
    """A row and the ways to change it.

    Attributes
    ----------
    label : str
        Of the instance.
    answer : str
        What the seeds say of it.
    features : tuple of Feature
        All columns of the data.
    changed : tuple of int
        Places of the features that any way changes, those that most ways change first.
    start : dict from place of a feature to Cell
    rows : tuple of ChangeRow
    n_hidden : int
        Further ways, beyond `max_rows`.
    finding : str
    one_point : bool
        Whether a point was made for all seeds.
    several : bool
        Whether there are other seeds that a change could carry over to.
    """

    label: str
    answer: str
    features: tuple[Feature, ...]
    changed: tuple[int, ...]
    start: dict[int, Cell]
    rows: tuple[ChangeRow, ...]
    n_hidden: int
    finding: str
    one_point: bool
    several: bool

    @property
    def notes(self) -> list[str]:
        """How the table is read, and what it leaves out, in sentences."""
        said = ["▲ up, ▼ down, → to another category; pale: as it is."]
        if self.one_point:
            said.append("The point was made to be one for all seeds: no agreement to read.")
        elif self.several:
            said.append(
                "A line is a way to change, by seeds that change the same features in the same "
                "direction, from the lowest to the highest of their values."
            )
        left = (
            [f"{self.n_hidden} more way{'s' * (self.n_hidden > 1)} to change"]
            if self.n_hidden
            else []
        )
        n_same = len(self.features) - len(self.changed)
        left += [f"{n_same} feature{'s' * (n_same > 1)} that no way changes"] if n_same else []
        return said + ([f"Not shown: {' and '.join(left)}."] if left else [])


def change_table(
    counterfactuals: Counterfactuals,
    instance: Any = None,
    seeds: Iterable[int] | None = None,
    max_rows: int = MAX_ROWS,
) -> ChangeTable:
    """Return the table of one row.

    Raises
    ------
    InputError
        If there are no counterfactuals, the row or a seed is not there, or `max_rows` is no
        whole number.
    """
    place = row_place(check_kind(counterfactuals, Counterfactuals, "a table of changes"), instance)
    check_count("max_rows", max_rows)
    places = seed_places(counterfactuals, seeds)
    patterns = change_patterns(counterfactuals, place, places)
    reader = _Reader(counterfactuals, place, places)
    rows = tuple(reader.row(pattern) for pattern in patterns[:max_rows])
    counts = np.sum([p.changed * p.n_seeds for p in patterns[:max_rows]], axis=0)
    changed = [j for j in np.argsort(-counts, kind="stable").tolist() if counts[j] > 0]
    return ChangeTable(
        label=str(plain(counterfactuals.instances[place])),
        answer=reader.answer,
        features=counterfactuals.schema.features,
        changed=tuple(changed),
        start=reader.start,
        rows=rows,
        n_hidden=len(patterns) - len(rows),
        finding=reader.finding(patterns),
        one_point=reader.one_point,
        several=len(counterfactuals.seeds) > 1,
    )


@dataclass(frozen=True)
class _Reader:
    """Puts patterns of one row into words."""

    counterfactuals: Counterfactuals
    place: int
    seeds: Sequence[int]

    @property
    def one_point(self) -> bool:
        return made_for_all(self.counterfactuals)

    @property
    def values(self) -> np.ndarray:
        return np.asarray(self.counterfactuals.array("input")[self.place])

    @property
    def answer(self) -> str:
        """What the chosen seeds say of the row."""
        c = self.counterfactuals
        target = int(c.array("target")[0, self.place]) if c.task == "regression" else 0
        prediction = c.array("prediction")[self.seeds][:, [self.place]]
        said = verdict(prediction, c.outputs, c.task, target)
        if c.task != "regression" and said.agreement[0] == 1:
            return str(said.predicted[0])
        return str(said.classes[0])

    @property
    def start(self) -> dict[int, Cell]:
        return {
            j: Cell("same", text := _text(f, self.values[j]), text, f.is_discrete)
            for j, f in enumerate(self.counterfactuals.schema.features)
        }

    def row(self, pattern: ChangePattern) -> ChangeRow:
        n_seeds = len(self.counterfactuals.seeds)
        carried = pattern.carries_over
        holds = f"{int(pattern.valid.sum())} of {counted(len(pattern.valid), 'seed')}"
        return ChangeRow(
            cells=self.start
            | {j: self._cell(pattern, j) for j in np.flatnonzero(pattern.changed).tolist()},
            reached=pattern.reached,
            answer=self._wanted(pattern) if pattern.reached else f"not {self._wanted(pattern)}",
            distance=_range(pattern.distance.min(), pattern.distance.max(), "{:.2f}"),
            n_changed=pattern.n_changed,
            valid=holds if self.one_point else ("yes" if pattern.reached else "no"),
            carries_over="–" if np.isnan(carried) else f"{carried:.0%}",
            seeds=f"made for all {n_seeds}" if self.one_point else self._seeds(pattern),
        )

    def _cell(self, pattern: ChangePattern, j: int) -> Cell:
        feature, old = self.counterfactuals.schema.features[j], self.values[j]
        new = np.unique(pattern.points[:, j])
        way: Way = "up" if new[0] > old else "down"
        if feature.is_discrete:
            way = "other" if feature.kind == "categorical" else way
            text = "/".join(feature.text(code) for code in new)
            return Cell(way, _text(feature, old), text, True)
        low, high = feature.text(new[0]), feature.text(new[-1])
        bare = range_text(_minus(low), _minus(high))
        text = f"{bare} {feature.unit}" if feature.unit else bare
        fewer = tuple(_range(new[0], new[-1], f"{{:.{digits}g}}") for digits in (4, 3, 2))
        return Cell(way, _text(feature, old), text, False, (bare, *fewer))

    def _wanted(self, pattern: ChangePattern) -> str:
        """Return the wanted answer: a class, or an interval of values."""
        c = self.counterfactuals
        if "target_lower" not in c.data:
            return c.outputs[pattern.target]
        low, high = (
            c.array(f"target_{end}")[pattern.seeds, self.place] for end in ("lower", "upper")
        )
        least = _range(low.min(), low.max(), "{:.4g}")
        most = _range(high.min(), high.max(), "{:.4g}")
        both = f"{least} to {most}"
        if " to " in least or " to " in most:
            both = f"above {least}, below {most}"
        if np.isposinf(high).all():
            return f"≥ {least}"
        return f"≤ {most}" if np.isneginf(low).all() else both

    def _seeds(self, pattern: ChangePattern) -> str:
        own = np.unique(pattern.seeds)
        if len(own) == len(self.seeds) > 1:
            return f"all {len(own)}" if self._every else f"all {len(own)} chosen"
        return listed([plain(self.counterfactuals.seeds[s]) for s in own])

    @property
    def _every(self) -> bool:
        return len(self.seeds) == len(self.counterfactuals.seeds)

    def finding(self, patterns: Sequence[ChangePattern]) -> str:
        """Return in a sentence whether the seeds find the same change."""
        row = f"Row {plain(self.counterfactuals.instances[self.place])}"
        n = len(self.seeds)
        found = [p for p in patterns if p.reached]
        if not found:
            return f"{row}: no counterfactual that gives the wanted answer was found"
        first = found[0]
        change = self._change(first)
        to = "" if self.counterfactuals.task == "regression" else f" to {self._wanted(first)}"
        if self.one_point:
            holds, asked = int(first.valid.sum()), len(first.valid)
            one = f"{row}: one point, made for {all_seeds(len(self.counterfactuals.seeds))}"
            return f"{one}: {change}; it holds for {holds} of {asked}"
        if n == 1:
            return f"{row}: the nearest change{to} is {change}"
        if len(found) == 1 and first.n_seeds == n:
            return f"{row}: {all_seeds(n)} find the same change{to}: {change}"
        ways = f"{len(found)} way{'s' if len(found) > 1 else ''} in all"
        if first.n_seeds == 1:
            return f"{row}: no two of {n} seeds find the same change; {ways}"
        return f"{row}: {first.n_seeds} of {n} seeds find the same change{to}: {change}; {ways}"

    def _change(self, pattern: ChangePattern) -> str:
        """Return a change in a few words: "bill_length_mm up, island: Biscoe → Dream"."""
        places = np.flatnonzero(pattern.changed).tolist()
        if not places:
            return "nothing has to change"
        if len(places) > 3:
            return f"{len(places)} features change"
        words = []
        for j in places:
            name, cell = self.counterfactuals.features[j], self._cell(pattern, j)
            words.append(f"{name}: {cell.text}" if cell.way == "other" else f"{name} {cell.way}")
        return ", ".join(words)


def listed(labels: Sequence[Any]) -> str:
    """Return labels of seeds, runs of numbers shortened.

    Examples
    --------
    >>> listed([0, 1, 2, 5, 7, 8])
    '0–2, 5, 7, 8'
    """
    runs: list[list[Any]] = []
    for label in labels:
        follows = runs and isinstance(label, int) and label - 1 == runs[-1][-1]
        if follows:
            runs[-1].append(label)
        else:
            runs.append([label])
    parts = [f"{run[0]}–{run[-1]}" if len(run) > 2 else ", ".join(map(str, run)) for run in runs]
    return ", ".join(parts)


def _text(feature: Feature, value: float) -> str:
    # A category's own name may hold a hyphen.
    text = feature.text(value) if feature.is_discrete else _minus(feature.text(value))
    return f"{text} {feature.unit}" if feature.unit else text


def _range(low: float, high: float, written: str) -> str:
    one, other = written.format(low), written.format(high)
    return range_text(_minus(one), _minus(other))


def _minus(text: str) -> str:
    return text.replace("-", "−")
