"""How many seeds are enough to know how far they agree?

A panel is a score. The band is its 95% interval over the choice of seeds: what other networks,
trained the same way, could have scored. It narrows with more seeds; beyond the ten that were
trained it is extrapolated. The upright line is the number at which it is as narrow as wanted.
"""

from xaigeo.agreement.seeds_needed import seeds_needed
from xaigeo.viz.seed_curve import seed_curve


def draw(study):
    return seed_curve(seeds_needed(study.shap))
