"""What pushes the output of one row up, what pushes it down, and is it the same for each seed?

The two colours meet at the output. The bar on top is the mean, each bar below it one seed; parts
that line up from bar to bar are reasons on which the seeds agree.
"""

import xaigeo as xg


def draw(study):
    return xg.viz.attribution_force(study.shap, instance=study.rows.index[0])
