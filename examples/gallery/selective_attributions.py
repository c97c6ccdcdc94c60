"""What may be said of this bird that does not depend on the seed?

A full bar is an attribution whose sign more than half of all seeds would give, by an exact test. A
hollow one is left open: the networks do not agree on it well enough, so that another training run
might say the opposite. The numbers count the networks that agree.
"""

import xaigeo as xg


def draw(study):
    selection = xg.agreement.selective(study.shap)
    fewest = selection.by_instance().sort_values("n_shown")["instance"].iloc[0]
    return xg.viz.selective_attributions(study.shap, fewest, selection)
