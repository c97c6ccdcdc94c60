"""What each method is called before a reader, and how its marks are read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from xaigeo.explanations import Attributions, Explanation
from xaigeo.geometry.attribution_meaning import attribution_meaning, has_boundary_line

Mark = Literal["line", "arrows", "box", "connector"]

TITLES = {
    "attention": "Attention",
    "lime": "LIME",
    "kernel_shap": "Kernel SHAP",
    "permutation_shap": "Permutation SHAP",
    "exact_shap": "Exact SHAP",
    "sampling_shap": "Sampling SHAP",
    "tree_shap": "Tree SHAP",
    "linear_shap": "Linear SHAP",
    "saliency": "Saliency",
    "input_x_gradient": "Input × gradient",
    "integrated_gradients": "Integrated gradients",
    "smooth_grad": "SmoothGrad",
    "gradient_shap": "Gradient SHAP",
    "expected_gradients": "Expected gradients",
    "deep_lift": "DeepLIFT",
    "deep_shap": "Deep SHAP",
    "occlusion": "Occlusion",
    "feature_ablation": "Feature ablation",
    "anchors": "Anchors",
    "consensus_anchors": "Consensus anchors",
    "counterfactuals": "Counterfactuals",
    "robust_counterfactuals": "Robust counterfactuals",
}
# SmoothGrad by the moment that it takes over the noise.
SMOOTHED = {"smoothgrad_sq": "SmoothGrad squared", "vargrad": "VarGrad"}
READINGS: dict[Mark, str] = {
    "line": "A thin line is where one seed's local model changes its answer, the other features "
    "held at this row; the fainter it is, the worse that model fits (R²). The thick line is the "
    "seeds' consensus, and the shaded fan holds 90% of their directions. A dashed line means that "
    "no boundary passes nearby: it only shows the direction. Lines that lie together mean seeds "
    "that agree. An arrow leads to where a local model is surer of the answer, and the dotted "
    "ring bounds the neighbourhood that it was fitted in.",
    "arrows": "An arrow tells how much the feature on that axis adds to the answer (orange) or "
    "takes from it (blue); the third arrow is both together. Thin arrows are single seeds, thick "
    "dark ones their median, and the ellipse holds 90% of the seeds. It is a contribution, not "
    "a direction to walk in. The bar at the lower left gives the scale.",
    "box": "Of rows in a seed's box that also meet the rest of its rule, that seed keeps its "
    "answer on at least the wanted share{wanted}, unless the panel says that it falls below. Thin "
    "boxes are single seeds, the thick one is what all of them share, the grey one holds them "
    "all. A dashed side is open: the rule has no bound there. Of the small points, the rows of "
    "the data, the strong ones obey all of the rule, the thick one or that of the chosen seed; "
    "the pale ones do not. Dotted: where the search drew its rows. With the consensus alone, "
    "darker places lie in the boxes of more seeds.",
    "connector": "A connector leads from this row to a made-up input, not a row of the data, near "
    "this row, that one seed answers otherwise; the diamond has the colour of that answer and the "
    "dot marks the place where it changes. The thick connector ends in the middle of the seeds' "
    "end points; what it changes besides the two columns is written on it.",
}
# Arrows of slopes, not of shares of the output.
CHANGES = (
    "An arrow tells how the output changes when the feature on that axis grows by one standard "
    "deviation: orange it rises, blue it falls; the third arrow is both together. Thin arrows are "
    "single seeds, thick dark ones their median, and the ellipse holds 90% of the seeds. The bar "
    "at the lower left gives the scale."
)
# Arrows of squares or variances of slopes.
SQUARES = (
    "An arrow's length tells the mean square or the variance, over noisy copies of the row, of how "
    "the output changes when the feature on that axis grows by one standard deviation; it has no "
    "sign of its own and points the way that the mean slope does: orange it rises, blue it falls. "
    "Thin arrows are single seeds, thick dark ones their median, and the ellipse holds 90% of the "
    "seeds. The bar at the lower left gives the scale."
)
# Arrows of what is lost when one feature alone is taken away.
REMOVALS = (
    "An arrow tells how much the output loses (orange) or gains (blue) when the feature on that "
    "axis alone is set to its baseline; such numbers need not add up. Thin arrows are single "
    "seeds, thick dark ones their median, and the ellipse holds 90% of the seeds. The bar at the "
    "lower left gives the scale."
)
# Arrows of a local model over bins.
BINNED = (
    "An arrow tells how much lying in its bin, and not in another, adds to the answer (orange) or "
    "takes from it (blue) in the local model; the third arrow is both "
    "together. The model is constant in a bin and has no boundary line. Thin arrows are single "
    "seeds, thick dark ones their median, and the ellipse holds 90% of the seeds. The bar at the "
    "lower left gives the scale."
)


# LIME of a regression, which has no answer to change and so no boundary.
LEVEL = (
    "A thin dashed line is the level line of one seed's local model through this row: along it, "
    "the other features held, the model's prediction stays the same; the fainter it is, the worse "
    "that model fits (R²). The arrow leads to higher predictions. The thick line is the seeds' "
    "consensus, and the shaded fan holds 90% of their directions. Lines that lie together mean "
    "seeds that agree. The dotted ring bounds the neighbourhood that the local models were fitted "
    "in."
)
PLANE_LEVEL = (
    "Nothing is held here: a dashed line lies across the way in which one seed's local model "
    "rises, through this row, and the arrow leads to higher predictions; all arrows are equally "
    "long in all columns, so a short one points out of the plane. Thin: single seeds; thick: their "
    "consensus, with the fan that holds 90% of their directions."
)


# The same marks on a plane of all numeric columns.
PLANES: dict[Mark, str] = {
    "line": (
        "Nothing is held here: a shaded patch is where one seed's local model changes its "
        "answer near this row, seen from the side; it is a line where the plane looks along "
        "it. The arrow is the way in which the local model turns towards the answer, all "
        "arrows equally long in all columns, so a short one points out of the plane. Thin: "
        "single seeds; thick: their consensus, with the fan that holds 90% of their "
        "directions."
    ),
    "arrows": (
        "It lies along that column's own axis, so a column that points out of the plane has a "
        "short one; the arrow without an orange or blue head is all of them together. Of many "
        "columns the ten largest are drawn. Thin arrows are single seeds, thick dark ones "
        "their median, and the ellipse holds 90% of the seeds. The bar gives the scale."
    ),
    "box": (
        "An outline is the shadow of a seed's box; dashed where the box is open and only the "
        "data end. A point inside the outline need not lie in the box: the strong points obey "
        "all of the rule. The thick outline is what all seeds share; the dotted one is where "
        "the search drew its rows."
    ),
    "connector": (
        "A connector leads from this row to a made-up input that one seed answers otherwise; "
        "on this plane it looks shorter than it is where it points out of it. The thick "
        "connector ends in the middle of the seeds' end points; what it changes is written on "
        "it."
    ),
}
# What an arrow on a plane tells, by what it tells on two columns.
ON_PLANES: dict[str, str] = {
    READINGS["arrows"]: (
        "An arrow tells how much a numeric column adds to the answer (orange) or takes from "
        "it (blue)."
    ),
    CHANGES: (
        "An arrow tells how the output changes when a numeric column grows by one standard "
        "deviation: orange it rises, blue it falls."
    ),
    SQUARES: (
        "An arrow's length tells the mean square or the variance, over noisy copies of the "
        "row, of how the output changes when a numeric column grows by one standard "
        "deviation; it points the way that the mean slope does."
    ),
    REMOVALS: (
        "An arrow tells how much the output loses (orange) or gains (blue) when a numeric "
        "column alone is set to its baseline."
    ),
    BINNED: (
        "An arrow tells how much lying in a column's bin, and not in another, adds to the "
        "answer (orange) or takes from it (blue) in the local model."
    ),
}


@dataclass(frozen=True)
class MethodWords:
    """Title, mark and reading of one method, on two columns and on a plane of all."""

    name: str
    title: str
    mark: Mark
    reading: str
    plane_reading: str


def words_for(explanation: Explanation) -> MethodWords:
    """Return the words for an explanation; a method from elsewhere keeps its own name."""
    mark = _mark(explanation)
    reading = _reading(explanation, mark)
    on_plane = PLANES[mark]
    if mark == "arrows":
        on_plane = f"{ON_PLANES[reading]} {on_plane}"
    if explanation.task == "regression":
        reading, on_plane = _of_regression(mark, reading, on_plane)
    return MethodWords(explanation.method, method_title(explanation), mark, reading, on_plane)


def _of_regression(mark: Mark, reading: str, on_plane: str) -> tuple[str, str]:
    """Return both readings without the answers that a regression has not."""
    if mark == "line":
        return LEVEL, PLANE_LEVEL
    if mark != "arrows":
        return reading, on_plane
    return reading.replace("the answer", "the prediction"), on_plane.replace(
        "the answer", "the prediction"
    )


def method_title(explanation: Explanation) -> str:
    """Return what a method is called before a reader; one from elsewhere keeps its own name."""
    if explanation.method == "smooth_grad":
        moment = explanation.provenance["parameters"].get("nt_type")
        return SMOOTHED.get(moment, TITLES["smooth_grad"])
    return TITLES.get(explanation.method, explanation.method)


def _reading(explanation: Explanation, mark: Mark) -> str:
    if isinstance(explanation, Attributions) and mark == "arrows":
        meaning = attribution_meaning(explanation)
        if meaning.binned:
            return BINNED
        if meaning.removal:
            return REMOVALS
        if meaning.squared:
            return SQUARES
        return CHANGES if meaning.says == "change" else READINGS[mark]
    if mark == "box":
        wanted = explanation.provenance["parameters"].get("threshold")
        return READINGS[mark].format(wanted="" if wanted is None else f" ({wanted:.0%})")
    return READINGS[mark]


def _mark(explanation: Explanation) -> Mark:
    if explanation.kind == "anchors":
        return "box"
    if explanation.kind == "counterfactuals":
        return "connector"
    # The same question that the scene asks.
    line = isinstance(explanation, Attributions) and has_boundary_line(explanation)
    return "line" if line else "arrows"


def written_rule(rule: str) -> str:
    """Return a rule as a reader writes it, with ≤ and ≥."""
    return rule.replace(" <= ", " ≤ ").replace(" >= ", " ≥ ")
