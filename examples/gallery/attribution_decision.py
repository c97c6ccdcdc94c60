"""Where on the way to the output do the seeds part?

From the base value at the bottom each line adds one feature after the other. Thin lines are single
seeds, the dark one is their mean. Several rows are drawn as one line each.
"""

import xaigeo as xg


def draw(study):
    return xg.viz.attribution_decision(study.shap, study.rows.index[0])
