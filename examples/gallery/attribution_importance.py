"""Which features count most over all rows, and is the first the same for every seed?

Each dot is the mean size of a feature's attributions for one seed; the dark bar is the median and
the middle 80% of the seeds. `by_output=True` draws the classes apart.
"""

import xaigeo as xg


def draw(study):
    return xg.viz.attribution_importance(study.shap)
