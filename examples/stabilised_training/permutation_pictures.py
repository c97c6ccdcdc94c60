"""The pictures of the page, by the library's own charts, under sentences of the page's numbers."""

from pathlib import Path
from typing import Any

from page import sentence, told
from permutation_summary import BANDS, PLAIN, WEIGHTED, Compared
from retitling import retitled

import xaigeo as xg
from xaigeo.viz.attention_permutation import attention_permutation_notes, permutations_of

# The picture of all seeds' lines is a large one.
SCALE = {"reliability": 1.3}


def draw(found: Compared, folder: Path) -> dict[str, str]:
    """Draw the pictures of one network and return their file names by what they show."""
    folder.mkdir(parents=True, exist_ok=True)
    name = found.network.label
    made = {
        f"Answers under other attention by confidence, plain loss ({name})": (
            "controls",
            controls(found),
        ),
        "Wrong answers under shuffled attention with and without class weighting: false positives "
        f"left, false negatives right ({name})": ("missed", wrong(found)),
        f"Reliability by true class, with and without class weighting ({name})": (
            "reliability",
            reliability(found, PLAIN) & reliability(found, WEIGHTED),
        ),
    }
    for file, chart in made.values():
        xg.viz.save(chart, folder / f"{file}.png", scale=SCALE.get(file, 2.0))
    return {text: f"{file}.png" for text, (file, _) in made.items()}


def controls(found: Compared) -> Any:
    """Draw the plain loss alone; the title tells a middle, as the ends of a valley look alike."""
    check = found.runs[PLAIN].check
    parts = [
        f"{band.value:.3f} ({low} to {high})"
        for (low, high), band in zip(BANDS, found.by_confidence(PLAIN), strict=True)
    ]
    mean = told(found.change(PLAIN, "mean_change"), 3)
    finding = f"Shuffling moves the probability by {mean}; by confidence: {', '.join(parts)}"
    notes = attention_permutation_notes(permutations_of(check))
    return retitled(xg.viz.attention_permutation(check), finding, notes)


def wrong(found: Compared) -> Any:
    """Draw wrong answers with both losses; the title tells ratios as the page does."""
    checks = {sentence(loss): found.runs[loss].check for loss in (PLAIN, WEIGHTED)}
    finding = (
        "With class weighting shuffling moves false negatives "
        f"{told(found.gain('mean_change', 'missed'))} times as far, false positives "
        f"{told(found.gain('mean_change', 'alarms'))} times"
    )
    given = permutations_of(checks, answers="wrong", by_class=True)
    chart = xg.viz.attention_permutation(checks, answers="wrong", by_class=True)
    return retitled(chart, finding, attention_permutation_notes(given))


def reliability(found: Compared, loss: str) -> Any:
    chart = xg.viz.reliability_diagram(
        found.runs[loss].evaluation, n_bins=10, by_class=True, width=440
    )
    title = chart.title
    lines = [title.text] if isinstance(title.text, str) else list(title.text)
    title.text = [f"{sentence(loss)}:", *lines]
    return chart
