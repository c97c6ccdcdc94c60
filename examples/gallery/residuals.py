"""How far do a regression's predictions lie from the truth, and from each other?

A dot a row, the mean of the seeds against the observed value, with a line from the lowest to the
highest seed. Where lines end short of the diagonal, no seed is right: their spread tells how
models differ, not how wrong they are.
"""

from sklearn.ensemble import RandomForestRegressor

import xaigeo as xg


def draw(study):
    X, mass = study.data.X.select_dtypes("number"), study.data.X["body_mass_g"].astype(float)
    X = X.drop(columns="body_mass_g")
    forests = xg.SeedEnsemble.fit(
        RandomForestRegressor(20), X[::2], mass[::2], seeds=range(10), task="regression"
    )
    return xg.viz.residuals(forests.evaluate(X[1::2], mass[1::2]))
