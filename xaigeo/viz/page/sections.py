"""The pictures of each section of the page: what is shown of which explanations."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from xaigeo.agreement.difference_scores import comparable_score
from xaigeo.agreement.discrimination import threshold_curves
from xaigeo.agreement.importance import attribution_values, importance, overall_order
from xaigeo.agreement.model_difference import model_difference
from xaigeo.agreement.seeds_needed import seeds_needed
from xaigeo.ensemble import Evaluation
from xaigeo.explanations import Anchors, Attributions, Counterfactuals, Explanation
from xaigeo.geometry.modes import explanatory_modes
from xaigeo.viz.attribution_beeswarm import attribution_beeswarm
from xaigeo.viz.attribution_importance import attribution_importance
from xaigeo.viz.attribution_scatter import attribution_scatter
from xaigeo.viz.attribution_space_map import attribution_space_map
from xaigeo.viz.confusion_matrix import confusion_matrix
from xaigeo.viz.counterfactual_changes import counterfactual_changes
from xaigeo.viz.divided_rows import divided_rows
from xaigeo.viz.feature_order import feature_order
from xaigeo.viz.method_agreement import method_agreement
from xaigeo.viz.modes_map import modes_map
from xaigeo.viz.page.pictures import WIDTH, Picture, picture
from xaigeo.viz.precision_coverage import precision_coverage, precision_coverage_finding
from xaigeo.viz.prediction_deviation import prediction_deviation
from xaigeo.viz.prediction_spread import prediction_spread
from xaigeo.viz.rank_flow import rank_flow
from xaigeo.viz.reliability_diagram import reliability_diagram
from xaigeo.viz.residuals import residuals
from xaigeo.viz.rule_features import rule_features
from xaigeo.viz.score_by_row import score_by_row
from xaigeo.viz.seed_curve import seed_curve
from xaigeo.viz.seed_outliers import seed_outliers
from xaigeo.viz.threshold_curves import roc_curves

LEAST_ROWS, LEAST_SEEDS = 3, 3
# Scores that a reader of the page meets first; how many seeds they need.
FIRST_SCORES = ("feature_agreement", "rank_agreement", "stability", "sign_consensus")
MOST_RULES = 200
# More methods than these have squares too small for their numbers beside another picture.
MANY_METHODS = 5
# Features whose attributions are drawn against their values.
N_SCATTERS = 2
# Of a plot without its labels, so that both fit a phone.
PLOT = 220


def performance_pictures(evaluation: Evaluation) -> list[Picture]:
    """Return how far stated probabilities hold, and where the seeds' predictions differ."""
    found = []
    if evaluation.task == "classification":
        found.append(
            picture(reliability_diagram(evaluation, width=WIDTH), name="reliability_diagram")
        )
        found.append(picture(confusion_matrix(evaluation, width=WIDTH), name="confusion_matrix"))
        if len(np.unique(evaluation.labels)) > 1:
            curves = threshold_curves(evaluation)
            hardest = min(curves, key=lambda one: one.areas["area"].mean())
            found.append(
                picture(roc_curves(evaluation, hardest.output, width=WIDTH), name="roc_curves")
            )
    else:
        found.append(picture(residuals(evaluation, width=WIDTH), name="residuals"))
    if len(evaluation.seeds) > 1:
        found.append(
            picture(prediction_deviation(evaluation, width=WIDTH), name="prediction_deviation")
        )
    if len(evaluation.seeds) >= LEAST_SEEDS:
        difference = model_difference(evaluation, score=comparable_score(evaluation))
        found.append(picture(seed_outliers(difference, width=WIDTH), name="seed_outliers"))
    return found


