"""Which seeds give the same reasons as which: mean agreement of every two seeds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import altair as alt
import numpy as np
import pandas as pd

from xaigeo.errors import InputError
from xaigeo.viz.channels import layered
from xaigeo.viz.chart_nouns import with_nouns
from xaigeo.viz.chart_size import check_width
from xaigeo.viz.method_words import method_title
from xaigeo.viz.score_words import ScoreWords
from xaigeo.viz.text_fit import titled
from xaigeo.viz.theme import FAINT, INK, RAMP
from xaigeo.viz.themed import themed

if TYPE_CHECKING:
    from xaigeo.agreement.seed_matrix import SeedMatrix
    from xaigeo.explanations import Attributions, Explanation

# More cells than this a side have no room for their numbers.
NUMBERED = 8


def seed_agreement_heatmap(
    explanation: Explanation,
    k: int | None = None,
    score: str | None = None,
    *,
    width: int | None = None,
) -> alt.LayerChart:
    """Draw the mean agreement of every two seeds, like seeds side by side.

    Seeds stand in the order of the leaves of an average-linkage tree of their agreement.

    Parameters
    ----------
    explanation : Attributions, Anchors or Counterfactuals
    k : int, optional
        Number of top features; see `xaigeo.agreement.top_k.default_k`.
    score : str, optional
        A score of two seeds at a time, such as "feature_agreement" (default), "spearman" or
        "mean_cosine" of attributions, "mass_iou" (default) of anchors, "cross_validity"
        (default) of counterfactuals; see `xaigeo.agreement.seed_matrix`.
    width : int, optional
        Of the squares together, in pixels; by default it grows with the number of seeds.

    Raises
    ------
    InputError
        For a single seed, or a score that such explanations do not have.
    """
    if width is not None:
        check_width(width)
    from xaigeo.agreement.seed_matrix import seed_matrix

    matrix = seed_matrix(explanation, score, k=k)
    tables = heatmap_tables(matrix)
    n = len(matrix.seeds)
    side = max(180, min(420, 19 * n)) if width is None else width
    finding = heatmap_finding(matrix)
    chart = heatmap_body(matrix, width=side).properties(
        title=titled(
            finding,
            [f"{method_title(explanation)}. {heatmap_note(matrix)}"],
            max(side + 45, 300),
        ),
        description=f"Heat map of the agreement of {n} seeds, two at a time. {finding}.",
    )
    return themed(with_nouns(chart, tables, explanation))


def heatmap_finding(matrix: SeedMatrix) -> str:
    """Return what the heat map finds, a sentence without full stop."""
    pairs = matrix.pairs
    mean = float(pairs.mean()) if len(pairs) else float("nan")
    return ScoreWords(matrix.score, matrix.k).of_two(mean)


def heatmap_note(matrix: SeedMatrix) -> str:
    """Return how the heat map is read: spread of the pairs, chance, and what rows are."""
    words, pairs = ScoreWords(matrix.score, matrix.k), matrix.pairs
    said = []
    if len(pairs):
        said += [f"From {words.text(pairs.min())} to {words.text(pairs.max())} by pair."]
    said += [words.chance(matrix.null)]
    if matrix.directed:
        said += ["Row: whose explanation. Column: whose model is asked."]
    if not np.isfinite(matrix.values).all():
        said += ["Grey: undefined."]
    return " ".join(filter(None, said))


def heatmap_tables(matrix: SeedMatrix) -> dict[str, pd.DataFrame]:
    """Return the table `cells`, one row an ordered pair of seeds."""
    return {"cells": heatmap_cells(matrix.values, matrix.seeds)}


def heatmap_body(matrix: SeedMatrix, *, width: int) -> alt.LayerChart:
    """Return the squares over the table `cells`, with their numbers where there is room."""
    words = ScoreWords(matrix.score, matrix.k)
    start = _scale_start(matrix.null, matrix.pairs)
    layers = heatmap_layers(matrix.null, words=words, start=start, directed=matrix.directed)
    if not np.isfinite(matrix.values).all():
        empty = layers[0].copy(deep=True)
        empty.encoding.color = alt.value(FAINT)
        layers = [empty, layers[0].transform_filter("isValid(datum.agreement)")]
    n = len(matrix.seeds)
    if n <= NUMBERED and width / n >= 30:
        middle = start + 0.6 * (1.0 - start)
        layers.append(_numbers(layers[-1], words, middle))
    return layered(*layers).properties(width=width, height=width)


def shared_features(explanation: Attributions, k: int | None = None) -> str:
    """Return what the heat map of shared top features finds, a sentence without full stop."""
    matrix, k = agreement_matrix(explanation, k)
    off = matrix[~np.eye(len(matrix), dtype=bool)]
    return f"Two seeds share {off.mean():.0%} of their top {k} features on average"


def agreement_matrix(explanation: Attributions, k: int | None = None) -> tuple[np.ndarray, int]:
    """Return the mean feature agreement over instances, shape (n_seeds, n_seeds), and k."""
    from xaigeo.agreement.seed_matrix import seed_matrix
    from xaigeo.explanations import Attributions, Explanation

    if isinstance(explanation, Explanation) and not isinstance(explanation, Attributions):
        raise InputError(
            expected="Attributions for a matrix of shared features",
            arrived=f"{type(explanation).__name__} ({explanation.method})",
            do="Pass the result of a method such as 'lime' or 'kernel_shap'.",
        )
    matrix = seed_matrix(explanation, "feature_agreement", k=k)
    assert matrix.k is not None  # attributions have top features
    return matrix.values, matrix.k


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

    # A pair that cannot be compared counts as one that does not agree.
    alike = np.nan_to_num((matrix + matrix.T) / 2.0, nan=0.0)
    gap = squareform(np.clip(1.0 - alike, 0.0, None), checks=False)
    return np.asarray(leaves_list(optimal_leaf_ordering(linkage(gap, "average"), gap)))


def heatmap_layers(
    null: float,
    *,
    words: ScoreWords | None = None,
    start: float | None = None,
    directed: bool = False,
) -> list[alt.Chart]:
    """Return the layer over the table `cells`; colour starts at the null value.

    Parameters
    ----------
    null : float
        What unrelated explanations would score.
    words : ScoreWords, optional
        Of the score drawn; the share of top features in common if None.
    start : float, optional
        Where colour starts, if not at `null`.
    directed : bool
        Whether the rows are seeds explained and the columns seeds whose model is asked.
    """
    low = float(np.floor(null * 10) / 10) if start is None else start
    axis = alt.Axis(ticks=False, domain=False, labelAngle=0, labelOverlap=True)
    name = "Shared top features" if words is None else words.legend
    number = ".0%" if words is None else words.number
    cells = (
        alt.Chart(alt.NamedData("cells"))
        .mark_rect(stroke="white", strokeWidth=0.6)
        .encode(
            x=alt.X(
                "other_seed:N",
                sort=None,
                title="Model of seed" if directed else "Seed",
                axis=axis,
            ),
            y=alt.Y(
                "seed:N", sort=None, title="Explanation of seed" if directed else "Seed", axis=axis
            ),
            color=alt.Color(
                "agreement:Q",
                title=name,
                scale=alt.Scale(domain=[low, 1.0], range=list(RAMP), clamp=True),
                legend=alt.Legend(
                    format=number, gradientLength=140, values=[low, (low + 1) / 2, 1]
                ),
            ),
            tooltip=[
                alt.Tooltip("seed:N", title="Seed"),
                alt.Tooltip(
                    "other_seed:N", title="under the model of seed" if directed else "and seed"
                ),
                alt.Tooltip("agreement:Q", title=name, format=number),
            ],
        )
    )
    return [cells]


def _numbers(cells: alt.Chart, words: ScoreWords, middle: float) -> alt.Chart:
    """Return the numbers of the squares, white on the dark ones."""
    encoding = cells.encoding
    drawn: alt.Chart = (
        alt.Chart(alt.NamedData("cells"))
        .transform_filter("isValid(datum.agreement)")
        .mark_text(fontSize=11)
        .encode(
            x=encoding.x,
            y=encoding.y,
            text=alt.Text("agreement:Q", format=words.number),
            color=alt.when(f"datum.agreement > {middle:g}")
            .then(alt.value("white"))
            .otherwise(alt.value(INK)),
        )
    )
    return drawn


def _scale_start(null: float, pairs: np.ndarray) -> float:
    """Return where colour starts: at chance, or at the least pair where that is unknown or 1."""
    least = float(pairs.min()) if len(pairs) else 0.0
    start = least if not np.isfinite(null) else null
    return float(min(np.floor(start * 10) / 10, 0.9))
