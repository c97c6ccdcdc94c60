"""Which features count for more than which, by all seeds?

A path of lines downwards leads from a feature to those that every seed says count for less. Where
no path joins two features the seeds disagree, so any ranking of the two would be one seed's word.
"""

import xaigeo as xg


def draw(study):
    return xg.viz.feature_order(study.shap)