def reason_pictures(
    explanations: Sequence[Explanation], leading: Attributions | None
) -> list[Picture]:
    """Return what counts over all rows, for every seed, and whether the seeds fall into groups."""
    found = []
    if leading is not None:
        found.append(
            picture(attribution_importance(leading, width=WIDTH), name="attribution_importance")
        )
        found.append(picture(rank_flow(leading, width=WIDTH), name="rank_flow"))
        found.append(
            picture(modes_map(explanatory_modes(leading), leading, width=WIDTH), name="modes_map")
        )
        found.append(picture(feature_order(leading, width=WIDTH), name="feature_order"))
        found += seed_curve_pictures(leading)
    attributed = [e for e in explanations if isinstance(e, Attributions)]
    if len(attributed) > 1:
        found.append(methods_picture(attributed))
    for explanation in explanations:
        if isinstance(explanation, Anchors):
            found.append(_rules(explanation))
            found.append(picture(rule_features(explanation, width=WIDTH), name="rule_features"))
        elif isinstance(explanation, Counterfactuals):
            found.append(
                picture(
                    counterfactual_changes(explanation, width=WIDTH), name="counterfactual_changes"
                )
            )
    return found


def methods_picture(attributed: Sequence[Attributions]) -> Picture:
    """Return how far every two methods agree, over the whole width where they are many."""
    # The names beside the squares take a third of a picture's width.
    chart = method_agreement(attributed, width=WIDTH * 2 // 3)
    return picture(chart, name="method_agreement", wide=len(attributed) > MANY_METHODS)


def seed_curve_pictures(leading: Attributions) -> list[Picture]:
    """Return how many seeds the first scores need; nothing where no curve can be drawn."""
    names = [n for n in FIRST_SCORES if leading.signed or n != "sign_consensus"]
    needed = seeds_needed(leading, names)
    if needed.status in ("cannot tell", "undefined"):
        return []
    return [picture(seed_curve(needed, width=WIDTH), name="seed_curve")]


def _rules(anchors: Anchors) -> Picture:
    """Return how precise rules are and how much they cover, of an even sample where many."""
    labels = anchors.instances
    most = max(2, MOST_RULES // len(anchors.seeds))
    if len(labels) <= most:
        return picture(precision_coverage(anchors, width=WIDTH), name="precision_coverage")
    shown = labels[np.linspace(0, len(labels) - 1, most).round().astype(int)]
    found = picture(precision_coverage(anchors, shown, width=WIDTH), name="precision_coverage")
    note = f" Drawn: the rules at {most} of {len(labels)} rows, an even sample."
    return found | {
        "finding": precision_coverage_finding(anchors),
        "reading": found["reading"] + note,
    }


def difference_pictures(
    leading: Attributions | None, evaluation: Evaluation | None
) -> list[Picture]:
    """Return the rows on which the seeds differ: in their reasons, or in their answers."""
    found = []
    if leading is not None:
        if leading.task == "classification":
            found.append(
                picture(divided_rows(leading, width=WIDTH), name="divided_rows", wide=True)
            )
        found.append(picture(score_by_row(leading, width=WIDTH), name="score_by_row"))
    if evaluation is not None:
        found.append(picture(prediction_spread(evaluation, width=PLOT), name="prediction_spread"))
    return found


def overview_pictures(leading: Attributions | None) -> list[Picture]:
    """Return all rows at once: by what the data are like, and by what is said of them."""
    if leading is None or len(leading.instances) < LEAST_ROWS:
        return []
    found = [
        picture(
            attribution_beeswarm(leading, width=WIDTH), name="attribution_beeswarm", ringed=True
        )
    ]
    order = overall_order(importance(attribution_values(leading)))
    for j in order[:N_SCATTERS].tolist():
        chart = attribution_scatter(leading, leading.features[j], width=WIDTH)
        found.append(
            picture(chart, name="attribution_scatter" if j == order[0] else "", ringed=True)
        )
    if np.ptp(leading.array("attribution")) > 0:
        found.append(
            picture(
                attribution_space_map(leading), name="attribution_space_map", wide=True, ringed=True
            )
        )
    return found
