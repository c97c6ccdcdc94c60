"""Where do all seeds give one answer, but for different reasons?

A tile is a seed; its letter names the feature that counts most for it. Mixed letters in a row mean
that the answer is sure and its explanation is not. Dots at the right: how alike the reasons are.
"""

import xaigeo as xg


def draw(study):
    return xg.viz.divided_rows(study.shap)
