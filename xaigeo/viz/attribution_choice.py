"""Which output and seeds of attributions a chart draws, checked and told."""

from __future__ import annotations

from typing import Any

import numpy as np

from xaigeo.agreement.importance import output_places
from xaigeo.errors import InputError
from xaigeo.explanations import Attributions, TokenAttributions
from xaigeo.explanations.amounts import kind_name
from xaigeo.viz.attribution_words import AttributionWords
from xaigeo.viz.chosen_row import check_kind

INTERVAL = (0.1, 0.9)


def check_attributions(explanation: Any, chart: str) -> Attributions:
    """Return an explanation that holds attributions.

    Raises
    ------
    InputError
        For any other thing.
    """
    return check_kind(explanation, Attributions, chart)


def check_amounts(explanation: Any, chart: str) -> Attributions:
    """Return an explanation that holds attributions, of a table or of the words of texts.

    Raises
    ------
    InputError
        For any other thing, anchors and counterfactuals of texts among them.
    """
    if isinstance(explanation, TokenAttributions):
        if explanation.role == "attributions":
            return explanation
        raise InputError(
            expected=f"Attributions for {chart}",
            arrived=kind_name(explanation),
            do="Explain texts with method='kernel_shap', 'attention' or another that gives "
            "amounts.",
        )
    return check_attributions(explanation, chart)


def of_seed(explanation: Attributions, seed: int | None) -> Attributions:
    """Return the explanation of one seed, or of all if None."""
    return explanation if seed is None else explanation.sel(seed=[seed])


def one_output(explanation: Attributions, output: str | None) -> int:
    """Return the place of one output for all rows: the one named, or the commonest answer.

    Signs of different classes in one picture would not compare, so where no output is named it is
    the class that most rows are given, the first of several.
    """
    return int(np.bincount(output_places(explanation, output)).argmax())


def named_output(explanation: Attributions, output: str) -> int:
    """Return the place of an output by its name."""
    return int(output_places(explanation, output)[0])


def row_output(explanation: Attributions, place: int, output: str | None) -> int:
    """Return the place of an output at one row: the one named, or the answer of most seeds."""
    return int(output_places(explanation, output)[place])


def heading_of(words: AttributionWords, output: str | None) -> str:
    """Return the heading of one output's attributions, or of those of the answer at each row."""
    if output is not None:
        return words.heading(output)
    said = words.heading("")
    return said.replace("answer “”", "answer given").replace("of “”", "of the answer given")


def size_axis(words: AttributionWords) -> list[str]:
    """Return the title, by line, of an axis of mean absolute attributions."""
    return [f"Mean |{words.value.lower()}|", f"({words.meaning.unit})"]


def output_note(explanation: Attributions, output: str | None, chosen: int) -> list[str]:
    """Return which class is drawn where none was named and there are several."""
    if output is not None or explanation.task == "regression" or len(explanation.outputs) < 2:
        return []
    return [f"“{explanation.outputs[chosen]}” is the commonest answer; name another with output."]


def seeds_note(explanation: Attributions) -> str:
    """Return whose attributions a consensus is."""
    n = len(explanation.seeds)
    return f"Seed {explanation.seeds[0]} alone" if n == 1 else f"Median of {n} seeds"


def shown_note(n_shown: int, n_features: int, noun: str = "feature") -> list[str]:
    """Return how many features, or words, are not drawn, if any."""
    rest = n_features - n_shown
    if rest <= 0:
        return []
    verb = "is" if rest == 1 else "are"
    return [f"Largest {n_shown} of {n_features} {noun}s; {rest} {verb} not shown."]


def sign_of_most(values: np.ndarray) -> np.ndarray:
    """Return whether all seeds give one sign (zeros give none), from (n_seeds, ...)."""
    return np.asarray((values > 0).all(axis=0) | (values < 0).all(axis=0))
