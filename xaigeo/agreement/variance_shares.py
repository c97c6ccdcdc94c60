"""Where the variance of an attribution comes from: the model's seed or the explainer's draws."""

from __future__ import annotations

import numpy as np
import pandas as pd

from xaigeo.agreement.noise import ExplainerNoise
from xaigeo.errors import InputError

# In the order in which they are stacked.
SOURCES = ("seed", "explainer_own", "explainer_common")


def variance_shares(noise: ExplainerNoise) -> pd.DataFrame:
    """Return how much of the variance of one attribution each source makes, by feature.

    Parameters
    ----------
    noise : ExplainerNoise
        From `xaigeo.agreement.explainer_noise`.

    Returns
    -------
    DataFrame
        One row per feature and source: `feature` (None for all of them together), `source`
        ("seed": the model; "explainer_own": the explainer's draws, the part that differs between
        models; "explainer_common": the part that is the same for all models of a run, and cancels
        between seeds), `variance` (squared units, mean over instances) and `share` of that
        feature's total (NaN where nothing varies). Of texts all tokens together alone: a place in
        one text is not that of another.

    Raises
    ------
    InputError
        For anything but an `ExplainerNoise`.

    Notes
    -----
    For an attribution made with a random model seed and a random explainer seed: the model
    variance, freed of noise and at least 0, and the squared error of a single run, of which the
    rest of the two-way table is the part that the models do not share.
    """
    if not isinstance(noise, ExplainerNoise):
        raise InputError(
            expected="the noise of an explainer (ExplainerNoise)",
            arrived=type(noise).__name__,
            do="Pass xaigeo.agreement.explainer_noise([first, second]), of two explanations with "
            "different random states.",
        )
    table = noise.table
    own = table["difference_se"] ** 2
    parts = pd.DataFrame(
        {
            "seed": table["seed_sd"] ** 2,
            "explainer_own": own,
            # A rest that is larger than the whole is chance: no part is below 0.
            "explainer_common": (table["explainer_se"] ** 2 - own).clip(lower=0.0),
        }
    )
    if "feature" in table:
        means = parts.groupby(table["feature"], sort=False).mean()
        rows = [(None, means.sum()), *means.iterrows()]
    else:
        rows = [(None, parts.sum() / table["instance"].nunique())]
    return pd.DataFrame(
        [
            {
                "feature": feature,
                "source": source,
                "variance": float(values[source]),
                "share": float(values[source] / values.sum()) if values.sum() > 0 else np.nan,
            }
            for feature, values in rows
            for source in SOURCES
        ]
    )
