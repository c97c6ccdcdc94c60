"""Scores of all instances, gathered from batches of them: bounded memory for any number."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from xaigeo import dims
from xaigeo.agreement.bootstrap import Statistic, mean_of, percentile_intervals
from xaigeo.agreement.compared import Compared, ComparedAttributions, compare
from xaigeo.agreement.null import nulls_of_batches
from xaigeo.agreement.pairs import mean_defined
from xaigeo.agreement.score import Score, scores_for
from xaigeo.explanations import Explanation

# Bytes that comparing the seeds at a batch of instances may take, roughly.
BATCH_BYTES = 64 * 2**20


@dataclass(frozen=True, eq=False)
class Gathered:
    """What is kept of every batch: numbers by instance, some for each score.

    Attributes
    ----------
    scores : sequence of Score
    n_instances : int
    first : Compared
        The first batch.
    has_ties : bool
        Whether attributions tie anywhere.
    values : dict
        Every score by instance, shape (n_instances,).
    terms : dict
        What instances add to scores that take them all together, (n_instances, n_terms).
    nulls : dict
        Null values by instance, of scores that know them.
    closed : dict
        Closed null values by instance, of texts, where they depend on the number of tokens.
    sample : callable
        From places to the comparison of these instances.
    """

    scores: Sequence[Score]
    n_instances: int
    first: Compared
    has_ties: bool
    values: dict[str, np.ndarray]
    terms: dict[str, np.ndarray]
    nulls: dict[str, np.ndarray]
    sample: Callable[[np.ndarray], Compared]
    closed: dict[str, np.ndarray] = field(default_factory=dict)

    def rows(self, *, random_state: int, n_bootstrap: int) -> list[dict[str, Any]]:
        """Return every score as a row of `xaigeo.agreement.summary`, without the method."""
        intervals, nulls = self._intervals_and_nulls(random_state, n_bootstrap)
        return [self._row(score, intervals[score.name], nulls[score.name]) for score in self.scores]

    def _row(self, score: Score, interval: tuple[float, float], null: float) -> dict[str, Any]:
        values = self.values[score.name]
        defined = values[np.isfinite(values)]
        if score.pooled is None:
            value = float(mean_defined(values))
        else:
            value = float(self._pooled(score)(np.ones((1, self.n_instances)))[0])
        return {
            "score": score.name,
            "value": value,
            "low": interval[0],
            "high": interval[1],
            "null": null if len(defined) else float("nan"),
            "lowest": float(defined.min()) if len(defined) else float("nan"),
            "highest": float(defined.max()) if len(defined) else float("nan"),
            "higher_is_better": score.higher_is_better,
            "n_instances": len(defined),
            "meaning": score.meaning,
        }

    def _intervals_and_nulls(
        self, random_state: int, n_bootstrap: int
    ) -> tuple[dict[str, tuple[float, float]], dict[str, float]]:
        """Return every score's interval and null value.

        Scores that are defined on as many instances share their draws, which for many
        instances are most of the work.
        """
        groups: dict[int, dict[str, Statistic]] = defaultdict(dict)
        for score in self.scores:
            if score.pooled is None:
                values = self.values[score.name]
                defined = values[np.isfinite(values)]
                groups[len(defined)][score.name] = mean_of(defined)
            else:
                groups[self.n_instances][score.name] = self._pooled(score)
        intervals: dict[str, tuple[float, float]] = {}
        nulls: dict[str, float] = {}
        by_name = {score.name: score for score in self.scores}
        for n, statistics in groups.items():
            found = percentile_intervals(
                n,
                list(statistics.values()),
                n_bootstrap=n_bootstrap,
                rng=np.random.default_rng(random_state),
            )
            intervals |= dict(zip(statistics, found, strict=True))
            if n:
                # Deals of their own, as `null_in_turn` has: a score has one chance level, whatever
                # else was drawn before it.
                rng = np.random.default_rng(random_state)
                nulls |= self.nulls_of([by_name[name] for name in statistics], rng)
            else:
                nulls |= dict.fromkeys(statistics, float("nan"))
        return intervals, nulls

    def _pooled(self, score: Score) -> Statistic:
        pooled, of = score.pooled, score.value_of_sums(self.first)
        if of is None:
            assert pooled is not None  # or the score would not be pooled
            whole = self.sample(np.arange(self.n_instances))
            return lambda weights: pooled(whole, weights)
        terms = self.terms[score.name]
        return lambda weights: of(weights @ terms)

    def nulls_of(self, scores: Sequence[Score], rng: np.random.Generator) -> dict[str, float]:
        """As `xaigeo.agreement.null.null_value`, of all batches."""
        return nulls_of_batches(
            scores,
            first=self.first,
            has_ties=self.has_ties,
            by_instance=self.nulls,
            closed_by_instance=self.closed,
            n_instances=self.n_instances,
            sample=self.sample,
            rng=rng,
        )


def gather(
    explanation: Explanation,
    *,
    k: int | None = None,
    output: str | int | None = None,
    scores: Sequence[Score] | None = None,
) -> Gathered:
    """Compare the seeds batch by batch and keep every score, or some, by instance.

    `explanation`, `k` and `output` are those of `xaigeo.agreement.compare`.
    """
    return _gather(
        compare_in_turn(explanation, k=k, output=output),
        scores,
        lambda places: compare(explanation.at(places), k=k, output=output),
        task=explanation.task,
    )


def gather_compared(score: Score, compared: Compared) -> Gathered:
    """Return one score of one comparison in the same form."""
    return _gather(iter([compared]), [score], compared.at)


def null_in_turn(
    score: Score,
    explanation: Explanation,
    *,
    k: int | None = None,
    output: str | int | None = None,
    random_state: int = 0,
) -> float:
    """Return what unrelated explanations would score, as `xaigeo.agreement.null.null_value`.

    The explanation is read batch by batch, and no further than the answer takes.
    """
    first: Compared | None = None
    has_ties, known, closed = False, [], []
    for compared in compare_in_turn(explanation, k=k, output=output):
        first = first or compared
        if score.null_per_instance is not None:
            known.append(score.null_per_instance(compared))
            continue
        has_ties |= isinstance(compared, ComparedAttributions) and compared.has_ties
        if has_ties or score.closed_null is None:
            break
        if (told := score.closed_nulls(compared)) is not None:
            closed.append(told)
    assert first is not None  # an explanation has an instance
    return nulls_of_batches(
        [score],
        first=first,
        has_ties=has_ties,
        by_instance={score.name: np.concatenate(known)} if known else {},
        closed_by_instance={score.name: np.concatenate(closed)} if closed else {},
        n_instances=len(explanation.instances),
        sample=lambda places: compare(explanation.at(places), k=k, output=output),
        rng=np.random.default_rng(random_state),
    )[score.name]


def compare_in_turn(
    explanation: Explanation, *, k: int | None = None, output: str | int | None = None
) -> Iterator[Compared]:
    """Yield the comparison of each batch; of few instances in memory, one of all."""
    for batch in batches_of(explanation):
        yield compare(batch, k=k, output=output)


def batches_of(explanation: Explanation) -> Iterator[Explanation]:
    """Yield the explanation of each batch of instances; of few in memory, one of all."""
    n, size = len(explanation.instances), batch_length(explanation)
    if n <= size and not explanation.is_lazy:
        yield explanation
        return
    yield from explanation.batches(size)


def batch_length(explanation: Explanation) -> int:
    """Return how many instances are compared at a time; it follows from the sizes alone."""
    sizes = explanation.data.sizes
    n_seeds = sizes[dims.SEED]
    # Every pair of seeds, a few arrays as large as the attributions, and which of the
    # background rows obey a rule.
    bytes_each = n_seeds * (
        8 * n_seeds + 64 * sizes[explanation.axis] * sizes[dims.OUTPUT] + sizes[dims.BACKGROUND_ROW]
    )
    return max(1, int(BATCH_BYTES // bytes_each))


def _gather(
    batches: Iterator[Compared],
    scores: Sequence[Score] | None,
    sample: Callable[[np.ndarray], Compared],
    *,
    task: str | None = None,
) -> Gathered:
    first: Compared | None = None
    n, has_ties = 0, False
    values, terms, nulls, closed = (defaultdict[str, list[np.ndarray]](list) for _ in range(4))
    for compared in batches:
        first = first or compared
        if scores is None:
            # A regression has no class to flip.
            scores = [
                score
                for score in scores_for(compared)
                if task == "classification" or score.kind is not Compared
            ]
        n += compared.n_instances
        has_ties |= isinstance(compared, ComparedAttributions) and compared.has_ties
        for score in scores:
            values[score.name].append(score.compute(compared))
            if score.pooled_terms is not None:
                terms[score.name].append(score.pooled_terms(compared, first))
            if score.null_per_instance is not None:
                nulls[score.name].append(score.null_per_instance(compared))
            if (known := score.closed_nulls(compared)) is not None:
                closed[score.name].append(known)
    assert first is not None  # an explanation has an instance
    assert scores is not None
    parts = (_joined(values), _joined(terms), _joined(nulls))
    return Gathered(scores, n, first, has_ties, *parts, sample, _joined(closed))


def _joined(batches: dict[str, list[np.ndarray]]) -> dict[str, np.ndarray]:
    return {name: np.concatenate(arrays) for name, arrays in batches.items()}
