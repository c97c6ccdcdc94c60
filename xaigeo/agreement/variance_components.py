"""Variance components of a balanced crossed design, by expected mean squares."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np

# The factors of a term by their axes: (0,) is a main effect, (0, 2) an interaction of two.
Term = tuple[int, ...]


def effects(values: np.ndarray, n_factors: int) -> dict[Term, np.ndarray]:
    """Return the deviations that belong to each set of factors, the empty one (the mean) too.

    Parameters
    ----------
    values : ndarray, shape (*levels, ...)
    n_factors : int

    Returns
    -------
    dict of tuple of int to ndarray, shape (*levels, ...)
        With length 1 along factors that are not in the set; they add up to `values`.
    """
    found: dict[Term, np.ndarray] = {(): values}
    for factor in range(n_factors):
        split = {}
        for term, effect in found.items():
            mean = effect.mean(axis=factor, keepdims=True)
            split[term] = mean
            split[(*term, factor)] = effect - mean
        found = split
    return found


def mean_squares(values: np.ndarray, n_factors: int) -> dict[Term, np.ndarray]:
    """Return the mean square of every main effect and interaction.

    Parameters
    ----------
    values : ndarray, shape (*levels, ...)
        One value at every combination of levels; the first `n_factors` axes are the factors, each
        of at least two levels.
    n_factors : int

    Returns
    -------
    dict of tuple of int to ndarray, shape (...)
        By the axes of the factors, all 2ⁿ − 1 of them, fewest factors first.
    """
    levels = values.shape[:n_factors]
    found = effects(values, n_factors)
    squares = {}
    for term in terms(n_factors):
        freedom = np.prod([levels[f] - 1 for f in term])
        repeated = np.prod([levels[f] for f in range(n_factors) if f not in term])
        total = np.square(found[term]).sum(axis=tuple(range(n_factors)))
        squares[term] = repeated * total / freedom
    return squares


def variance_components(values: np.ndarray, n_factors: int) -> dict[Term, np.ndarray]:
    """Return the variance that each main effect and interaction makes.

    Parameters
    ----------
    values : ndarray, shape (*levels, ...)
        As in `mean_squares`; each place of the further axes is decomposed by itself.
    n_factors : int

    Returns
    -------
    dict of tuple of int to ndarray, shape (...)
        By the axes of the factors, in squared units of `values`. Unbiased, hence below 0 at times
        where there is next to no variance.

    Notes
    -----
    The model is y = μ + Σ_T e_T over all non-empty sets T of factors, where e_T depends on the
    levels of the factors in T, has mean 0 and variance σ²_T, and is uncorrelated with all others.
    There is one value at each combination of levels, so that an error of its own cannot be told
    from the interaction of all factors; an explanation is determined by its levels and has none.
    With n_T the product of the numbers of levels in T and N that of all,

    E[MS_S] = Σ_{T ⊇ S} (N / n_T) σ²_T, hence σ̂²_S = (n_S / N) Σ_{T ⊇ S} (−1)^{|T| − |S|} MS_T.

    In a balanced design these have the least variance of all unbiased estimators when effects are
    normal, and of all quadratic unbiased ones whatever their distribution (Searle, Casella and
    McCulloch 1992, doi:10.1002/9780470316856, chapter 4). Put otherwise: half the mean squared
    difference of two values that differ in the levels of the factors D and in no other estimates
    Σ_{T ∩ D ≠ ∅} σ²_T, and the sum of these components is that number exactly.

    Examples
    --------
    >>> import numpy as np
    >>> found = variance_components(np.array([[1.0, 3.0], [2.0, 4.0]]), 2)
    >>> {term: float(value) for term, value in found.items()}
    {(0,): 0.5, (1,): 2.0, (0, 1): 0.0}
    """
    levels = values.shape[:n_factors]
    squares = mean_squares(values, n_factors)
    stacked = np.stack([squares[term] for term in squares])
    found = np.tensordot(component_weights(levels), stacked, axes=1)
    return dict(zip(squares, found, strict=True))


def component_weights(levels: Sequence[int]) -> np.ndarray:
    """Return the matrix that makes components of mean squares, both in the order of `terms`.

    Parameters
    ----------
    levels : sequence of int
        Number of levels of each factor.
    """
    sets = terms(len(levels))
    weights = np.zeros((len(sets), len(sets)))
    for place, term in enumerate(sets):
        rest = np.prod([n for f, n in enumerate(levels) if f not in term])
        for other, above in enumerate(sets):
            if set(term) <= set(above):
                weights[place, other] = (-1) ** (len(above) - len(term)) / rest
    return weights


def squared_expectation(
    values: np.ndarray, components: dict[Term, np.ndarray], n_factors: int
) -> np.ndarray:
    """Return the square of the expected value, unbiased, shape (...).

    Parameters
    ----------
    values : ndarray, shape (*levels, ...)
    components : dict
        Of `values`, from `variance_components`.
    n_factors : int

    Notes
    -----
    ȳ² − Σ_T σ̂²_T / n_T, as the grand mean ȳ has the variance Σ_T σ²_T / n_T. It equals the mean
    product of two values that differ in the levels of all factors, and may be below 0.
    """
    levels = values.shape[:n_factors]
    found = np.square(values.mean(axis=tuple(range(n_factors))))
    for term, component in components.items():
        found = found - component / np.prod([levels[f] for f in term])
    return np.asarray(found)


def terms(n_factors: int) -> list[Term]:
    """Return the non-empty sets of factors, fewest factors first.

    Examples
    --------
    >>> terms(2)
    [(0,), (1,), (0, 1)]
    """
    sets = [
        tuple(f for f in range(n_factors) if taken[f])
        for taken in product((False, True), repeat=n_factors)
    ]
    return sorted((s for s in sets if s), key=lambda term: (len(term), term))
