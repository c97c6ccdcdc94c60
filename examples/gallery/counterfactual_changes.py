"""What has to change for another answer, and do all seeds change the same features?

The bar is the share of all counterfactuals that change a feature, orange upwards and blue
downwards. A dot is one seed: dots that lie apart are seeds that find other changes.
"""

import xaigeo as xg


def draw(study):
    return xg.viz.counterfactual_changes(study.counterfactuals)
