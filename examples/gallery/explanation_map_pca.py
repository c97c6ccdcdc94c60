"""What do boundaries, arrows, boxes and connectors look like in all columns at once?

The axes are principal components, so nothing is held fixed: a boundary is a patch, a box an
outline, and each column has an arrow. The small arrows in the corner tell where columns lead.
"""

import xaigeo as xg


def draw(study):
    explanations = [study.lime, study.shap, study.anchors, study.counterfactuals]
    return xg.viz.explanation_map(xg.scene(explanations, view="pca"), methods=["lime", "anchors"])
