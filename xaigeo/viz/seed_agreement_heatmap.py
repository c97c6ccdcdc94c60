"""Which seeds give the same reasons as which: mean agreement of every two seeds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import altair as alt
import numpy as np
import pandas as pd

from xaigeo.errors import InputError
from xaigeo.viz.channels import layered
from xaigeo.viz.method_words import words_for
from xaigeo.viz.table_data import with_tables
from xaigeo.viz.theme import RAMP
from xaigeo.viz.themed import themed

if TYPE_CHECKING:
    from xaigeo.explanations import Attributions


def seed_agreement_heatmap(explanation: Attributions, k: int | None = None) -> alt.LayerChart:
    """Draw the mean feature agreement of every two seeds, like seeds side by side.

    Parameters
    ----------
    explanation : Attributions
    k : int, optional
        Number of top features; see `xaigeo.agreement.top_k.default_k`.

    Raises
    ------
    InputError
        For anything but attributions, or for a single seed.
    """
    matrix, k = agreement_matrix(explanation, k)
    cells = heatmap_cells(matrix, explanation.seeds)
    off = matrix[~np.eye(len(matrix), dtype=bool)]
    n = explanation.schema.n_features
    side = max(180, min(420, 19 * len(matrix)))
    chart = layered(*heatmap_layers(k / n)).properties(
        width=side,
        height=side,
        title=alt.Title(
            shared_features(explanation, k),
            subtitle=[
                f"{words_for(explanation).title}, from {off.min():.0%} to {off.max():.0%} by pair; "
                f"unrelated reasons would share {k / n:.0%}."
            ],
        ),
        description=f"Heat map of mean feature agreement of {len(matrix)} seeds, two at a time.",
    )
    return themed(with_tables(chart, {"cells": cells}))


def shared_features(explanation: Attributions, k: int | None = None) -> str:
    """Return what the heat map finds, a sentence without full stop."""
    matrix, k = agreement_matrix(explanation, k)
    off = matrix[~np.eye(len(matrix), dtype=bool)]
    return f"Two seeds share {off.mean():.0%} of their top {k} features on average"


def agreement_matrix(explanation: Attributions, k: int | None = None) -> tuple[np.ndarray, int]:
    """Return the mean feature agreement over instances, shape (n_seeds, n_seeds), and k."""
    from xaigeo.agreement.compared import ComparedAttributions, compare
    from xaigeo.agreement.top_k import feature_agreement

    compared = compare(explanation, k=k)
    if not isinstance(compared, ComparedAttributions):
        raise InputError(
            expected="Attributions for a heat map of seeds",
            arrived=f"{type(explanation).__name__} ({explanation.method})",
            do="Pass the result of a method such as 'lime' or 'kernel_shap'.",
        )
    values = compared.values
    pairs = np.stack(
        [feature_agreement(own[None], values, compared.k).mean(axis=-1) for own in values]
    )
    return pairs, compared.k


def heatmap_cells(matrix: np.ndarray, seeds: np.ndarray) -> pd.DataFrame:
    """Return one row a pair of seeds, ordered so that seeds alike are neighbours."""
    order = alike_order(matrix)
    names = [str(seeds[place]) for place in order]
    sorted_matrix = matrix[np.ix_(order, order)]
    row, column = np.indices(matrix.shape).reshape(2, -1)
    return pd.DataFrame(
        {
            "seed": [names[i] for i in row],
            "other_seed": [names[j] for j in column],
            "agreement": sorted_matrix.reshape(-1),
        }
    )


def alike_order(matrix: np.ndarray) -> np.ndarray:
    """Return seed places in the order of the leaves of an average-linkage tree."""
    if len(matrix) < 3:
        return np.arange(len(matrix))
    from scipy.cluster.hierarchy import leaves_list, linkage, optimal_leaf_ordering
    from scipy.spatial.distance import squareform

    gap = squareform(np.clip(1.0 - (matrix + matrix.T) / 2.0, 0.0, None), checks=False)
    return np.asarray(leaves_list(optimal_leaf_ordering(linkage(gap, "average"), gap)))


def heatmap_layers(null: float) -> list[alt.Chart]:
    """Return the layer over the table `cells`; colour starts at the null value."""
    low = float(np.floor(null * 10) / 10)
    axis = alt.Axis(ticks=False, domain=False, labelAngle=0, labelOverlap=True)
    cells = (
        alt.Chart(alt.NamedData("cells"))
        .mark_rect(stroke="white", strokeWidth=0.6)
        .encode(
            x=alt.X("other_seed:N", sort=None, title="Seed", axis=axis),
            y=alt.Y("seed:N", sort=None, title="Seed", axis=axis),
            color=alt.Color(
                "agreement:Q",
                title="Shared top features",
                scale=alt.Scale(domain=[low, 1.0], range=list(RAMP), clamp=True),
                legend=alt.Legend(format=".0%", gradientLength=140, tickCount=3),
            ),
            tooltip=[
                alt.Tooltip("seed:N", title="Seed"),
                alt.Tooltip("other_seed:N", title="and seed"),
                alt.Tooltip("agreement:Q", title="Shared top features", format=".0%"),
            ],
        )
    )
    return [cells]
