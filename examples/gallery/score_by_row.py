"""On how many rows do the seeds agree less than chance would?

A dot is a row, placed by how far the seeds' explanations agree there. The dashed line is what
unrelated explanations would score; dark triangles fall short of it.
"""

import xaigeo as xg


def draw(study):
    return xg.viz.score_by_row(study.counterfactuals)
