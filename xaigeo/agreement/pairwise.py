"""Scores of every two seeds: several at once, in the mean over instances or one by one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from xaigeo import dims
from xaigeo.agreement.blocks import block_length
from xaigeo.agreement.compared import (
    Compared,
    ComparedAttributions,
    ComparedConnectors,
    ComparedRules,
    check_comparable,
)
from xaigeo.agreement.compared_words import ComparedWords
from xaigeo.agreement.gathered import compare_in_turn
from xaigeo.agreement.result_html import result_html
from xaigeo.agreement.score import SCORES, Score, scores_for
from xaigeo.errors import InputError
from xaigeo.explanations import Explanation
from xaigeo.options import suggestion


@dataclass(frozen=True, eq=False, kw_only=True)
class PairBatch:
    """Scores of every two seeds at some instances.

    Attributes
    ----------
    instances : ndarray, shape (n_instances,)
        Labels of the instances.
    values : ndarray, shape (n_scores, n_instances, n_seeds, n_seeds)
        NaN where a score is undefined.
    compared : Compared
        What was compared.
    """

    instances: np.ndarray
    values: np.ndarray
    compared: Compared


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class PairwiseScores:
    """Scores of every two seeds in the mean over instances.

    Attributes
    ----------
    values : ndarray, shape (n_scores, n_seeds, n_seeds)
        Mean over the instances where the score is defined; NaN where it is nowhere. Symmetric,
        but for scores that are `directed`: row the first seed, column the second. On the
        diagonal a seed with itself.
    n_instances : ndarray of int, shape (n_scores, n_seeds, n_seeds)
        Number of instances on which the score is defined.
    scores : list of Score
    seeds : ndarray, shape (n_seeds,)
    k : int or None
        Number of top features, of attributions.
    """

    values: np.ndarray
    n_instances: np.ndarray
    scores: list[Score]
    seeds: np.ndarray
    k: int | None

    def __repr__(self) -> str:
        return f"PairwiseScores({len(self.scores)} scores of {len(self.seeds)} seeds)"

    def _repr_html_(self) -> str:
        of_pairs = self.to_frame().groupby("score", sort=False)["value"]
        table = of_pairs.agg(["mean", "min", "max"]).reset_index()
        return result_html(repr(self), {"over": "pairs of different seeds"}, table)

    def matrix(self, score: str) -> np.ndarray:
        """Return the values of one score, shape (n_seeds, n_seeds)."""
        names = [s.name for s in self.scores]
        if score not in names:
            raise InputError(
                expected=f"one of the scores computed ({', '.join(names)})",
                arrived=repr(score),
                do=suggestion(score, names) or "Name it in `scores` of pairwise_scores.",
            )
        return np.asarray(self.values[names.index(score)])

    def to_frame(self) -> pd.DataFrame:
        """Return a row per score and ordered pair of different seeds.

        Columns `score`, `seed`, `other_seed`, `value`, `n_instances`.
        """
        first, second = np.nonzero(~np.eye(len(self.seeds), dtype=bool))
        n = len(first)
        return pd.DataFrame(
            {
                "score": np.repeat([s.name for s in self.scores], n),
                dims.SEED: np.tile(self.seeds[first], len(self.scores)),
                dims.OTHER_SEED: np.tile(self.seeds[second], len(self.scores)),
                "value": self.values[:, first, second].reshape(-1),
                "n_instances": self.n_instances[:, first, second].reshape(-1),
            }
        )


def pairwise_scores(
    explanation: Explanation,
    scores: Sequence[str] | None = None,
    *,
    k: int | None = None,
    output: str | int | None = None,
) -> PairwiseScores:
    """Return scores of every two seeds, in the mean over instances.

    Parameters
    ----------
    explanation : Attributions, Anchors or Counterfactuals
    scores : sequence of str, optional
        Scores of two seeds at a time; all that such explanations have by default, distances
        (`higher_is_better` False) among them.
    k, output
        As in `xaigeo.agreement.summary`.

    Returns
    -------
    PairwiseScores

    Raises
    ------
    InputError
        For a single seed, or a score that does not compare two seeds of such explanations.

    Notes
    -----
    Ranks, memberships and orders of all seeds at an instance become matrices whose products
    count what two seeds have in common, exactly as the definitions of the scores say it, ties
    included. Instances are taken in blocks: beside the explanation less than 128 MiB are needed for
    100 seeds and 30 features, however many instances there are.
    """
    total: np.ndarray | None = None
    compared: Compared | None = None
    for batch in pairwise_in_turn(explanation, scores, k=k, output=output):
        defined = ~np.isnan(batch.values)
        sums = np.where(defined, batch.values, 0.0).sum(axis=1)
        both = np.stack([sums, defined.sum(axis=1)])
        total = both if total is None else total + both
        compared = compared or batch.compared
    assert total is not None  # an explanation has an instance
    assert compared is not None
    counts = total[1].astype(np.int64)
    return PairwiseScores(
        values=np.where(counts > 0, total[0] / np.maximum(counts, 1), np.nan),
        n_instances=counts,
        scores=_named(scores, compared, explanation),
        seeds=explanation.seeds,
        k=compared.k if isinstance(compared, ComparedAttributions) else None,
    )


def pairwise_in_turn(
    explanation: Explanation,
    scores: Sequence[str] | None = None,
    *,
    k: int | None = None,
    output: str | int | None = None,
) -> Iterator[PairBatch]:
    """Yield scores of every two seeds, instance by instance, some instances at a time.

    Parameters as in `pairwise_scores`; a block holds as many instances as memory allows, and
    at least one.
    """
    check_comparable(explanation)
    labels, start = np.asarray(explanation.instances), 0
    for whole in compare_in_turn(explanation, k=k, output=output):
        chosen = _named(scores, whole, explanation)
        step = block_length(_bytes_each(whole, len(chosen)))
        for place in range(0, whole.n_instances, step):
            places = np.arange(place, min(place + step, whole.n_instances))
            compared = whole.at(places)
            yield PairBatch(
                instances=labels[start + places],
                values=np.stack([_of_pairs(score, compared) for score in chosen]),
                compared=compared,
            )
        start += whole.n_instances


def pairwise_names(compared: Compared) -> tuple[str, ...]:
    """Return the names of the scores of two seeds at a time that a comparison has."""
    names = [score.name for score in scores_for(compared) if score.by_pair is not None]
    if isinstance(compared, ComparedRules):
        if compared.shared:
            # One rule made for all seeds overlaps with itself, which says nothing of the seeds.
            names = [name for name in names if SCORES.get(name).directed]
        if compared.cross_precision is None:
            names = [name for name in names if name != "cross_precision"]
    if isinstance(compared, ComparedConnectors) and compared.cross_validity is None:
        names = [name for name in names if name != "cross_validity"]
    if isinstance(compared, ComparedWords) and compared.cross is None:
        names = [name for name in names if name != "words_carry_over"]
    return tuple(names)


def _of_pairs(score: Score, compared: Compared) -> np.ndarray:
    assert score.by_pair is not None  # or it would have been refused
    return score.by_pair(compared)


def _named(
    names: Sequence[str] | None, compared: Compared, explanation: Explanation
) -> list[Score]:
    known = pairwise_names(compared)
    chosen = known if names is None else (names,) if isinstance(names, str) else tuple(names)
    check_pairwise(chosen, known, explanation)
    return [SCORES.get(name) for name in chosen]


def check_pairwise(names: Sequence[str], known: Sequence[str], explanation: Explanation) -> None:
    """Raise unless there are names, and all are among the known scores of two seeds."""
    for name in names or [""]:
        if name not in known:
            raise InputError(
                expected=f"a score that compares two seeds of these {explanation.kind} "
                f"({', '.join(known) or 'there is none'})",
                arrived=repr(name) if name else "none",
                do=suggestion(name, known) or "Name one of the listed scores.",
            )


def _bytes_each(compared: Compared, n_scores: int) -> int:
    """Return roughly how many bytes the scores of one instance take."""
    n_seeds = compared.n_seeds
    pairs: int = 8 * n_seeds * n_seeds * (n_scores + 4)
    if isinstance(compared, ComparedAttributions):
        return pairs + 64 * n_seeds * int(compared.values.shape[-1])
    if isinstance(compared, ComparedRules):
        wide = 4 * compared.members.shape[-1] + 64 * compared.lower.shape[-1]
        return pairs + n_seeds * int(wide)
    if isinstance(compared, ComparedWords):
        return pairs + 16 * n_seeds * int(compared.chosen.shape[-1])
    assert isinstance(compared, ComparedConnectors)  # there are four kinds
    return pairs + 64 * n_seeds * int(compared.points.shape[-1])
