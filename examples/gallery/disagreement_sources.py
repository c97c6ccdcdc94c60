"""Do explanations differ because of initial weights, batch order, background or explainer?

Bars are shares of the variance of an attribution, the thick line their interval had other seeds
and samples been drawn too, the thin one over rows, for these runs alone. To the right: how much
of their top features two explanations still share when this source alone changes, and when
everything does.
"""

from torch import nn

import xaigeo as xg


def make_model(n_inputs, n_outputs):
    return nn.Sequential(nn.Linear(n_inputs, 16), nn.ReLU(), nn.Linear(16, n_outputs))


def draw(study):
    sources = xg.sources_of_disagreement(
        make_model,
        study.train_X,
        study.train_y,
        study.rows.head(12),
        methods={"lime": {"n_samples": 1000}},
        n_init=4,
        n_order=4,
    )
    return xg.viz.disagreement_sources(sources)
