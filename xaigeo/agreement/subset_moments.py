"""Mean and spread of scores over subsets of the seeds, by the size of the subsets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from xaigeo.agreement.score import Score
from xaigeo.agreement.seed_subsets import seed_subsets
from xaigeo.agreement.subset_scores import subset_scores
from xaigeo.explanations import Explanation

# From fewer seeds their spread itself is not known: of four, the true variance may be fourteen
# times the estimated one (the upper end of its 95 % interval).
FEWEST: Final = 5
# What rounding leaves between equal values is no spread.
ROUNDING: Final = 1e-9


@dataclass(frozen=True)
class SubsetMoments:
    """One score over subsets of the seeds.

    Attributes
    ----------
    means, variances : dict from int to float
        By size of the subsets; NaN where fewer than three of them have the score. Empty for too
        few seeds.
    """

    means: dict[int, float]
    variances: dict[int, float]

    @property
    def alike(self) -> bool:
        """Whether no two subsets score differently, so that nothing is seen of the spread."""
        known = [one for one in self.variances.values() if np.isfinite(one)]
        return bool(known) and max(known) == 0


def subset_moments(
    explanation: Explanation,
    scores: Sequence[Score],
    n_draws: int,
    rng: np.random.Generator,
    *,
    k: int | None,
    output: str | int | None,
) -> dict[str, SubsetMoments]:
    """Return mean and variance of each score over subsets of the seeds.

    Parameters
    ----------
    explanation : Explanation
    scores : sequence of Score
    n_draws : int
        How many subsets of a size are drawn where there are more.
    rng : Generator
    k, output
        As in `xaigeo.agreement.compare`.
    """
    sizes = subset_sizes(len(explanation.seeds))
    drawn = [seed_subsets(len(explanation.seeds), size, n_draws, rng) for size in sizes]
    found = subset_scores(
        explanation, scores, [subsets for subsets, _ in drawn], k=k, output=output
    )
    moments = {score.name: SubsetMoments({}, {}) for score in scores}
    for size, (_, every), values in zip(sizes, drawn, found, strict=True):
        for name, of_subsets in values.items():
            mean, variance = _moments(of_subsets[np.isfinite(of_subsets)], every=every)
            moments[name].means[size], moments[name].variances[size] = mean, variance
    return moments


def subset_sizes(n_seeds: int) -> list[int]:
    """Return the sizes of subsets from which the variance is told; none for too few seeds.

    About half of the seeds is taken with the parity of all: shares of a majority differ
    between even and odd numbers of votes.

    Examples
    --------
    >>> subset_sizes(20), subset_sizes(5), subset_sizes(4)
    ([2, 3, 5, 10, 19], [2, 3, 4], [])
    """
    if n_seeds < FEWEST:
        return []
    return sorted({2, 3, max(2, n_seeds // 4), half_of(n_seeds), n_seeds - 1})


def half_of(n_seeds: int) -> int:
    """Return about half of a number, even or odd as the number is."""
    half = n_seeds // 2
    return half if half % 2 == n_seeds % 2 else half + 1


def _moments(values: np.ndarray, *, every: bool) -> tuple[float, float]:
    if len(values) < 3:
        return float("nan"), float("nan")
    if np.ptp(values) < ROUNDING:
        return float(values.mean()), 0.0
    # All subsets are their own population; drawn ones are a sample of it.
    return float(values.mean()), float(values.var(ddof=0 if every else 1))
