"""Do attributions vary because of the model's seed, or because the explainer draws at random?

Dark is what the seed of the model makes of the variance, the paler parts are the explainer's. Where
the pale parts are large, more samples are wanted before seeds are compared.
"""

import xaigeo as xg


def draw(study):
    repeats = [
        xg.explain(
            study.ensemble,
            study.rows,
            method="lime",
            background=study.data.X,
            random_state=random_state,
        )
        for random_state in range(3)
    ]
    return xg.viz.variance_shares(xg.agreement.explainer_noise(repeats))
