"""Does the order of the features hold from seed to seed?

Each line is a feature, its height the rank that a seed gives it. Lines that cross are features
that change places; like seeds stand side by side.
"""

from xaigeo.viz.rank_flow import rank_flow


def draw(study):
    return rank_flow(study.shap)
