"""What each item of the checklist rests on, as places of the page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

# By item: the places that show what it measures, and their words. Those that a page lacks are
# left out.
PLACES: dict[str, tuple[tuple[str, str], ...]] = {
    "P1": (("trained", "what was trained"),),
    "P2": (("ensemble", "hashes of data, settings and architecture"),),
    "P3": (("made-repeats", "what was explained again"),),
    "P4": (("made-registration", "when the thresholds were laid down"),),
    "M1": (("performance", "scores of every seed"),),
    "M2": (
        ("picture-prediction_spread", "the spread of predictions"),
        ("picture-prediction_deviation", "how far each seed deviates"),
    ),
    "M3": (
        ("picture-prediction_deviation", "how far each seed deviates"),
        ("picture-prediction_spread", "the spread of predictions"),
    ),
    "M4": (("picture-reliability_diagram", "the reliability diagram"),),
    "M5": (
        ("picture-seed_outliers", "how far each model lies from the others"),
        ("picture-prediction_deviation", "how far each seed deviates"),
    ),
    "F1": (("explorer", "each row’s attributions"),),
    "F2": (("made-repeats", "what was explained again"),),
    "F3": (("picture-randomisation", "explanations of random models"),),
    "F4": (("picture-deletion", "deletion curves"),),
    "F5": (("made-repeats", "what was explained again"),),
    "A1": (("reasons", "the scores of agreement"),),
    "A2": (
        ("reasons", "the scores of agreement"),
        ("heatmap", "which seeds think alike"),
    ),
    "A3": (
        ("reasons", "the scores of agreement"),
        ("picture-attribution_importance", "what counts for each seed"),
    ),
    "A4": (
        ("picture-score_by_row", "agreement by row"),
        ("picture-rank_flow", "ranks by seed"),
    ),
    "A5": (("picture-modes_map", "the map of modes"),),
    "A6": (
        ("picture-divided_rows", "the divided rows"),
        ("contrasts", "rows with one answer and different reasons"),
    ),
    "A7": (("picture-method_agreement", "how far methods agree"),),
    "A8": (
        ("method-anchors", "scores of the rules"),
        ("picture-precision_coverage", "precision and coverage"),
    ),
    "A9": (
        ("method-counterfactuals", "scores of the changes"),
        ("picture-counterfactual_changes", "what is changed"),
    ),
    "R1": (("made-off-support", "what was planted and noticed"),),
    "R2": (("picture-score_by_row", "agreement by row"),),
    "C1": (("picture-attribution_importance", "intervals over the seeds"),),
    "C2": (
        ("differences", "where the seeds differ"),
        ("everything", "all rows as a table"),
    ),
    "C3": (("reasons", "the scores of agreement"),),
    "C4": (("made", "hashes and versions"),),
}
ALWAYS = {"trained", "performance", "reasons", "differences", "explorer", "everything", "made"}


def with_links(rows: list[dict[str, Any]], page: dict[str, Any]) -> list[dict[str, Any]]:
    """Return rows of the checklist with the places of a page that show what they rest on.

    Parameters
    ----------
    rows : list of dict
        Of `xaigeo.viz.checklist.Checklist`.
    page : dict
        The report's summary.
    """
    there = ALWAYS | {"ensemble"} | set(_places(page))
    judged = (page.get("faithfulness") or {}).get("of_items", {})
    linked = []
    for row in rows:
        places = PLACES.get(row["id"], ())
        if row["id"] in judged:
            told = judged[row["id"]]
            places = tuple((told["place"], f"{words} ({told['method']})") for _, words in places)
        links = [(f"#{place}", words) for place, words in places if place in there]
        linked.append(row | {"links": links})
    return linked


def _places(page: dict[str, Any]) -> Iterator[str]:
    """Yield the names of places that a page has because of what it was made from."""
    reasons, differences = page["reasons"] or {}, page["differences"] or {}
    sections = (
        page["performance"] or {},
        reasons,
        page.get("faithfulness") or {},
        differences,
        {"pictures": page["overview"]},
    )
    for section in sections:
        for one in section.get("pictures") or ():
            if one["name"]:
                yield f"picture-{one['name']}"
    for table in page.get("provenance") or ():
        if "id" in table:
            yield table["id"]
    for method in reasons.get("methods") or ():
        yield f"method-{method['name']}"
    if reasons.get("heatmap"):
        yield "heatmap"
    if differences.get("contrasts"):
        yield "contrasts"
