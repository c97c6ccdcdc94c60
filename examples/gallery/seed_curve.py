"""How many seeds are enough to know how far they agree?

A panel is a score. The band is its 95% interval over the choice of seeds: what other networks,
trained the same way, could have scored. It narrows with more seeds; beyond the ten that were
trained it is extrapolated. The upright line is the number at which it is as narrow as wanted.
"""

import xaigeo as xg


def draw(study):
    return xg.viz.seed_curve(xg.agreement.seeds_needed(study.shap))
