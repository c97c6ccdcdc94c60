"""What unrelated explanations would score."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from xaigeo.agreement.compared import Compared, ComparedAttributions
from xaigeo.agreement.pairs import mean_defined
from xaigeo.agreement.places import mean_overlap, rank_places, rank_span
from xaigeo.agreement.score import Score

# Enough for two digits of a mean; a larger ensemble is represented by a sample of instances.
N_DRAWS = 50
MAX_INSTANCES = 50


def null_value(score: Score, compared: Compared, rng: np.random.Generator) -> float:
    """Return the expected score of unrelated explanations, NaN where that has no meaning.

    A closed form where one holds (no ties), else the mean over random deals of the same
    explanations (see `Compared.shuffled`).
    """
    known = score.null_per_instance
    return null_of_batches(
        score,
        first=compared,
        has_ties=isinstance(compared, ComparedAttributions) and compared.has_ties,
        by_instance=None if known is None else known(compared),
        n_instances=compared.n_instances,
        sample=compared.at,
        rng=rng,
    )


def null_of_batches(
    score: Score,
    *,
    first: Compared,
    has_ties: bool,
    by_instance: np.ndarray | None,
    n_instances: int,
    sample: Callable[[np.ndarray], Compared],
    rng: np.random.Generator,
) -> float:
    """Return `null_value` of instances that are not all in memory.

    Parameters
    ----------
    first : Compared
        The first batch of them.
    has_ties : bool
        Whether attributions tie anywhere.
    by_instance : ndarray, shape (n_instances,), or None
        Null values, of a score that knows them.
    n_instances : int
    sample : callable
        From places to the comparison of these instances.
    """
    if not score.has_null:
        return float("nan")
    if by_instance is not None:
        return float(mean_defined(by_instance))
    if score.closed_null is not None and isinstance(first, ComparedAttributions) and not has_ties:
        return float(score.closed_null(first))
    places = sampled_places(n_instances, rng)
    return mean_of_deals(score, sample(np.arange(n_instances) if places is None else places), rng)


def simulated_null(
    score: Score, compared: Compared, rng: np.random.Generator, n_draws: int = N_DRAWS
) -> float:
    """Return the mean score of shuffled explanations; NaN if nothing can be shuffled."""
    places = sampled_places(compared.n_instances, rng)
    return mean_of_deals(score, compared if places is None else compared.at(places), rng, n_draws)


def sampled_places(n_instances: int, rng: np.random.Generator) -> np.ndarray | None:
    """Return the instances that stand for all in a simulated null value; None for all."""
    if n_instances <= MAX_INSTANCES:
        return None
    return np.sort(rng.choice(n_instances, MAX_INSTANCES, replace=False))


def mean_of_deals(
    score: Score, compared: Compared, rng: np.random.Generator, n_draws: int = N_DRAWS
) -> float:
    """Return the mean score of explanations dealt at random; NaN if nothing can be dealt."""
    if not isinstance(compared, ComparedAttributions) and compared.n_instances < 2:
        return float("nan")
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
    n_draws: int = 999,
) -> np.ndarray:
    """Return a quantile of the mean rank agreement of unrelated seeds, by instance.

    Every seed's features are permuted on their own, `n_draws` times, which keeps the ties of
    each instance as they are. Permutations forget everything else, so instances with the same
    ties (all those without) share one distribution.

    Returns
    -------
    ndarray, shape (n_instances,)
    """
    spans = np.sort(rank_span(compared.values)[0], axis=-1)
    limits = np.empty(compared.n_instances)
    known: dict[bytes, float] = {}
    for i in range(compared.n_instances):
        ties = spans[:, i][np.lexsort(spans[:, i].T)].tobytes()
        if ties not in known:
            places = rank_places(compared.values[:, i], compared.k)
            known[ties] = _dealt_quantile(places, rng, quantile, n_draws)
        limits[i] = known[ties]
    return limits


def _dealt_quantile(
    places: np.ndarray, rng: np.random.Generator, quantile: float, n_draws: int
) -> float:
    """Return a quantile of the mean overlap of places (n_seeds, n_features, k) dealt anew."""
    n_seeds, n_features, k = places.shape
    features = np.broadcast_to(np.arange(n_features), (n_seeds, n_draws, n_features))
    dealt = places[np.arange(n_seeds)[:, None, None], rng.permuted(features, axis=-1)]
    return float(np.quantile(mean_overlap(dealt, 2) / k, quantile, method="higher"))
