"""What would have to change about this bird for another answer, and do the seeds find the same?

A line is a way to change: cells that change are filled, orange upwards and blue downwards, and tell
the new value. Seeds that change the same features in the same direction share a line.
"""

import xaigeo as xg


def draw(study):
    return xg.viz.counterfactual_table(study.counterfactuals, instance=study.rows.index[2])
