"""What does each method say about one bird, where it lies among the data?

Dots are the birds, in the colour and shape of the predicted class. SHAP is arrows along the axes,
LIME the line at which the answer would change, an anchor a box within which it stays, a
counterfactual a link to the nearest bird of another answer. Thin marks are single seeds, thick ones
their consensus; click on another explained bird to see its explanations.
"""

import xaigeo as xg


def draw(study):
    explanations = [study.shap, study.lime, study.anchors, study.counterfactuals]
    scene = xg.scene(explanations, view=("bill_length_mm", "flipper_length_mm"))
    return xg.viz.explanation_map(scene)
