"""Which words count most over all texts, and are they the same for every seed?

Each dot is the mean size of a word's attention for one seed, over the places where the word stands;
words at fewer than five places say nothing in general and are left out. The dark bar is the median
and the middle 80% of the seeds.
"""

import xaigeo as xg


def draw(study):
    return xg.viz.attribution_importance(study.texts.attention["plain"])
