"""Are all seeds equally good models?

One dot a seed, on birds that no model saw in training. Seeds that answer equally well and explain
differently are the case that this library is for: accuracy alone cannot tell them apart.
"""

import xaigeo as xg


def draw(study):
    return xg.viz.seed_accuracies(study.evaluation)
