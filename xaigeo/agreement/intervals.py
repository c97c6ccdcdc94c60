"""Every attribution with its spread over the seeds."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import t as t_distribution

from xaigeo import dims
from xaigeo.errors import InputError
from xaigeo.explanations import Attributions, TokenAttributions
from xaigeo.explanations.amounts import gives_amounts, kind_name
from xaigeo.explanations.token_attributions import cell_columns


def seed_intervals(explanation: Attributions, *, level: float = 0.95) -> pd.DataFrame:
    """Return each attribution's mean over seeds with the interval that a new seed may fall in.

    Parameters
    ----------
    explanation : Attributions
    level : float
        Share of new seeds that the interval should hold.

    Returns
    -------
    DataFrame
        One row per instance, feature and output (of texts per instance, place of the `token`, with
        its `word`, and output): `mean`, `sd` over seeds, `low`, `high`,
        `n_seeds`, and `sign_share`, the share of seeds with the majority's sign. With one seed
        `sd`, `low` and `high` are NaN.

    Notes
    -----
    The interval is the normal prediction interval mean ± t·sd·√(1 + 1/K), K − 1 degrees of
    freedom: it tells what another training run would say, not how well the mean is known.
    """
    if not gives_amounts(explanation):
        raise InputError(
            expected="Attributions",
            arrived=kind_name(explanation),
            do="Explain with lime, kernel_shap or a gradient method for intervals.",
        )
    if not 0 < level < 1:
        raise InputError(
            expected="level between 0 and 1", arrived=repr(level), do="Pass for example 0.95."
        )
    values = explanation.array("attribution")
    mean, sd, half = spread_over_seeds(values, level)
    signs = np.maximum((values > 0).mean(axis=0), (values < 0).mean(axis=0))
    columns = {"mean": mean, "sd": sd, "low": mean - half, "high": mean + half}
    if isinstance(explanation, TokenAttributions):
        mask, n_outputs = explanation.mask, len(explanation.outputs)
        cells = pd.DataFrame(cell_columns(explanation)).loc[lambda t: t.index.repeat(n_outputs)]
        frame = cells.reset_index(drop=True).assign(
            output=explanation.outputs * int(mask.sum()),
            **{name: array[mask].reshape(-1) for name, array in columns.items()},
        )
        return frame.assign(n_seeds=len(values), sign_share=signs[mask].reshape(-1))
    grid = pd.MultiIndex.from_product(
        [explanation.instances, explanation.features, explanation.outputs],
        names=[dims.INSTANCE, dims.FEATURE, dims.OUTPUT],
    )
    frame = pd.DataFrame({name: array.reshape(-1) for name, array in columns.items()}, index=grid)
    return frame.assign(n_seeds=len(values), sign_share=signs.reshape(-1)).reset_index()


def spread_over_seeds(
    values: np.ndarray, level: float = 0.95
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return mean, SD and half width of the prediction interval over seeds (axis 0)."""
    n_seeds = len(values)
    mean = values.mean(axis=0)
    if n_seeds < 2:
        undefined = np.full(mean.shape, np.nan)
        return mean, undefined, undefined
    sd = values.std(axis=0, ddof=1)
    factor = t_distribution.ppf((1 + level) / 2, n_seeds - 1) * np.sqrt(1 + 1 / n_seeds)
    return mean, sd, factor * sd
