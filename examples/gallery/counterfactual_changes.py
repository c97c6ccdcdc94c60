"""What has to change for another answer, and do all seeds change the same features?

The bar is the share of all counterfactuals that change a feature, orange upwards and blue
downwards. A dot is one seed: dots that lie apart are seeds that find other changes.
"""

from xaigeo.viz.counterfactual_changes import counterfactual_changes


def draw(study):
    return counterfactual_changes(study.counterfactuals)
