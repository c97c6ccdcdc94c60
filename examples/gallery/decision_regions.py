"""Where does each seed draw its borders between the classes?

One small map a seed over two columns, the others held at their medians and commonest categories.
Colour is what the model predicts there, points are data by their true class. Where maps differ,
so do the models, though they learned from the same rows.
"""

from xaigeo.geometry.decision_regions import decision_regions as regions_of
from xaigeo.viz.decision_regions import decision_regions


def draw(study):
    regions = regions_of(
        study.ensemble, study.data.X, ("bill_length_mm", "bill_depth_mm"), y=study.data.y
    )
    return decision_regions(regions)
