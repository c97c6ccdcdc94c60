"""Does the output come back when the features that an explanation names are put back?

All features start with values of other rows and get their own again, the most supporting first.
The sooner a seed's line rises above the dashed one, where features come back in random order, the
better its explanation tells what the output rests on.
"""

from xaigeo.faithfulness import insertion
from xaigeo.viz.deletion_curves import deletion_curves


def draw(study):
    return deletion_curves(insertion(study.lime, study.ensemble))
