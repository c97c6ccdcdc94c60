"""Do the features that an explanation names matter more than random ones?

Features are replaced by values of other rows, the most supporting first. The sooner a seed's line
falls below the dashed one, where features go in random order, the better its explanation tells
what the output rests on.
"""

from xaigeo.faithfulness import deletion
from xaigeo.viz.deletion_curves import deletion_curves


def draw(study):
    return deletion_curves(deletion(study.shap, study.ensemble))
