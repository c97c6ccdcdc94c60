"""What is said of the importance of features for several outputs at once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from xaigeo.agreement.unstable import LEAST_PLACES
from xaigeo.explanations import Attributions
from xaigeo.viz.attribution_words import AttributionWords, attribution_words
from xaigeo.viz.importance_sizes import sizes_of

LEADERS_TOLD = 3  # features that a title names


def outputs_finding(explanation: Attributions, least_places: int = LEAST_PLACES) -> str:
    """Return which feature counts most for each output, in the median of the seeds, a sentence."""
    leads: dict[str, list[str]] = {}
    for output in explanation.outputs:
        found = sizes_of(explanation, output, least_places)
        median = np.median(found.sizes, axis=0)
        if (median == median.max()).sum() == 1:
            leads.setdefault(found.quoted(int(median.argmax())), []).append(output)
    if not leads:
        return f"For no output does one {found.noun} alone count most"
    n = len(explanation.outputs)
    kind = "targets" if explanation.task == "regression" else "classes"
    by_size = sorted(leads.items(), key=lambda lead: -len(lead[1]))
    name, first = by_size[0]
    if len(first) == n:
        return f"{name} counts most for {'both' if n == 2 else f'all {n}'} {kind}"
    if len(by_size) > LEADERS_TOLD:
        return f"{len(by_size)} {found.noun}s count most for one of {n} {kind} or more"
    others = [f"{other} for {' and '.join(outputs)}" for other, outputs in by_size[1:]]
    return ", ".join([f"{name} counts most for {' and '.join(first)}", *others])


def words_of_each(explanation: Attributions) -> AttributionWords:
    """Return words for all outputs at once: targets of a regression have units of their own."""
    words = attribution_words(explanation)
    if not words.regression or len(set(explanation.outputs)) < 2:
        return words
    return replace(words, meaning=replace(words.meaning, scale="unit of the target"))


def heading_of_each(words: AttributionWords) -> str:
    """Return the heading of the attributions of all outputs, each drawn apart."""
    said = words.heading("").replace("the answer “”", "each class")
    return said.replace("of “”", f"of each {kind_of_output(words).lower()}")


def kind_of_output(words: AttributionWords) -> str:
    """Return what a legend calls an output."""
    return "Target" if words.regression else "Class"
