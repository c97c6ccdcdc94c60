"""What the page says of the seeds' reasons: how far they agree, and on which rows they do not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from xaigeo.agreement.unstable import POOR_STABILITY
from xaigeo.ensemble import Evaluation
from xaigeo.explanations import Attributions, Explanation, TokenAttributions
from xaigeo.viz.method_words import TITLES, method_title
from xaigeo.viz.page.agreement import (
    OF_ANSWERS,
    PREFERRED,
    Agreement,
    attributions_among,
    method_sentence,
    one_leads,
    stability_text,
)
from xaigeo.viz.page.figures import heatmap_spec, score_specs
from xaigeo.viz.page.level_columns import level_columns
from xaigeo.viz.page.sections import difference_pictures, reason_pictures
from xaigeo.viz.page.text_sections import text_difference_pictures, text_reason_pictures
from xaigeo.viz.page.words import count
from xaigeo.viz.records import plain
from xaigeo.viz.seed_agreement_heatmap import shared_features

Section = dict[str, Any]
SHOWN_ROWS = 8


def reasons(explanations: Sequence[Explanation], agreement: Agreement) -> Section:
    """Return how far the seeds agree, method by method, and what counts for each of them."""
    methods: list[Section] = []
    first = explanations[0]
    for explanation in explanations:
        table = agreement.table[agreement.table["method"] == explanation.method]
        methods.append(
            {
                "name": explanation.method,
                "title": method_title(explanation),
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
    attributed = attributions_among(explanations)
    return {
        "finding": _reasons_sentence(agreement, leading),
        "methods": methods,
        "pictures": level_columns(
            (text_reason_pictures if _of_texts(first) else reason_pictures)(
                explanations, leading_attributions(explanations)
            )
        ),
        "heatmap": _heatmap(leading) if isinstance(leading, Attributions) else None,
        # It stands behind the last method whose seeds it can compare.
        "heatmap_after": max(
            (n for n, e in enumerate(explanations, 1) if e in attributed), default=0
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
        "pictures": level_columns(
            (text_difference_pictures if _of_texts(first) else difference_pictures)(
                leading_attributions(explanations), evaluation
            )
        ),
    }


def leading_attributions(explanations: Sequence[Explanation]) -> Attributions | None:
    """Return the attributions that the page leads with."""
    return min(attributions_among(explanations), key=lambda e: e.method != PREFERRED, default=None)


def contrast_sentence(agreement: Agreement) -> str:
    """Return on how many rows the seeds give one answer for different reasons, a sentence."""
    assert agreement.contrasts is not None  # the caller looked
    assert agreement.leading is not None
    n, flagged = len(agreement.contrasts), len(agreement.flagged)
    if not n:
        return "There is no explained row on which all seeds give the same answer."
    title = TITLES.get(agreement.leading, agreement.leading)
    stability = f"the stability of the top {agreement.things}"
    below = f"below {POOR_STABILITY:.2f} ({title})."
    lead = _who_leads(agreement)
    if n == 1:
        verb = "falls" if flagged else "does not fall"
        return (
            f"On the one row on which all seeds give the same answer, {stability} {verb} "
            f"{below}{lead}"
        )
    found = f"on {flagged} {stability} falls" if flagged else f"on none does {stability} fall"
    return f"Of the {n} rows on which all seeds give the same answer, {found} {below}{lead}"


def _who_leads(agreement: Agreement) -> str:
    """Return on how many of the flagged rows it is no other feature that leads, a sentence."""
    rows = agreement.flagged
    alone = one_leads(rows)
    n, total, thing = int(alone.sum()), len(rows), agreement.things.removesuffix("s")
    if not n:
        return ""
    cosine = f"(mean cosine {rows.loc[alone, 'mean_cosine'].mean():.2f}): what differs is the rest."
    if n == total:
        there = "There" if n == 1 else "On all of these"
        return f" {there} all seeds put the same {thing} first {cosine}"
    return f" On {n} of these all seeds put the same {thing} first {cosine}"


def _reasons_only(table: pd.DataFrame) -> pd.DataFrame:
    """Leave out the answers (flips, churn), which the section before this one tells."""
    return table[~table["score"].isin(OF_ANSWERS)]


def _reasons_sentence(agreement: Agreement, leading: Explanation | None) -> str:
    if leading is None:
        best = agreement.table.iloc[0]
        return f"{best['meaning']} Here: {best['value']:.2f}."
    return f"{method_sentence(agreement, leading)} ({method_title(leading)})."


def _score_row(row: pd.Series) -> dict[str, Any]:
    from xaigeo.agreement import SCORES

    def text(value: float) -> str:
        return "–" if value is None or np.isnan(value) else f"{value:z.2f}"

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
            "share": f"{row.leading_share:.0%}",
            "cosine": f"{row.mean_cosine:z.2f}",
        }
        for row in agreement.flagged.head(SHOWN_ROWS).itertuples()
    ]


def _heatmap(leading: Attributions) -> Section:
    things = "words" if _of_texts(leading) else "features"
    return {
        "spec": heatmap_spec(leading),
        "title": f"Which seeds think alike ({method_title(leading)})",
        "reading": f"{shared_features(leading)}. Each square compares two seeds: the darker, the "
        f"larger the share of top {things} they have in common. Seeds that think alike stand side "
        "by side.",
        "description": "Heat map of the agreement of every two seeds.",
    }


def _of_texts(explanation: Explanation) -> bool:
    return isinstance(explanation, TokenAttributions)
