"""How far do the seeds agree on their reasons, and is it more than chance?

A dot is a score, the line through it its 95% interval over the explained birds, and the small mark
what unrelated explanations would score. A score near that mark says that the seeds agree no more
than chance would have it.
"""

import xaigeo as xg


def draw(study):
    return xg.viz.agreement_scores(xg.agreement.summary(study.shap))
