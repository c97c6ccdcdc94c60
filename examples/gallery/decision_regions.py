"""Where does each seed draw its borders between the classes?

One small map a seed over two columns, the others held at their medians and commonest categories.
Colour is what the model predicts there, points are data by their true class. Where maps differ,
so do the models, though they learned from the same rows.
"""

import xaigeo as xg


def draw(study):
    regions = xg.geometry.decision_regions(
        study.ensemble, study.data.X, ("bill_length_mm", "bill_depth_mm"), y=study.data.y
    )
    return xg.viz.decision_regions(regions)
