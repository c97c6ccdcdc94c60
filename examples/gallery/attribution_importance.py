"""Which features count most over all rows, and is the first the same for every seed?

Each dot is the mean size of a feature's attributions for one seed; the dark bar is the median and
the middle 80% of the seeds. `by_output=True` draws the classes apart.
"""

from xaigeo.viz.attribution_importance import attribution_importance


def draw(study):
    return attribution_importance(study.shap)
