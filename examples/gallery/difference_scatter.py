"""Are the models that differ most also those that answer otherwise, or are badly calibrated?

A point a seed: how far its scores lie from those of all other seeds, against its churn and its
calibration error. Titles of panels give the rank correlation over seeds; an interval that holds 0
shows nothing.
"""

import xaigeo as xg


def draw(study):
    return xg.viz.difference_scatter(xg.agreement.model_difference(study.evaluation), by="distance")
