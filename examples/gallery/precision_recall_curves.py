"""How many false alarms does each seed pay for finding a class?

Precision against recall at every threshold: a thin line a seed, dark the mean, a band for the
middle 80% of seeds. The dashed line is guessing. It says more than a ROC curve of a rare class.
"""

import xaigeo as xg


def draw(study):
    return xg.viz.precision_recall_curves(study.evaluation, "Chinstrap")
