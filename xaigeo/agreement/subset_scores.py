"""Scores of many subsets of the seeds, of all instances together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from xaigeo.agreement.compared import Compared
from xaigeo.agreement.gathered import batch_length
from xaigeo.agreement.score import Score
from xaigeo.agreement.seed_subsets import SubsetSource
from xaigeo.explanations import Explanation

# Bytes that comparing some subsets at once may take, roughly: what fits the caches is quickest.
CHUNK_BYTES = 8 * 2**20


def subset_scores(
    explanation: Explanation,
    scores: Sequence[Score],
    by_size: Sequence[np.ndarray],
    *,
    k: int | None = None,
    output: str | int | None = None,
) -> list[dict[str, np.ndarray]]:
    """Return what an explanation of some of the seeds alone would score.

    Parameters
    ----------
    explanation : Explanation
    scores : sequence of Score
    by_size : sequence of ndarray of int, each of shape (n_subsets, size)
        Places of seeds.
    k, output
        As in `xaigeo.agreement.compare`.

    Returns
    -------
    list of dict
        For each entry of `by_size` the value of each score, shape (n_subsets,): the mean over
        instances, or the pooled value, as in `xaigeo.agreement.summary` of the same seeds. NaN
        where the score is undefined.
    """
    whole = any(score.pooled is not None and score.pooled_of is None for score in scores)
    tallies = [{score.name: _Tally(score, len(subsets)) for score in scores} for subsets in by_size]
    first: Compared | None = None
    for batch in _batches(explanation, whole=whole):
        source = SubsetSource.of(batch, k=k, output=output)
        first = first or source.by_output[0]
        for subsets, tally in zip(by_size, tallies, strict=True):
            for part in _chunks(subsets, source):
                compared = source.stacked(subsets[part])
                for score in scores:
                    tally[score.name].add(part, compared, first)
    return [{name: one.values() for name, one in tally.items()} for tally in tallies]


class _Tally:
    """One score of many subsets, gathered from batches of instances."""

    def __init__(self, score: Score, n_subsets: int) -> None:
        self.score = score
        self.total = np.zeros(n_subsets)
        self.count = np.zeros(n_subsets)
        self.terms: np.ndarray | None = None
        self.of: Callable[[np.ndarray], np.ndarray] | None = None

    def add(self, part: slice, compared: Compared, first: Compared) -> None:
        """Add a batch of instances for the subsets at `part`."""
        n_subsets = len(self.total[part])
        if self.score.pooled is None:
            values = self.score.compute(compared).reshape(n_subsets, -1)
            self.total[part] += np.nansum(values, axis=1)
            self.count[part] += np.isfinite(values).sum(axis=1)
        elif self.score.pooled_terms is not None:
            terms = self.score.pooled_terms(compared, first)
            sums = terms.reshape(n_subsets, -1, terms.shape[-1]).sum(axis=1)
            if self.terms is None:
                self.terms = np.zeros((len(self.total), sums.shape[1]))
                self.of = self.score.value_of_sums(first)
            self.terms[part] += sums
        else:
            # The instances of one subset count once, those of the others not at all.
            own = np.repeat(np.eye(n_subsets), compared.n_instances // n_subsets, axis=1)
            self.total[part] = self.score.pooled(compared, own)
            self.count[part] = np.isfinite(self.total[part])

    def values(self) -> np.ndarray:
        """Return the value of each subset, shape (n_subsets,)."""
        if self.terms is not None and self.of is not None:
            return self.of(self.terms)
        return np.where(self.count > 0, self.total / np.maximum(self.count, 1), np.nan)


def _batches(explanation: Explanation, *, whole: bool) -> Iterable[Explanation]:
    n, size = len(explanation.instances), batch_length(explanation)
    if whole or n <= size:
        return [explanation.at(slice(None))] if explanation.is_lazy else [explanation]
    return explanation.batches(size)


def _chunks(subsets: np.ndarray, source: SubsetSource) -> Iterable[slice]:
    step = max(1, CHUNK_BYTES // max(1, source.bytes_of(subsets.shape[1])))
    return [slice(start, start + step) for start in range(0, len(subsets), step)]
