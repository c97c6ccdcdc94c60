"""How does what a feature adds depend on its value?

Each dot is a row, in the colour of its predicted class; the line through it is where the middle
80% of the seeds lie. The ticks at the foot are the background rows.
"""

import xaigeo as xg


def draw(study):
    return xg.viz.attribution_scatter(study.shap, "bill_length_mm", output="Adelie")
