"""Are the models that differ most also those that answer otherwise, or are badly calibrated?

A point a seed: how far its scores lie from those of all other seeds, against its churn and its
calibration error. Titles of panels give the rank correlation over seeds; an interval that holds 0
shows nothing.
"""

from xaigeo.agreement.model_difference import model_difference
from xaigeo.viz.difference_scatter import difference_scatter


def draw(study):
    return difference_scatter(model_difference(study.evaluation), by="distance")
