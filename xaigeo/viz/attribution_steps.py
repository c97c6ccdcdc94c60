"""The steps from base value to output of one row, as waterfall, force and decision draw them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from xaigeo.agreement.additive_steps import AdditiveSteps, additive_steps
from xaigeo.explanations import Attributions
from xaigeo.viz.attribution_choice import INTERVAL
from xaigeo.viz.attribution_words import AttributionWords
from xaigeo.viz.number_text import all_seeds

BASE, END, GAP = "Base value", "Output f(x)", "Not attributed"
LOCAL_BASE, LOCAL_END = "Local model elsewhere", "Local model here"


@dataclass(frozen=True, eq=False, kw_only=True)
class DrawnSteps:
    """Steps of one row gathered under names: the largest features, the others, what is missing.

    Attributes
    ----------
    names : list of str
        Of the steps, features with their value at the row, in the order in which they are added.
    values : ndarray, shape (n_seeds, n_steps)
        Of every seed.
    steps : AdditiveSteps
        Of every seed.
    used : ndarray of int, shape (n_used,)
        Places of the seeds whose mean is the consensus.
    ends : tuple of str
        What the sum starts from and what it arrives at.
    """

    names: list[str]
    values: np.ndarray
    steps: AdditiveSteps
    used: np.ndarray
    ends: tuple[str, str]

    @property
    def mean(self) -> np.ndarray:
        """Mean of the used seeds, shape (n_steps,)."""
        return np.asarray(self.values[self.used].mean(axis=0))

    @property
    def base(self) -> float:
        """Mean base value of the used seeds."""
        return float(self.steps.base[self.used].mean())

    @property
    def decimals(self) -> int:
        """With how many decimals the row's numbers are written."""
        return _decimals(self.steps, self.used)

    @property
    def end(self) -> float:
        """Mean output of the used seeds."""
        return float(self.steps.end[self.used].mean())


def drawn_steps(
    explanation: Attributions, place: int, output: int, labels: list[str], max_features: int
) -> DrawnSteps:
    """Return the steps of one row: largest features first, then the others and what is missing.

    Raises
    ------
    InputError
        If the method's numbers do not add up.
    """
    steps = additive_steps(explanation, place, output)
    used = np.flatnonzero(steps.answer == steps.majority)
    order = np.argsort(-np.abs(steps.values[used].mean(axis=0)), kind="stable")
    # One feature left over is written by its name, which takes no more room.
    n_shown = len(order) if len(order) <= max_features + 1 else max_features
    first, rest = order[:n_shown], order[n_shown:]
    names, columns = [labels[j] for j in first], [steps.values[:, first]]
    if len(rest):
        names.append(f"{len(rest)} other features")
        columns.append(steps.values[:, rest].sum(axis=1, keepdims=True))
    # A gap too small for the last digit that is written has no step of its own.
    if np.round(steps.gap, _decimals(steps, used)).any():
        names.append(GAP)
        columns.append(steps.gap[:, None])
    ends = (BASE, END) if explanation.additive else (LOCAL_BASE, LOCAL_END)
    return DrawnSteps(
        names=names, values=np.concatenate(columns, axis=1), steps=steps, used=used, ends=ends
    )


def step_table(drawn: DrawnSteps) -> pd.DataFrame:
    """Return one row a step of the consensus, base value first and output last.

    Columns: label, rank, next (label of the row below), kind ("base", "step" or "end"), start and
    end (of the bar), value, low and high (middle 80% of seeds, of the value), low_end and high_end
    (the same, as places of the axis), written (the value as text).
    """
    values, used = drawn.values[drawn.used], drawn.steps
    first, last = used.base[drawn.used], used.end[drawn.used]
    stack = np.concatenate([first[:, None], values, last[:, None]], axis=1)
    mean = stack.mean(axis=0)
    low, high = np.quantile(stack, INTERVAL, axis=0)
    after = np.cumsum(mean[:-1])
    start = np.concatenate([[mean[0]], after[:-1], [mean[-1]]])
    labels = [drawn.ends[0], *drawn.names, drawn.ends[1]]
    kind = ["base", *["step"] * len(drawn.names), "end"]
    # Base and output stand at their value; a step starts where the one before it ends.
    offset = np.where(np.array(kind) == "step", start, 0.0)
    return pd.DataFrame(
        {
            "label": labels,
            "rank": np.arange(len(labels)),
            "next": [*labels[1:], labels[-1]],
            "kind": kind,
            "start": start,
            "end": np.concatenate([after, [mean[-1]]]),
            "value": mean,
            "low": low,
            "high": high,
            "low_end": offset + low,
            "high_end": offset + high,
            "written": [
                number_text(v, drawn.decimals, signed=k == "step")
                for v, k in zip(mean, kind, strict=True)
            ],
        }
    )


def whose_mean(explanation: Attributions, drawn: DrawnSteps) -> str:
    """Return whose mean the consensus is, a sentence."""
    n, used = len(explanation.seeds), len(drawn.used)
    if n == 1:
        return f"Seed {explanation.seeds[0]} alone."
    if explanation.task == "regression":
        return f"Mean of {n} seeds: means add up, medians do not."
    answer = explanation.outputs[drawn.steps.majority]
    which = f"{all_seeds(n)}, which" if used == n else f"the {used} of {n} seeds that"
    return f"Mean of {which} answer “{answer}”: means add up, medians do not."


def output_axis(words: AttributionWords) -> list[str]:
    """Return the title of an axis of outputs on which contributions add up."""
    which = "Local model" if words.meaning.local_model else "Output"
    return [f"{which} ({words.meaning.scale})"]


def number_text(value: float, decimals: int, *, signed: bool) -> str:
    """Return a number with so many decimals and a true minus, a contribution with its sign.

    Examples
    --------
    >>> number_text(-0.12345, 3, signed=True), number_text(2.04, 1, signed=True)
    ('−0.123', '+2.0')
    """
    rounded = round(value, decimals) + 0.0
    text = f"{abs(rounded):.{decimals}f}"
    sign = "−" if rounded < 0 else "+" if signed and rounded > 0 else ""
    return sign + text


def decimals_for(span: float) -> int:
    """Return the decimals that tell apart about a thousandth of a span.

    Examples
    --------
    >>> decimals_for(0.6), decimals_for(70.0), decimals_for(4000.0)
    (3, 1, 0)
    """
    return max(0, 2 - int(np.floor(np.log10(span)))) if span > 0 else 0


def _decimals(steps: AdditiveSteps, used: np.ndarray) -> int:
    """Return how many decimals the numbers of a row are written with."""
    base, values = steps.base[used].mean(), steps.values[used].mean(axis=0)
    return decimals_for(max(np.abs(values).max(), abs(steps.end[used].mean() - base)))
