"""How much do scores depend on the seed?

A strip for each score, a dot a seed. Point at a dot to find the same seed in the other strips: the
most accurate seed need not be the one whose probabilities are best.
"""

import xaigeo as xg


def draw(study):
    return xg.viz.seed_scores(study.evaluation)
