"""Which features do rules restrict, and do all seeds use the same ones?

The bar is the share of all rules that restrict a feature, cut by the kind of limit. A dot is one
seed: dots that lie apart are seeds that use the feature more or less often.
"""

import xaigeo as xg


def draw(study):
    return xg.viz.rule_features(study.anchors)
