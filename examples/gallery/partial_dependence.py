"""Do the seeds learn the same effect of a column?

The mean probability of a class while one column takes value after value in all rows: a thin line a
seed, dark their mean. Pale lines are single rows, each averaged over seeds; ticks are the data.
"""

import xaigeo as xg


def draw(study):
    dependence = xg.geometry.partial_dependence(study.ensemble, study.data.X, "bill_length_mm")
    return xg.viz.partial_dependence(dependence, ice=True)
