"""Which rows are explained alike, and where do the seeds not even agree on the sign?

Rows run across and features down; orange adds to the answer and blue takes from it. A dot marks
a cell on whose sign the seeds differ.
"""

import xaigeo as xg


def draw(study):
    return xg.viz.attribution_heatmap(study.shap, output="Gentoo")
