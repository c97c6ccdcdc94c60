"""How well does each seed tell a class from the rest, at every threshold?

Rows of the class that are found against others that are taken for it: a thin line a seed, dark the
mean, a band for the middle 80% of seeds. The dashed diagonal is guessing.
"""

import xaigeo as xg


def draw(study):
    return xg.viz.roc_curves(study.evaluation)
