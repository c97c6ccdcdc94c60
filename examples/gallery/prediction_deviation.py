"""Are predictions less stable where models are less sure?

The standard deviation of the probability between seeds against its mean, a dot a row; dark the
mean of each bin and the middle 80% of its rows. The bars below count the rows of each bin.
"""

import xaigeo as xg


def draw(study):
    return xg.viz.prediction_deviation(study.evaluation, output="Chinstrap")
