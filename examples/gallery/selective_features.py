"""For which features can a direction be told whatever the seed, and on how many rows?

A bar is a feature over all explained birds: the part in colour are those on which enough networks
agree on its sign, the pale part those on which they do not and nothing should be told.
"""

import xaigeo as xg


def draw(study):
    return xg.viz.selective_features(xg.agreement.selective(study.shap))
