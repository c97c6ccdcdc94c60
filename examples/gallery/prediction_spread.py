"""For which rows does the answer depend on the seed?

The rows on which seeds lie furthest apart. Each dot is one seed's probability of the class that
most seeds predict; seeds that predict another class have its colour and shape.
"""

import xaigeo as xg


def draw(study):
    return xg.viz.prediction_spread(study.evaluation, n_rows=15)
