"""How do the features lead from the base value to the output of one row?

Read from top to bottom: each bar starts where the one before it ends. The dark rule is where the
middle 80% of the seeds put that step.
"""

import xaigeo as xg


def draw(study):
    return xg.viz.attribution_waterfall(study.shap, instance=study.rows.index[0])
