"""Which rows are explained alike, and where do the seeds not even agree on the sign?

Rows run across and features down; orange adds to the answer and blue takes from it. A dot marks
a cell on whose sign the seeds differ.
"""

from xaigeo.viz.attribution_heatmap import attribution_heatmap


def draw(study):
    return attribution_heatmap(study.shap, output="Gentoo")
