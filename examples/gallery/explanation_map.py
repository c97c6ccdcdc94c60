"""Where, on two columns of the data, do the seeds' explanations of a row lie?

Small points are rows of the data, large ones the explained rows: click one. Thin marks are single
seeds, thick ones their consensus; the list below the chart chooses the method.
"""

import xaigeo as xg


def draw(study):
    explanations = [study.lime, study.shap, study.gradients, study.anchors, study.counterfactuals]
    scene = xg.scene(explanations, view=("bill_length_mm", "flipper_length_mm"))
    return xg.viz.explanation_map(scene)
