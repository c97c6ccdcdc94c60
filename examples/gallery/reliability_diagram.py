"""Does a stated probability hold?

How often answers of some confidence are right: a thin line a seed, dark all seeds together. Below
the diagonal models are too sure. The bars below show how often each confidence is stated.
"""

from xaigeo.viz.reliability_diagram import reliability_diagram


def draw(study):
    return reliability_diagram(study.evaluation, n_bins=10)
