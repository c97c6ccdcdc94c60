"""Do the seeds learn the same effect of a column?

The mean probability of a class while one column takes value after value in all rows: a thin line a
seed, dark their mean. Pale lines are single rows, each averaged over seeds; ticks are the data.
"""

from xaigeo.geometry.partial_dependence import partial_dependence as dependence_of
from xaigeo.viz.partial_dependence import partial_dependence


def draw(study):
    dependence = dependence_of(study.ensemble, study.data.X, "bill_length_mm")
    return partial_dependence(dependence, ice=True)
