"""For which rows does the answer depend on the seed?

The rows on which seeds lie furthest apart. Each dot is one seed's probability of the class that
most seeds predict; seeds that predict another class have its colour and shape.
"""

from xaigeo.viz.prediction_spread import prediction_spread


def draw(study):
    return prediction_spread(study.evaluation, n_rows=15)
