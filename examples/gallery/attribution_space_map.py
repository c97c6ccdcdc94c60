"""Which rows are alike in their values but not in their reasons, or the other way round?

The same rows twice: at the left by their values, at the right by their attributions. Draw a box in
one part and see where its rows lie in the other. Larger points: the seeds differ more there.
"""

import xaigeo as xg


def draw(study):
    return xg.viz.attribution_space_map(study.shap)
