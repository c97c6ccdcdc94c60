"""Which words of a sentence do the seeds look at, and are they the same?

A row a seed: the darker a word, the more of the seed's attention it takes. The framed row is the
mean of the seeds that give the answer of most; the bar under a word is the deviation between them.
Seeds that answer differently stand below, under their own answer.
"""

import xaigeo as xg


def draw(study):
    attention = study.texts.attention["plain"]
    return xg.viz.token_attributions(attention, attention.instances[4])
