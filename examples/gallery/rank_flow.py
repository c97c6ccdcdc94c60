"""Does the order of the features hold from seed to seed?

Each line is a feature, its height the rank that a seed gives it. Lines that cross are features
that change places; like seeds stand side by side.
"""

import xaigeo as xg


def draw(study):
    return xg.viz.rank_flow(study.shap)
