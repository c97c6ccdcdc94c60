"""For which features can a direction be told whatever the seed, and on how many rows?

A bar is a feature over all explained birds: the part in colour are those on which enough networks
agree on its sign, the pale part those on which they do not and nothing should be told.
"""

from xaigeo.agreement.selective import selective
from xaigeo.viz.selective_features import selective_features


def draw(study):
    return selective_features(selective(study.shap))
