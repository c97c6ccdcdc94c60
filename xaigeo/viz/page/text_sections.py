"""The pictures of a page on texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from xaigeo.agreement.score_bins import score_bins as agreement_bins
from xaigeo.agreement.unstable import LEAST_PLACES
from xaigeo.ensemble import Evaluation
from xaigeo.explanations import Attributions, Explanation, TokenAttributions
from xaigeo.viz.attribution_importance import attribution_importance
from xaigeo.viz.method_words import method_title
from xaigeo.viz.number_text import counted
from xaigeo.viz.page.agreement import attributions_among
from xaigeo.viz.page.columnar import replace_values
from xaigeo.viz.page.pictures import WIDTH, Picture, picture
from xaigeo.viz.page.sections import PLOT, methods_picture, seed_curve_pictures
from xaigeo.viz.page.text_nouns import OWN
from xaigeo.viz.prediction_spread import fitted, prediction_spread
from xaigeo.viz.score_bins import score_bins
from xaigeo.viz.score_by_row import score_by_row
from xaigeo.viz.series_bins import FEW

# Fewer words that are common enough are no order.
LEAST_WORDS = 3


def text_reason_pictures(
    explanations: Sequence[Explanation], leading: Attributions | None
) -> list[Picture]:
    """Return how the seeds' agreement hangs together with their answers, seeds and methods."""
    found = _words_that_count(leading)
    attributed = attributions_among(explanations)
    binned = [(one, agreement_bins(one)) for one in _binned(attributed, leading)]
    for n, (one, bins) in enumerate((one, bins) for one, bins in binned if has_course(bins)):
        chart = score_bins(bins, width=WIDTH)
        found.append(_of_method(picture(chart, name="" if n else "score_bins"), one))
    if leading is not None:
        found += seed_curve_pictures(leading)
    if len(attributed) > 1:
        found.append(methods_picture(attributed))
    return found


def text_difference_pictures(
    leading: Attributions | None, evaluation: Evaluation | None
) -> list[Picture]:
    """Return the texts on which the seeds differ: in their reasons, or in their answers."""
    found = []
    if leading is not None:
        found.append(picture(score_by_row(leading, width=WIDTH), name="score_by_row"))
    if evaluation is not None:
        chart = picture(prediction_spread(evaluation, width=PLOT), name="prediction_spread")
        found.append(_labelled_briefly(chart))
    return found


def _words_that_count(leading: Attributions | None) -> list[Picture]:
    """Return which words count most over all texts, if any stands at enough places."""
    if not isinstance(leading, TokenAttributions):
        return []
    places = np.unique(leading.array("input")[leading.word_mask], return_counts=True)[1]
    if (places >= LEAST_PLACES).sum() < LEAST_WORDS:
        return []
    chart = attribution_importance(leading, width=WIDTH)
    return [picture(chart, name="attribution_importance") | {OWN: True}]


def _labelled_briefly(spread: Picture) -> Picture:
    """Return the spread of predictions with nothing but labels and flips beside its lines.

    What most seeds say at a text its tooltip tells.
    """
    tables = spread["spec"]["datasets"]
    lists = [rows for rows in tables.values() if isinstance(rows, list) and rows]
    rows = next(rows for rows in lists if "n_flips" in rows[0])
    brief = {row["label"]: _label(row) for row in rows}
    if len(set(brief.values())) == len(brief):  # or two texts would share a line
        for table in tables.values():
            replace_values(table, "label", brief)
    return spread


def _label(row: dict[str, Any]) -> str:
    flips = int(row["n_flips"])
    return fitted(str(row["instance"]), f", {counted(flips, 'flip')}" if flips else "")


def _binned(attributed: Sequence[Attributions], leading: Attributions | None) -> list[Attributions]:
    """Return attention and the leading attributions, where answers are classes."""
    wanted = [e for e in attributed if e.method == "attention" or e is leading]
    return [e for e in wanted if e.task == "classification" and e.scale != "logit"]


def has_course(bins: pd.DataFrame) -> bool:
    """Return whether a score has two bins of enough texts: one alone shows no course."""
    enough = bins[bins["n_defined"] >= FEW]
    return bool((enough["score"].value_counts() > 1).any())


def _of_method(made: Picture, explanation: Attributions) -> Picture:
    return made | {"finding": f"{method_title(explanation)}: {_small(made['finding'])}"}


def _small(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
