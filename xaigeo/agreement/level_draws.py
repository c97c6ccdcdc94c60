"""What mean squares of a crossed design would have been with other levels of its factors."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from xaigeo.agreement.variance_components import Term, component_weights, effects, terms


class LevelDraws:
    """Draws of the variance components, and of the signal, over levels of the random factors.

    Parameters
    ----------
    values : ndarray, shape (*levels, n_instances, n_features)
    fixed : collection of int
        Axes of factors whose levels are no sample.

    Notes
    -----
    A mean square that is averaged over cells is a sum of χ² variables, as its effects on different
    cells go together: Satterthwaite (1946, doi:10.2307/3002019) takes it as E[MS]·χ²_ν/ν, here with
    ν = (degrees of freedom of the levels) · `effective_rank`. If a factor moves all cells in one
    direction only, the cells say the same and ν is that of the levels alone.

    An interval of what is made of several expected mean squares, such as a share, is that of draws
    of MS·ν/χ²_ν in their place, all independent (generalised confidence intervals: Weerahandi 1993,
    doi:10.1080/01621459.1993.10476355). Mean squares of fixed factors alone, and the variance
    between the mean answers of the cells, are not central: with a constant part d and noise q the
    variance is that of ν = r·(d + q)²/(2dq + q²), r the effective rank of the noise.
    """

    def __init__(self, values: np.ndarray, fixed: Collection[int] = ()) -> None:
        n_factors = values.ndim - 2
        levels = values.shape[:n_factors]
        self._terms = terms(n_factors)
        self._weights = component_weights(levels)
        self._expected = np.linalg.inv(self._weights)
        self._held = np.array([set(term) <= set(fixed) for term in self._terms])
        self._freedom = np.array(
            [float(np.prod([levels[f] - 1 for f in term])) for term in self._terms]
        )
        self._sizes = np.array([float(np.prod([levels[f] for f in term])) for term in self._terms])
        self._ranks = _ranks(values, self._terms, self._freedom)

    def components(self, estimates: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return components with other levels.

        Parameters
        ----------
        estimates : ndarray, shape (n_terms, n_draws)
            Of the components, of drawn instances.
        rng : Generator

        Returns
        -------
        ndarray, shape (n_terms, n_draws)
        """
        squares = self._expected @ estimates
        drawn = squares * _ratios(self._squares_freedom(estimates), squares.shape[1], rng)
        return np.asarray(self._weights @ drawn)

    def signal(
        self,
        estimates: np.ndarray,
        drawn: np.ndarray,
        signal: np.ndarray,
        noise: np.ndarray,
        rng: np.random.Generator,
    ) -> np.ndarray:
        """Return the signal with other levels, shape (n_draws,).

        Parameters
        ----------
        estimates, drawn : ndarray, shape (n_terms, n_draws)
            Components, and those with other levels.
        signal, noise : ndarray, shape (n_draws,)
            The two parts of the variance between the mean answers of the cells.
        rng : Generator
        """
        parts = np.maximum(estimates.mean(axis=1), 0.0) / self._sizes
        parts = np.where(self._held, 0.0, parts)
        constant, moving = max(float(signal.mean()), 0.0), float(parts.sum())
        freedom = _pooled(parts, self._ranks) * _noncentral(constant, moving)
        between = (signal + noise) * _ratios(np.array([freedom]), len(signal), rng)[0]
        before, after = (np.maximum(one, 0.0).T @ (1 / self._sizes) for one in (estimates, drawn))
        # Noise is the components' own, less what they move the mean of all cells by.
        change = np.divide(after, before, out=np.ones_like(after), where=before > 0)
        return np.asarray(between - noise * change)

    def _squares_freedom(self, estimates: np.ndarray) -> np.ndarray:
        """Return ν of each mean square, shape (n_terms,)."""
        freedom: np.ndarray = self._freedom * self._ranks
        parts = self._expected * np.maximum(estimates.mean(axis=1), 0.0)
        for place in np.flatnonzero(self._held):
            noise = np.where(self._held, 0.0, parts[place])
            constant = float(parts[place, self._held].sum())
            freedom[place] = (
                self._freedom[place]
                * _pooled(noise, self._ranks)
                * _noncentral(constant, float(noise.sum()))
            )
        return freedom


def effective_rank(effects_: np.ndarray, freedom: float) -> float:
    """Return in how many directions effects move the cells, of equal parts.

    Parameters
    ----------
    effects_ : ndarray, shape (n_levels, n_cells)
        Deviations with `freedom` degrees of freedom.
    freedom : float

    Returns
    -------
    float
        At least 1 and at most the number of cells.

    Notes
    -----
    (tr Σ)²/tr Σ² of the covariance Σ of the effects between cells, the mean of two estimates. That
    of the sample covariance S is too small with few degrees of freedom f; that of the unbiased
    estimates for normal effects, (tr Σ)² ≈ c·((f + 1)(tr S)² − 2 tr S²) and
    tr Σ² ≈ c·(f·tr S² − (tr S)²) with one c, is too large on average. They correspond to the
    corrections of degrees of freedom by Greenhouse and Geisser and by Huynh and Feldt (1976,
    doi:10.3102/10769986001001069), of which the mean is often taken. With a single degree of
    freedom it is 1.

    Examples
    --------
    >>> import numpy as np
    >>> level = np.array([[1.0], [0.0], [-1.0]])
    >>> round(effective_rank(level * np.ones(20), 2), 6)
    1.0
    """
    n_cells = effects_.shape[1]
    wide = effects_ if len(effects_) <= n_cells else effects_.T
    gram = wide @ wide.T / freedom
    trace, squared = float(np.trace(gram)), float(np.square(gram).sum())
    if freedom < 2 or trace <= 0:
        return 1.0
    both = (freedom + 1) * trace**2 - 2 * squared
    one = freedom * squared - trace**2
    # Fewer levels than directions can look as if they moved all cells each by itself.
    unbiased = np.clip(both / one, 1.0, n_cells) if one > 0 else n_cells
    return float((unbiased + trace**2 / squared) / 2)


def _ranks(values: np.ndarray, terms_: Sequence[Term], freedom: np.ndarray) -> np.ndarray:
    found = effects(values, values.ndim - 2)
    n_cells = values.shape[-2] * values.shape[-1]
    return np.array(
        [
            effective_rank(found[term].reshape(-1, n_cells), f)
            for term, f in zip(terms_, freedom, strict=True)
        ]
    )


def _pooled(parts: np.ndarray, ranks: np.ndarray) -> float:
    """Return the effective rank of a sum of parts that have their own."""
    squares = float((np.square(parts) / ranks).sum())
    return float(parts.sum()) ** 2 / squares if squares > 0 else 1.0


def _noncentral(constant: float, noise: float) -> float:
    spread = 2 * constant * noise + noise**2
    return (constant + noise) ** 2 / spread if spread > 0 else np.inf


def _ratios(freedom: np.ndarray, n_draws: int, rng: np.random.Generator) -> np.ndarray:
    """Return draws of ν/χ²_ν, shape (len(freedom), n_draws); 1 where ν has no end."""
    finite = np.where(np.isfinite(freedom), freedom, 1.0)[:, None]
    drawn = finite / rng.chisquare(finite, (len(freedom), n_draws))
    return np.asarray(np.where(np.isfinite(freedom)[:, None], drawn, 1.0))
