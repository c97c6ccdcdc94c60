"""What unrelated explanations would score."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from xaigeo.agreement.compared import Compared, ComparedAttributions
from xaigeo.agreement.compared_tokens import FEWEST_TOKENS, ComparedTokens, by_instance
from xaigeo.agreement.pairs import mean_defined
from xaigeo.agreement.places import mean_overlap, rank_places, rank_span
from xaigeo.agreement.score import Score

# Enough for two digits of a mean; a larger ensemble is represented by a sample of instances.
N_DRAWS = 50
MAX_INSTANCES = 50
# Texts of one length that stand for all of that length.
MAX_LIKE = 10


def null_value(score: Score, compared: Compared, rng: np.random.Generator) -> float:
    """Return the expected score of unrelated explanations, NaN where that has no meaning.

    A closed form where one holds (no ties), else the mean over random deals of the same
    explanations (see `Compared.shuffled`).
    """
    known, closed = score.null_per_instance, score.closed_nulls(compared)
    return nulls_of_batches(
        [score],
        first=compared,
        has_ties=isinstance(compared, ComparedAttributions) and compared.has_ties,
        by_instance={} if known is None else {score.name: known(compared)},
        closed_by_instance={} if closed is None else {score.name: closed},
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
    closed_by_instance: Mapping[str, np.ndarray],
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
    closed_by_instance : mapping
        Closed null values of texts, shape (n_instances,), in place of one for all.
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
        elif closed and score.name in closed_by_instance:
            nulls[score.name] = float(mean_defined(closed_by_instance[score.name]))
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


def nulls_by_length(score: Score, batches: Iterable[Compared], random_state: int) -> np.ndarray:
    """Return what unrelated explanations of a text of each length would score, by instance.

    Parameters
    ----------
    score : Score
        Of attributions.
    batches : iterable of ComparedTokens
    random_state : int
        Seed of the deals, the same for every length.

    Returns
    -------
    ndarray, shape (n_instances,)
        Equal for texts of one number of tokens: a closed form where it holds for all of them,
        else the mean over deals of `N_DRAWS` times the first texts of that length.
    """
    lengths: list[np.ndarray] = []
    first: dict[int, ComparedAttributions] = {}
    tied: set[int] = set()
    for batch in batches:
        assert isinstance(batch, ComparedTokens)  # as the score is of texts
        lengths.append(batch.n_tokens)
        for _, part in batch.by_length:
            n = part.values.shape[-1]
            first.setdefault(n, part.at(np.arange(min(part.n_instances, MAX_LIKE))))
            tied |= {n} if part.has_ties else set()
    known = {}
    for n, part in first.items():
        if n < FEWEST_TOKENS:
            continue
        if score.closed_null is not None and n not in tied:
            known[n] = float(score.closed_null(part))
            continue
        copies = part.at(np.tile(np.arange(part.n_instances), N_DRAWS))
        dealt = copies.shuffled(np.random.default_rng(random_state))
        known[n] = float(mean_defined(score.compute(dealt)))
    return np.array([known.get(n, np.nan) for n in np.concatenate(lengths).tolist()])


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
    if isinstance(compared, ComparedTokens):
        return _means_of_dealt_texts(scores, compared, rng, n_draws)
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


def _means_of_dealt_texts(
    scores: Sequence[Score], compared: ComparedTokens, rng: np.random.Generator, n_draws: int
) -> dict[str, float]:
    """Return `means_of_deals` of texts, all draws at once: each goes through many lengths."""
    n = compared.n_instances
    dealt = compared.at(np.tile(np.arange(n), n_draws)).shuffled(rng)
    draws = np.repeat(np.eye(n_draws), n, axis=1)
    means = {}
    for score in scores:
        if score.pooled is not None:
            found = score.pooled(dealt, draws)
        else:
            found = mean_defined(score.compute(dealt).reshape(n_draws, n), axis=1)
        means[score.name] = float(mean_defined(found))
    return means


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
        NaN for texts of a single token.
    """
    return by_instance(lambda part: _quantiles(part, rng, quantile, n_draws), compared)


def _quantiles(
    compared: ComparedAttributions, rng: np.random.Generator, quantile: float, n_draws: int
) -> np.ndarray:
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
