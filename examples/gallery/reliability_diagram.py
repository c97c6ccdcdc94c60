"""Does a stated probability hold?

How often answers of some confidence are right: a thin line a seed, dark all seeds together. Below
the diagonal models are too sure. The bars below show how often each confidence is stated.
"""

import xaigeo as xg


def draw(study):
    return xg.viz.reliability_diagram(study.evaluation, n_bins=10)
