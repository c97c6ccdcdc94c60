"""Which features do rules restrict, and do all seeds use the same ones?

The bar is the share of all rules that restrict a feature, cut by the kind of limit. A dot is one
seed: dots that lie apart are seeds that use the feature more or less often.
"""

from xaigeo.viz.rule_features import rule_features


def draw(study):
    return rule_features(study.anchors)
