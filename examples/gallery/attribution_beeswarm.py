"""Which values of a feature speak for an answer, and do the seeds say so too?

Each dot is a row: its place is what the feature adds there (median of the seeds), its colour the
feature's value from low to high. The faint bar is where the middle 80% of the seeds lie.
"""

import xaigeo as xg


def draw(study):
    return xg.viz.attribution_beeswarm(study.shap, output="Gentoo")
