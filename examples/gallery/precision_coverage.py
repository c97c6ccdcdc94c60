"""How far can the rules be relied upon, and how much of the data do they speak of?

A point is the rule of one seed for one bird: the higher the safer, the further right the more
general. The line down ends at the lower bound of the precision; hollow points miss the wanted one.
"""

import xaigeo as xg


def draw(study):
    return xg.viz.precision_coverage(study.anchors)
