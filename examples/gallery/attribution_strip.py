"""Which features speak for the answer about one bird, and do all seeds say so?

Each dot is one seed: right of zero, in orange, the feature adds to the probability of the class,
left of zero, in blue, it takes from it. The dark bar is the middle 80% of the seeds, the tick in it
their median; a bar that crosses zero is a reason on which the seeds do not agree.
"""

import xaigeo as xg


def draw(study):
    return xg.viz.attribution_strip(study.shap)
