"""What the page says of the seeds' reasons: how far they agree, and on which rows they do not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from xaigeo.agreement.unstable import POOR_STABILITY
from xaigeo.ensemble import Evaluation
from xaigeo.explanations import Attributions, Explanation
from xaigeo.viz.method_words import TITLES, words_for
from xaigeo.viz.page.agreement import (
    OF_ANSWERS,
    PREFERRED,
    Agreement,
    method_sentence,
    stability_text,
)
from xaigeo.viz.page.figures import heatmap_spec, score_specs
from xaigeo.viz.page.sections import difference_pictures, reason_pictures
from xaigeo.viz.page.words import count
from xaigeo.viz.records import plain
from xaigeo.viz.seed_agreement_heatmap import shared_features

Section = dict[str, Any]
SHOWN_ROWS = 8


def reasons(explanations: Sequence[Explanation], agreement: Agreement) -> Section:
    """Return how far the seeds agree, method by method, and what counts for each of them."""
    methods = []
    for explanation in explanations:
        table = agreement.table[agreement.table["method"] == explanation.method]
        words = words_for(explanation)
        methods.append(
            {
                "name": words.name,
                "title": words.title,
                "finding": method_sentence(agreement, explanation) + ".",
                "charts": [
                    {
                        "spec": spec,
                        "direction": "Higher means more agreement →"
                        if better
                        else "← Lower means more agreement",
                    }
                    for better, spec in score_specs(_reasons_only(table))
                ],
                "rows": [_score_row(row) for _, row in table.iterrows()],
            }
        )
    leading = next((e for e in explanations if e.method == agreement.leading), None)
    return {
        "finding": _reasons_sentence(agreement, leading),
        "methods": methods,
        "pictures": reason_pictures(explanations, leading_attributions(explanations)),
        "heatmap": _heatmap(leading) if isinstance(leading, Attributions) else None,
        # It stands behind the last method whose seeds it can compare.
        "heatmap_after": max(
            (n for n, e in enumerate(explanations, 1) if isinstance(e, Attributions)), default=0
        ),
    }


def differences(
    explanations: Sequence[Explanation], agreement: Agreement, evaluation: Evaluation | None
) -> Section:
    """Return the rows on which the seeds differ: one answer for different reasons first."""
    first = explanations[0]
    if agreement.contrasts is not None:
        finding = contrast_sentence(agreement)
    elif first.task == "classification":
        split = int((first.predicted != first.predicted[0]).any(axis=0).sum())
        rows = count(len(first.instances), "explained row")
        finding = f"On {split} of {rows} the seeds' answers differ."
    else:
        values = first.array("prediction")[..., 0]
        finding = (
            f"The seeds' predictions of {first.outputs[0]} at one row lie up to "
            f"{np.ptp(values, axis=0).max():.4g} apart."
        )
    return {
        "finding": finding,
        "contrasts": _contrasts(agreement),
        "top_k": agreement.k.get(agreement.leading or ""),
        "pictures": difference_pictures(leading_attributions(explanations), evaluation),
    }


def leading_attributions(explanations: Sequence[Explanation]) -> Attributions | None:
    """Return the attributions that the page leads with."""
    attributed = [e for e in explanations if isinstance(e, Attributions)]
    return min(attributed, key=lambda e: e.method != PREFERRED, default=None)


def contrast_sentence(agreement: Agreement) -> str:
    """Return on how many rows the seeds give one answer for different reasons, a sentence."""
    assert agreement.contrasts is not None  # the caller looked
    assert agreement.leading is not None
    n, flagged = len(agreement.contrasts), len(agreement.flagged)
    if not n:
        return "There is no explained row on which all seeds give the same answer."
    title = TITLES.get(agreement.leading, agreement.leading)
    stability = "the stability of the top features"
    below = f"below {POOR_STABILITY:.2f} ({title})."
    if n == 1:
        verb = "falls" if flagged else "does not fall"
        return f"On the one row on which all seeds give the same answer, {stability} {verb} {below}"
    found = f"on {flagged} {stability} falls" if flagged else f"on none does {stability} fall"
    return f"Of the {n} rows on which all seeds give the same answer, {found} {below}"


def _reasons_only(table: pd.DataFrame) -> pd.DataFrame:
    """Leave out the answers (flips, churn), which the section before this one tells."""
    return table[~table["score"].isin(OF_ANSWERS)]


def _reasons_sentence(agreement: Agreement, leading: Explanation | None) -> str:
    if leading is None:
        best = agreement.table.iloc[0]
        return f"{best['meaning']} Here: {best['value']:.2f}."
    return f"{method_sentence(agreement, leading)} ({words_for(leading).title})."


def _score_row(row: pd.Series) -> dict[str, Any]:
    from xaigeo.agreement import SCORES

    def text(value: float) -> str:
        return "–" if value is None or np.isnan(value) else f"{value:.2f}"

    interval = text(row["low"]) != "–"
    return {
        "label": SCORES.get(row["score"]).label,
        "meaning": row["meaning"],
        "value": text(row["value"]),
        "interval": f"{text(row['low'])} to {text(row['high'])}" if interval else "–",
        "null": text(row["null"]),
        "spread": f"{text(row['lowest'])} to {text(row['highest'])}",
        "better": "higher" if row["higher_is_better"] else "lower",
    }


def _contrasts(agreement: Agreement) -> list[dict[str, Any]]:
    return [
        {
            "instance": plain(row.instance),
            "predicted": row.predicted,
            "leading": row.leading_features,
            "stability": stability_text(row.stability),
        }
        for row in agreement.flagged.head(SHOWN_ROWS).itertuples()
    ]


def _heatmap(leading: Attributions) -> Section:
    return {
        "spec": heatmap_spec(leading),
        "title": f"Which seeds think alike ({words_for(leading).title})",
        "reading": f"{shared_features(leading)}. Each square compares two seeds: the darker, the "
        "larger the share of top features they have in common. Seeds that think alike stand side "
        "by side.",
        "description": "Heat map of the agreement of every two seeds.",
    }
