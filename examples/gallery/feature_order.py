"""Which features count for more than which, by all seeds?

A path of lines downwards leads from a feature to those that every seed says count for less. Where
no path joins two features the seeds disagree, so any ranking of the two would be one seed's word.
"""

from xaigeo.viz.feature_order import feature_order


def draw(study):
    return feature_order(study.shap)
