"""Is one of the models unlike the others?

Dot and bar: the least share of a seed's scores (log-odds of a class) that must be left out before
they pass for those of all other seeds, with its 95 % interval. An outlier is dark and named. How
small a difference the test rows can show stands below the title: of few rows 0 proves little.
"""

import xaigeo as xg


def draw(study):
    difference = xg.agreement.model_difference(study.evaluation)
    return xg.viz.seed_outliers(difference, limits=(0.05, 0.15))
