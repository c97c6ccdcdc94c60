"""Where do all seeds give one answer, but for different reasons?

A tile is a seed; its letter names the feature that counts most for it. Mixed letters in a row mean
that the answer is sure and its explanation is not. Dots at the right: how alike the reasons are.
"""

from xaigeo.viz.divided_rows import divided_rows


def draw(study):
    return divided_rows(study.shap)
