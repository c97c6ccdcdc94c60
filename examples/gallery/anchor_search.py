"""How did the search come to this rule?

Step by step a rule is narrowed until its precision is high enough, and covers less. The slider
below goes through the steps and shows the limits of each; thin lines are the other seeds' searches.
"""

import xaigeo as xg


def draw(study):
    return xg.viz.anchor_search(study.anchors, instance=study.rows.index[2])
