"""Do the seeds explain in one way, or do they fall into groups that explain differently?

A point is a seed; seeds near each other explain alike. At the right is what each mode says of the
features: of several modes, those features come first in which they differ most.
"""

import xaigeo as xg


def draw(study):
    return xg.viz.modes_map(xg.geometry.explanatory_modes(study.shap), study.shap)
