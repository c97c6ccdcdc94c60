"""On the rows of which class are the models too sure?

A reliability diagram for each true class: how often answers of some confidence are right, among
the rows that truly are of the class. Rows of a class that models often miss lie below the
diagonal.
"""

import xaigeo as xg


def draw(study):
    return xg.viz.reliability_diagram(study.evaluation, n_bins=10, by_class=True, width=620)
