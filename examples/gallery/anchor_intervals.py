"""Within which limits does each seed keep its answer, and which limits do all seeds share?

A lane is a feature in its own units. Thin bars are single seeds, the thick bar is what all of
them share, the outline holds them all; the grey strip shows where the data lie.
"""

import xaigeo as xg


def draw(study):
    return xg.viz.anchor_intervals(study.anchors, instance=study.rows.index[2])
