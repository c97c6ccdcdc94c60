"""How far answers move when attention is shuffled, over the models' reliability."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import altair as alt
import numpy as np
import pandas as pd

from xaigeo.agreement.mean_change import MeanChange, mean_change
from xaigeo.checks import Check
from xaigeo.checks.attention_permutation_bins import WEIGHTS, Change, permutation_bins
from xaigeo.errors import InputError
from xaigeo.options import check_count, check_flag, check_option
from xaigeo.viz.change_words import changes_told
from xaigeo.viz.channels import at, layered
from xaigeo.viz.chart_size import check_width
from xaigeo.viz.number_text import alike_texts, counted
from xaigeo.viz.series_bins import ASIDE, FEW, placed_bins, series_layers
from xaigeo.viz.series_channels import ALONE, named
from xaigeo.viz.table_data import with_tables
from xaigeo.viz.text_fit import titled
from xaigeo.viz.theme import SOFT_INK
from xaigeo.viz.themed import themed

Answers = Literal["all", "right", "wrong"]
Checks = Check | Mapping[str, Check]
WIDTH, HEIGHT, AXIS_ROOM, PANEL = 440, 170, 62, 210
Tables = dict[str, pd.DataFrame]
SHUFFLED = "shuffled"
CHANGE = "Change of probability"


def attention_permutation(
    checks: Checks,
    *,
    answers: Answers = "all",
    by_class: bool = False,
    change: Change = "mean",
    bins: int = 10,
    width: int = WIDTH,
) -> alt.VConcatChart:
    """Draw how far answers move under other attention, above accuracy, both by confidence.

    Of one check the lines are shuffled weights, uniform weights and another seed's weights; of
    several, such as before and after weighting the classes, shuffled weights of each.

    Parameters
    ----------
    checks : Check, or mapping from name to Check
        Of the kind "attention_permutation". The first is the one that others are compared with.
    answers : {"all", "right", "wrong"}
        Whose moves are drawn; the wrong ones of a class are its false negatives. Accuracy is that
        of all.
    by_class : bool
        Panels for each true class.
    change : {"mean", "median"}
        Of the shuffles of one text.
    bins : int
        Equal bins of the confidence, the probability of the predicted class.
    width : int
        Width of the plot, or of all panels together, in pixels.

    Raises
    ------
    InputError
        For checks of another kind, more than 6 of them or of other classes, or right answers and
        classes where no true classes are known.

    Notes
    -----
    Figures 3.8 and 3.9 of Jain (2019). The shuffles are those of Jain and Wallace (2019),
    arXiv:1902.10186.
    """
    check_width(width)
    found = permutations_of(checks, answers, by_class, change, bins)
    finding = attention_permutation_finding(found)
    chart = attention_permutation_body(found, width=width).properties(
        title=titled(finding, [" ".join(attention_permutation_notes(found))], width + AXIS_ROOM),
        description=f"{finding}. Change of the answer under other attention weights by confidence.",
    )
    return themed(with_tables(chart, attention_permutation_tables(found)))


class Permutations:
    """What is drawn of checks, read and checked once.

    Attributes
    ----------
    checks : dict of str to Check
        By name; one alone has the name "".
    bins : dict of str to DataFrame
        Of `permutation_bins`.
    groups : list of str or None
        True classes that are drawn; None for all texts.
    answers, change
        As `attention_permutation` takes them.
    """

    def __init__(
        self,
        checks: dict[str, Check],
        bins: dict[str, pd.DataFrame],
        groups: list[str | None],
        answers: Answers,
        change: Change,
    ) -> None:
        self.checks, self.bins, self.groups = checks, bins, groups
        self.answers, self.change = answers, change

    @property
    def alone(self) -> bool:
        """Whether there is one check, of which controls are drawn."""
        return list(self.checks) == [ALONE]

    @property
    def labelled(self) -> bool:
        """Whether true classes are known everywhere."""
        return all("label" in check.data for check in self.checks.values())

    @property
    def classes(self) -> list[str]:
        """Names of the classes."""
        first = next(iter(self.checks.values()))
        return [str(name) for name in first.provenance["parameters"]["classes"]]

    @property
    def lines(self) -> list[str]:
        """Names of the lines: of weights, or of checks."""
        if not self.alone:
            return list(self.checks)
        known = set(self.bins[ALONE]["weights"])
        # Controls first: what stands last is drawn darkest.
        return [weights for weights in reversed(WEIGHTS) if weights in known]

    def of(self, name: str, group: str | None, answers: str, weights: str) -> pd.DataFrame:
        """Return the bins of one line."""
        bins = self.bins[name]
        own = bins["true_class"].isna() if group is None else bins["true_class"] == group
        kept = own & (bins["answers"] == answers) & (bins["weights"] == weights)
        return bins[kept].reset_index(drop=True)

    def moves(self, name: str, group: str | None, weights: str = SHUFFLED) -> np.ndarray:
        """Return the mean move of the drawn answers by text, NaN where it has none."""
        check = self.checks[name]
        moved = check.array(WEIGHTS[weights].format(self.change))
        kept = np.ones(moved.shape, dtype=bool)
        if "label" in check.data:
            label, right = check.array("label"), check.array("predicted") == check.array("label")
            kept &= {"all": kept, "right": right, "wrong": ~right}[self.answers]
            if group is not None:
                kept &= label == self.classes.index(group)
        total = np.where(kept, moved, 0.0).sum(axis=0)
        n = kept.sum(axis=0)
        return np.where(n > 0, total / np.maximum(n, 1), np.nan)

    def mean(self, name: str, group: str | None, weights: str = SHUFFLED) -> float:
        """Return the mean move of the drawn answers."""
        table = self.of(name, group, self.answers, weights)
        return (
            float(np.average(table["value"], weights=table["n_answers"])) if len(table) else np.nan
        )


def permutations_of(
    checks: Checks,
    answers: Answers = "all",
    by_class: bool = False,
    change: Change = "mean",
    bins: int = 10,
) -> Permutations:
    """Return what is drawn of checks; parameters and errors as of `attention_permutation`."""
    check_option("answers", answers, Answers)
    check_flag("by_class", by_class)
    check_option("change", change, Change)
    check_count("bins", bins)
    given: dict[str, Check] = named(checks, "checks")
    tables = {name: permutation_bins(one, change=change, bins=bins) for name, one in given.items()}
    found = Permutations(given, tables, [None], answers, change)
    for name, one in given.items():
        if [str(c) for c in one.provenance["parameters"]["classes"]] != found.classes:
            raise InputError(
                expected=f"checks of models with the classes {', '.join(found.classes)}",
                arrived=f"others in {name!r}",
                do="Compare ensembles trained for one task.",
            )
    if (by_class or answers != "all") and not found.labelled:
        raise InputError(
            expected="checks that know the true classes, for right and wrong answers",
            arrived="one without",
            do="Make them with xaigeo.faithfulness.attention_permutation(ensemble, texts, y).",
        )
    if by_class:
        found.groups = [
            name for name in found.classes if all(_has(found, one, name) for one in given)
        ]
    else:
        found.groups = [None] if all(_has(found, one, None) for one in given) else []
    if not found.groups:
        raise InputError(
            expected=f"answers that are {answers}, in every check",
            arrived="none",
            do="Pass answers='all'.",
        )
    return found


def attention_permutation_tables(found: Permutations) -> Tables:
    """Return `moves_0`, `accuracy_0` and so on, of each group, and the `diagonal`."""
    tables: Tables = {}
    for place, group in enumerate(found.groups):
        if found.alone:
            lines = {w: found.of(ALONE, group, found.answers, w) for w in found.lines}
        else:
            lines = {n: found.of(n, group, found.answers, SHUFFLED) for n in found.checks}
        tables[f"moves_{place}"] = placed_bins(lines, "n_texts")
        if found.labelled:
            every = {n: found.of(n, group, "all", SHUFFLED) for n in found.checks}
            tables[f"accuracy_{place}"] = placed_bins(every, "n_texts")
    if found.labelled:
        tables["diagonal"] = pd.DataFrame({"x": [0.0], "y": [0.0], "x2": [1.0], "y2": [1.0]})
    return tables


def attention_permutation_finding(found: Permutations) -> str:
    """Return how far answers move, by confidence, class or check, without full stop."""
    first, *others = found.checks
    if others:
        group = found.groups[0] if len(found.groups) == 1 else None
        changes = {name: _change(found, first, name, group) for name in others}
        what = f"the effect of shuffled attention on {_whose(found, group)}"
        return changes_told(changes, what, first, over="texts")
    if len(found.groups) > 1:
        means = {str(group): found.mean(first, group) for group in found.groups}
        most, least = max(means, key=lambda n: means[n]), min(means, key=lambda n: means[n])
        high, low = alike_texts([means[most], means[least]])
        return (
            f"Shuffling attention moves the probability of {_whose(found, None)} most on texts of "
            f"“{most}” ({high}), least on “{least}” ({low})"
        )
    group = found.groups[0]
    table = found.of(first, group, found.answers, SHUFFLED)
    sure = table[table["n_texts"] >= FEW]
    ends = [sure.iloc[0], sure.iloc[-1]] if len(sure) > 1 else []
    mean, *values = alike_texts([found.mean(first, group), *(float(one["value"]) for one in ends)])
    parts = [
        f"{value} at confidence {one['low']:.2g} to {one['high']:.2g}"
        for value, one in zip(values, ends, strict=True)
    ]
    told = f"Shuffling attention moves the probability of {_whose(found, group)} by {mean} on"
    return f"{told} average: {', '.join(parts)}" if parts else f"{told} average"


def attention_permutation_notes(found: Permutations) -> list[str]:
    """Return how to read the chart, in sentences."""
    first = next(iter(found.checks.values()))
    draws = {int(one.provenance["parameters"]["n_draws"]) for one in found.checks.values()}
    n = f"{min(draws)} shuffles" if len(draws) == 1 else f"{min(draws)} to {max(draws)} shuffles"
    notes = [
        f"{found.change.capitalize()} change, up or down, of the predicted class's probability "
        f"over {n} of a text's weights, averaged over answers "
        f"({counted(len(first.instances), 'text')}, {counted(len(first.seeds), 'seed')}); 95% "
        "interval over texts."
    ]
    if found.alone and len(found.groups) == 1:
        order = found.lines[::-1]
        means = alike_texts([found.mean(ALONE, found.groups[0], weights) for weights in order])
        told = ", ".join(f"{w} {mean}" for w, mean in zip(order, means, strict=True))
        notes.append(f"Means: {told}.")
    if found.alone:
        swapped = "; another seed: the weights of the other models" if len(first.seeds) > 1 else ""
        notes.append(f"Uniform: equal weights{swapped}.")
    if found.labelled:
        notes.append("Below: accuracy of all answers; under the dashed line models are too sure.")
    tables = attention_permutation_tables(found)
    if len(found.lines) > 1:
        notes.append(ASIDE)
    if any(table["few"].any() for name, table in tables.items() if name != "diagonal"):
        notes.append(f"Hollow, unjoined: fewer than {FEW} texts.")
    if not found.alone:
        if found.answers != "all":
            notes.append("In the title texts count alike, however many seeds answer them so.")
        notes.append("No clear change: the 95% interval of the difference, over texts, holds 0.")
    return notes


def attention_permutation_body(found: Permutations, *, width: int = WIDTH) -> alt.VConcatChart:
    """Return moves above accuracy, a column a group, over the tables."""
    n = len(found.groups)
    columns = max(1, min(n, (width + AXIS_ROOM) // PANEL))
    side = width if n == 1 else (width + AXIS_ROOM) // columns - AXIS_ROOM
    every = attention_permutation_tables(found)
    top = max(float(every[f"moves_{p}"][["value", "value_high"]].max().max()) for p in range(n))
    panels = [_panel(found, place, side, width, top) for place in range(n)]
    rows = [
        alt.hconcat(*panels[first : first + columns], spacing=14) for first in range(0, n, columns)
    ]
    return panels[0] if n == 1 else alt.vconcat(*rows, spacing=14)


def _panel(found: Permutations, place: int, side: int, width: int, top: float) -> alt.VConcatChart:
    group = found.groups[place]
    start = float(np.floor(10 / len(found.classes)) / 10)
    scale = alt.Scale(domain=[start, 1.0], nice=False, zero=False)
    last = not found.labelled
    x = alt.X(
        "middle:Q",
        title="Confidence" if last else None,
        scale=scale,
        axis=alt.Axis(tickCount=5, labels=last, ticks=last),
    )
    y = alt.Y(
        "value:Q",
        title=CHANGE,
        scale=alt.Scale(domain=[0, top * 1.05 or 1.0], nice=False, zero=True),
        axis=alt.Axis(tickCount=4, format=".2~g"),
    )
    layers = series_layers(
        f"moves_{place}",
        found.lines,
        x,
        y,
        _tips(CHANGE, "value", ".3~g"),
        px=width,
        n="n_texts",
        what="Weights" if found.alone else "Ensemble",
    )
    upper = layered(*layers).properties(width=side, height=HEIGHT)
    if group is not None:
        upper = upper.properties(
            title=alt.Title(
                f"truly {group}",
                fontSize=11.5,
                fontWeight="normal",
                color=SOFT_INK,
                offset=4,
                limit=side,
            )
        )
    parts = [upper]
    if found.labelled:
        parts.append(_accuracy(found, place, side, scale))
    return alt.vconcat(*parts, spacing=8)


def _accuracy(found: Permutations, place: int, side: int, scale: alt.Scale) -> alt.LayerChart:
    x = alt.X("middle:Q", title="Confidence", scale=scale, axis=alt.Axis(tickCount=5))
    y = alt.Y(
        "accuracy:Q",
        title="Accuracy",
        scale=alt.Scale(domain=[0.0, 1.0]),
        axis=alt.Axis(format=".0%", tickCount=3),
    )
    diagonal = (
        alt.Chart(alt.NamedData("diagonal"))
        .mark_rule(color=SOFT_INK, strokeDash=[4, 3], strokeWidth=1, clip=True)
        .encode(x=at(x, "x"), y=at(y, "y"), x2="x2:Q", y2="y2:Q")
    )
    lines = series_layers(
        f"accuracy_{place}",
        list(found.checks),
        x,
        y,
        _tips("Accuracy", "accuracy", ".1%"),
        px=side,
        n="n_texts",
        interval=("accuracy_low", "accuracy_high"),
    )
    return layered(diagonal, *lines).properties(width=side, height=90)


def _tips(title: str, field: str, form: str) -> list[alt.Tooltip]:
    return [
        alt.Tooltip("low:Q", title="Confidence from", format=".2~g"),
        alt.Tooltip("high:Q", title="to", format=".2~g"),
        alt.Tooltip(f"{field}:Q", title=title, format=form),
        alt.Tooltip(f"{field}_low:Q", title="95% interval from", format=form),
        alt.Tooltip(f"{field}_high:Q", title="to ", format=form),
        alt.Tooltip("n_texts:Q", title="Texts"),
        alt.Tooltip("n_answers:Q", title="Answers"),
    ]


def _has(found: Permutations, name: str, group: str | None) -> bool:
    return len(found.of(name, group, found.answers, SHUFFLED)) > 0


def _change(found: Permutations, first: str, name: str, group: str | None) -> MeanChange:
    """Return the change of the mean move by text; of the same texts each with itself."""
    labels = [found.checks[one].instances.tolist() for one in (first, name)]
    before, after = (found.moves(one, group) for one in (first, name))
    return mean_change(before, after, paired=labels[0] == labels[1] and found.answers == "all")


def _whose(found: Permutations, group: str | None) -> str:
    kind = {"all": "answers", "right": "right answers", "wrong": "wrong answers"}[found.answers]
    return kind if group is None else f"{kind} on “{group}”"
