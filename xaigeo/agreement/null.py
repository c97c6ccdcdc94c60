"""What unrelated explanations would score."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

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
    return nulls_of_batches(
        [score],
        first=compared,
        has_ties=isinstance(compared, ComparedAttributions) and compared.has_ties,
        by_instance={} if known is None else {score.name: known(compared)},
        n_instances=compared.n_instances,
        sample=compared.at,
        rng=rng,
    )[score.name]


def nulls_of_batches(
    scores: Sequence[Score],
    *,
    first: Compared,
    has_ties: bool,
    by_instance: Mapping[str, np.ndarray],
    n_instances: int,
    sample: Callable[[np.ndarray], Compared],
    rng: np.random.Generator,
) -> dict[str, float]:
    """Return `null_value` of several scores, of instances that are not all in memory.

    Scores that are simulated share their deals.

    Parameters
    ----------
    scores : sequence of Score
    first : Compared
        The first batch of the instances.
    has_ties : bool
        Whether attributions tie anywhere.
    by_instance : mapping
        Null values, shape (n_instances,), of the scores that know them.
    n_instances : int
    sample : callable
        From places to the comparison of these instances.
    """
    nulls, dealt = {}, []
    closed = isinstance(first, ComparedAttributions) and not has_ties
    for score in scores:
        if not score.has_null:
            nulls[score.name] = float("nan")
        elif score.name in by_instance:
            nulls[score.name] = float(mean_defined(by_instance[score.name]))
        elif closed and score.closed_null is not None:
            nulls[score.name] = float(score.closed_null(first))  # type: ignore[arg-type]
        else:
            dealt.append(score)
    if dealt:
        places = sampled_places(n_instances, rng)
        compared = sample(np.arange(n_instances) if places is None else places)
        nulls |= means_of_deals(dealt, compared, rng)
    return nulls


def simulated_null(
    score: Score, compared: Compared, rng: np.random.Generator, n_draws: int = N_DRAWS
) -> float:
    """Return the mean score of shuffled explanations; NaN if nothing can be shuffled."""
    places = sampled_places(compared.n_instances, rng)
    chosen = compared if places is None else compared.at(places)
    return means_of_deals([score], chosen, rng, n_draws)[score.name]


def sampled_places(n_instances: int, rng: np.random.Generator) -> np.ndarray | None:
    """Return the instances that stand for all in a simulated null value; None for all."""
    if n_instances <= MAX_INSTANCES:
        return None
    return np.sort(rng.choice(n_instances, MAX_INSTANCES, replace=False))


def means_of_deals(
    scores: Sequence[Score],
    compared: Compared,
    rng: np.random.Generator,
    n_draws: int = N_DRAWS,
) -> dict[str, float]:
    """Return the mean scores of explanations dealt at random; NaN if nothing can be dealt."""
    if not isinstance(compared, ComparedAttributions) and compared.n_instances < 2:
        return {score.name: float("nan") for score in scores}
    draws = np.empty((n_draws, len(scores)))
    for draw in draws:
        shuffled = compared.shuffled(rng)
        for place, score in enumerate(scores):
            if score.pooled is not None:
                draw[place] = score.pooled(shuffled, np.ones((1, shuffled.n_instances)))[0]
            else:
                draw[place] = mean_defined(score.compute(shuffled))
    means = mean_defined(draws)
    return {score.name: float(mean) for score, mean in zip(scores, means, strict=True)}


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
