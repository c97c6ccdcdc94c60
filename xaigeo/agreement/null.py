"""What unrelated explanations would score."""

from __future__ import annotations

import numpy as np

from xaigeo.agreement.compared import Compared, ComparedAttributions
from xaigeo.agreement.pairs import mean_defined
from xaigeo.agreement.places import mean_overlap, rank_places
from xaigeo.agreement.score import Score

# Enough for two digits of a mean; a larger ensemble is represented by a sample of instances.
N_DRAWS = 50
MAX_INSTANCES = 50


def null_value(score: Score, compared: Compared, rng: np.random.Generator) -> float:
    """Return the expected score of unrelated explanations, NaN where that has no meaning.

    A closed form where one holds (no ties), else the mean over random deals of the same
    explanations (see `Compared.shuffled`).
    """
    if not score.has_null:
        return float("nan")
    if score.null_per_instance is not None:
        return float(mean_defined(score.null_per_instance(compared)))
    if (
        score.closed_null is not None
        and isinstance(compared, ComparedAttributions)
        and not compared.has_ties
    ):
        return float(score.closed_null(compared))
    return simulated_null(score, compared, rng)


def simulated_null(
    score: Score, compared: Compared, rng: np.random.Generator, n_draws: int = N_DRAWS
) -> float:
    """Return the mean score of shuffled explanations; NaN if nothing can be shuffled."""
    if not isinstance(compared, ComparedAttributions) and compared.n_instances < 2:
        return float("nan")
    if compared.n_instances > MAX_INSTANCES:
        places = rng.choice(compared.n_instances, MAX_INSTANCES, replace=False)
        compared = compared.at(np.sort(places))
    draws = []
    for _ in range(n_draws):
        shuffled = compared.shuffled(rng)
        if score.pooled is not None:
            draws.append(score.pooled(shuffled, np.ones((1, shuffled.n_instances)))[0])
        else:
            draws.append(mean_defined(score.compute(shuffled)))
    return float(mean_defined(np.array(draws, dtype=np.float64)))


def rank_agreement_quantile(
    compared: ComparedAttributions,
    rng: np.random.Generator,
    *,
    quantile: float = 0.95,
    n_draws: int = 499,
) -> np.ndarray:
    """Return a quantile of the mean rank agreement of unrelated seeds, by instance.

    Every seed's features are permuted on their own, `n_draws` times, which keeps the ties of
    each instance as they are.

    Returns
    -------
    ndarray, shape (n_instances,)
    """
    places = rank_places(compared.values, compared.k)
    n_seeds, n_instances, n_features, k = places.shape
    seeds = np.arange(n_seeds)[:, None, None]
    limits = np.empty(n_instances)
    for i in range(n_instances):
        orders = rng.permuted(
            np.broadcast_to(np.arange(n_features), (n_seeds, n_draws, n_features)), axis=-1
        )
        dealt = places[:, i][seeds, orders]
        limits[i] = np.quantile(mean_overlap(dealt, 2) / k, quantile, method="higher")
    return limits
