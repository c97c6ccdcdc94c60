"""Which seeds give the same reasons?

Each square tells how far the explanations of two seeds agree, from chance (pale) to the same
(dark). Seeds alike stand side by side, so a dark block is a group of seeds with one way to explain.
"""

import xaigeo as xg


def draw(study):
    return xg.viz.seed_agreement_heatmap(study.shap, score="spearman")
