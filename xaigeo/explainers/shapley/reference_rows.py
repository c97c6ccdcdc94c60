"""The background rows that stand for the features outside a coalition, as few as are wanted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.explainers.background import Background
from xaigeo.explainers.blocks.once import once
from xaigeo.schema import FeatureSchema, Matrix

Summary = Literal["sample", "stratified", "kmeans"]

# Strata of a regression's mean prediction: its deciles.
N_QUANTILES = 10


@dataclass(frozen=True, eq=False)
class ReferenceRows:
    """Rows to average over, and how many background rows each stands for.

    Attributes
    ----------
    rows : ndarray, shape (n_rows, n_features)
    weights : ndarray of int, shape (n_rows,), or None
        None where all count alike.
    places : ndarray of int, shape (n_rows,), or None
        Where the rows stand in the background; None where all are taken, and for centres of
        clusters, which are put together from several rows.
    """

    rows: Matrix
    weights: np.ndarray | None = None
    places: np.ndarray | None = None

    @cached_property
    def shares(self) -> np.ndarray:
        """Weights that sum to 1, shape (n_rows,)."""
        if self.weights is None:
            return np.full(len(self.rows), 1 / len(self.rows))
        return np.asarray(self.weights / self.weights.sum())

    @cached_property
    def repeated(self) -> Matrix:
        """Rows written out as often as they count, for libraries without weights."""
        return self.rows if self.weights is None else np.repeat(self.rows, self.weights, axis=0)

    @cached_property
    def location(self) -> np.ndarray:
        """Weighted mean by column, shape (n_features,)."""
        return np.asarray(self.shares @ self.rows)

    @cached_property
    def scale(self) -> np.ndarray:
        """Weighted standard deviation by column; 1 where a column does not vary."""
        spread = np.sqrt(self.shares @ np.square(self.rows - self.location))
        return np.where(np.ptp(self.rows, axis=0) > 0, spread, 1.0)


def reference_rows(
    ensemble: SeedEnsemble,
    background: Background,
    n_rows: int | None,
    summary: Summary,
    seed: np.random.SeedSequence,
) -> ReferenceRows:
    """Return the background, summarised where it has more rows than wanted.

    Parameters
    ----------
    ensemble : SeedEnsemble
        Asked for predictions when strata are wanted.
    background : Background
    n_rows : int or None
        Rows wanted; None takes all.
    summary : {"sample", "stratified", "kmeans"}
        "sample" draws rows without replacement. "stratified" does so within the classes that
        the mean of the models predicts, or the deciles of their mean value, each in proportion
        to its size. "kmeans" clusters the rows as ``shap.kmeans`` does, with its centres moved
        to values that occur and weighted by the number of rows they stand for; columns are
        standardised first, so that units do not matter, and a category is the cluster's
        commonest.
    seed : SeedSequence
        Not used by "kmeans", whose start is always the same, as in shap.
    """
    if n_rows is None or n_rows >= len(background.rows):
        return ReferenceRows(background.rows)
    # k-means takes longer than some blocks.
    return once(
        background,
        (ensemble, n_rows, summary, seed.entropy, seed.spawn_key),
        lambda: _summarised(ensemble, background, n_rows, summary, seed),
    )


def _summarised(
    ensemble: SeedEnsemble,
    background: Background,
    n_rows: int,
    summary: Summary,
    seed: np.random.SeedSequence,
) -> ReferenceRows:
    rows = background.rows
    if summary == "kmeans":
        return _centres(background, n_rows)
    if summary == "sample":
        places = sampled_places(len(rows), n_rows, seed)
    else:
        places = _drawn_by_stratum(_strata(ensemble, rows), n_rows, np.random.default_rng(seed))
    return ReferenceRows(rows[places], places=places)


def background_places(
    ensemble: SeedEnsemble,
    background: Background,
    n_rows: int | None,
    summary: Summary,
    seed: np.random.SeedSequence,
) -> list[int] | None:
    """Return the places of the rows that `reference_rows` takes.

    None where it takes all, or centres of clusters, which are rows of no place.
    """
    if summary == "kmeans":
        return None
    places = reference_rows(ensemble, background, n_rows, summary, seed).places
    return None if places is None else places.tolist()


def sampled_places(
    n_background: int, n_rows: int, seed: np.random.SeedSequence
) -> NDArray[np.int64]:
    """Return the places of rows drawn without replacement, in order."""
    random = np.random.default_rng(seed)
    return np.sort(random.choice(n_background, n_rows, replace=False))


def _strata(ensemble: SeedEnsemble, rows: Matrix) -> np.ndarray:
    outputs = ensemble.outputs_encoded(rows).mean(axis=0)
    if ensemble.task == "classification":
        return np.asarray(outputs.argmax(axis=1))
    value = outputs[:, 0]
    inner = np.arange(1, N_QUANTILES) / N_QUANTILES
    return np.asarray(np.searchsorted(np.quantile(value, inner), value, side="left"))


def _drawn_by_stratum(strata: np.ndarray, n_rows: int, random: np.random.Generator) -> np.ndarray:
    """Return places of rows, each stratum in proportion, the largest remainders rounded up."""
    _, strata = np.unique(strata, return_inverse=True)
    exact = np.bincount(strata) * n_rows / len(strata)
    counts = exact.astype(np.intp)
    largest = np.argsort(counts - exact, kind="stable")[: n_rows - counts.sum()]
    counts[largest] += 1
    drawn = [
        random.choice(np.flatnonzero(strata == stratum), count, replace=False)
        for stratum, count in enumerate(counts)
    ]
    return np.sort(np.concatenate(drawn))


def _centres(background: Background, n_rows: int) -> ReferenceRows:
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits

    design, back = _standard_columns(background.schema, background)
    distinct = len(np.unique(design, axis=0))
    # In one thread, so that the order of sums, and with it the answer, is always the same.
    with threadpool_limits(limits=1):
        found = KMeans(n_clusters=min(n_rows, distinct), random_state=0, n_init=10).fit(design)
    weights = np.bincount(found.labels_, minlength=len(found.cluster_centers_))
    return ReferenceRows(back(found.cluster_centers_), weights)


def _standard_columns(
    schema: FeatureSchema, background: Background
) -> tuple[Matrix, Callable[[Matrix], Matrix]]:
    """Return the rows as KMeans should see them, and the way back to values that occur."""
    parts: list[Matrix] = []
    for j, feature in enumerate(schema.features):
        column = background.rows[:, j]
        if feature.is_discrete:
            # Two rows of different categories lie one standard deviation apart.
            own = column[:, None] == np.arange(len(feature.categories))
            parts.append(own / np.sqrt(2))
        else:
            parts.append(((column - background.location[j]) / background.scale[j])[:, None])
    ends = np.cumsum([part.shape[1] for part in parts])

    def back(centres: Matrix) -> Matrix:
        rows = np.empty((len(centres), len(parts)))
        for j, block in enumerate(np.split(centres, ends[:-1], axis=1)):
            if schema.features[j].is_discrete:
                rows[:, j] = block.argmax(axis=1)
            else:
                nearest = np.abs(parts[j][:, 0] - block).argmin(axis=1)
                rows[:, j] = background.rows[nearest, j]
        return rows

    return np.hstack(parts), back
