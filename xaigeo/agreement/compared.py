"""An explanation made ready for comparison between its seeds: plain arrays, nothing else."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from xaigeo.agreement.compared_attributions import Compared, ComparedAttributions
from xaigeo.agreement.compared_output import answer_of_most, outputs_compared, values_at
from xaigeo.agreement.compared_tokens import ComparedTokens, side_by_side
from xaigeo.agreement.compared_words import ComparedWords
from xaigeo.agreement.connectors import comparable_pairs, displacement
from xaigeo.agreement.made_for_all import made_for_all
from xaigeo.agreement.top_k import check_k, default_k
from xaigeo.errors import InputError
from xaigeo.explanations import (
    Anchors,
    Attributions,
    Counterfactuals,
    Explanation,
    TokenAttributions,
)

__all__ = [
    "Compared",
    "ComparedAttributions",
    "ComparedConnectors",
    "ComparedRules",
    "check_comparable",
    "compare",
    "default_k_of",
]


@dataclass(frozen=True, eq=False, kw_only=True)
class ComparedRules(Compared):
    """Rules: rows inside, bounds, and precision under the other seeds' models.

    Attributes
    ----------
    members : ndarray of bool, shape (n_seeds, n_instances, n_rows)
    lower, upper : ndarray, shape (n_seeds, n_instances, n_numeric)
    allowed : ndarray of bool, shape (n_seeds, n_instances, n_discrete, n_categories)
    low, high : ndarray, shape (n_numeric,)
    cross_precision : ndarray, shape (n_seeds, n_seeds, n_instances), or None
    empty_precision : ndarray, shape (n_seeds, n_seeds, n_instances)
        What a rule without conditions would score: the share of background rows to which the
        other seed gives this seed's answer.
    shared : bool
        Whether the rules were made to be one for all seeds, so that they cannot disagree.
    """

    members: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    allowed: np.ndarray
    low: np.ndarray
    high: np.ndarray
    cross_precision: np.ndarray | None
    empty_precision: np.ndarray
    shared: bool = False

    def shuffled(self, rng: np.random.Generator) -> ComparedRules:
        """Deal every seed's rules to the instances at random."""
        seeds = np.arange(self.n_seeds)[:, None]
        order = _random_orders(self.n_seeds, self.n_instances, rng)
        return replace(
            self,
            members=self.members[seeds, order],
            lower=self.lower[seeds, order],
            upper=self.upper[seeds, order],
            allowed=self.allowed[seeds, order],
        )

    def at(self, places: np.ndarray) -> ComparedRules:
        """Return the comparison of some instances."""
        cross = self.cross_precision
        return replace(
            self,
            labels=self.labels[:, places],
            reference=self.reference[places],
            members=self.members[:, places],
            lower=self.lower[:, places],
            upper=self.upper[:, places],
            allowed=self.allowed[:, places],
            cross_precision=None if cross is None else cross[..., places],
            empty_precision=self.empty_precision[..., places],
        )


@dataclass(frozen=True, eq=False, kw_only=True)
class ComparedConnectors(Compared):
    """Nearest valid counterfactuals: one end point a seed and instance.

    Attributes
    ----------
    points : ndarray, shape (n_seeds, n_instances, n_features)
    deltas : ndarray, shape (n_seeds, n_instances, n_coordinates)
    changed : ndarray of bool, shape (n_seeds, n_instances, n_features)
    valid : ndarray of bool, shape (n_seeds, n_instances)
    target : ndarray of int, shape (n_seeds, n_instances)
    cross_validity : ndarray, shape (n_seeds, n_seeds, n_instances), or None
        NaN where the seed found no counterfactual.
    empty_validity : ndarray, shape (n_seeds, n_seeds, n_instances)
        The share of background rows to which the other seed gives the wanted class.
    scale, n_categories : ndarray, shape (n_features,)
    """

    points: np.ndarray
    deltas: np.ndarray
    changed: np.ndarray
    valid: np.ndarray
    target: np.ndarray
    cross_validity: np.ndarray | None
    empty_validity: np.ndarray
    scale: np.ndarray
    n_categories: np.ndarray

    @cached_property
    def usable(self) -> np.ndarray:
        """Pairs of seeds that may be compared, shape (n_pairs, n_instances)."""
        return comparable_pairs(self.valid, self.target)

    def shuffled(self, rng: np.random.Generator) -> ComparedConnectors:
        """Deal every seed's counterfactuals to the instances at random."""
        seeds = np.arange(self.n_seeds)[:, None]
        order = _random_orders(self.n_seeds, self.n_instances, rng)
        return replace(
            self,
            points=self.points[seeds, order],
            deltas=self.deltas[seeds, order],
            changed=self.changed[seeds, order],
            valid=self.valid[seeds, order],
            target=self.target[seeds, order],
        )

    def at(self, places: np.ndarray) -> ComparedConnectors:
        """Return the comparison of some instances."""
        cross = self.cross_validity
        return replace(
            self,
            labels=self.labels[:, places],
            reference=self.reference[places],
            points=self.points[:, places],
            deltas=self.deltas[:, places],
            changed=self.changed[:, places],
            valid=self.valid[:, places],
            target=self.target[:, places],
            cross_validity=None if cross is None else cross[..., places],
            empty_validity=self.empty_validity[..., places],
        )


def compare(
    explanation: Explanation, *, k: int | None = None, output: str | int | None = None
) -> Compared:
    """Return an explanation ready for comparison.

    Parameters
    ----------
    explanation : Attributions, Anchors or Counterfactuals
        Attributions to tokens are compared text by text, each on its own explained tokens without
        those that the tokenizer adds; a text of a single one says nothing about agreement, and its
        scores are undefined. Anchors and counterfactuals of texts are compared by the words that
        they name.
    k : int, optional
        Number of top features; by default `xaigeo.agreement.top_k.default_k`, and no more than
        a surrogate with a selection of features was given. In a text of no more than `k` tokens
        all but one.
    output : str or int, optional
        Name or place of the output whose attributions are compared. By default, at each
        instance, the class that most seeds predict: one output for all seeds.

    Raises
    ------
    InputError
        For a single seed, an unknown output or k, or something that is no explanation.
    """
    check_comparable(explanation)
    if isinstance(explanation, TokenAttributions):
        if explanation.role != "attributions":
            return _compare_words(explanation)
        return _compare_tokens(explanation, k, output)
    if isinstance(explanation, Attributions):
        return _compare_attributions(explanation, k, output)
    if isinstance(explanation, Anchors):
        return _compare_rules(explanation)
    if isinstance(explanation, Counterfactuals):
        return _compare_connectors(explanation)
    raise InputError(
        expected="Attributions, Anchors or Counterfactuals",
        arrived=type(explanation).__name__,
        do="Compare one of the three kinds of result.",
    )


def check_comparable(explanation: Explanation) -> None:
    """Raise unless this is an explanation of at least two seeds."""
    if not isinstance(explanation, Explanation):
        raise InputError(
            expected="an explanation (Attributions, Anchors or Counterfactuals)",
            arrived=type(explanation).__name__,
            do="Make one with xaigeo.explain(ensemble, X, method=..., background=...).",
        )
    if len(explanation.seeds) < 2:
        raise InputError(
            expected="an explanation of at least two seeds, to see whether they agree",
            arrived=f"one seed ({explanation.seeds[0]})",
            do="Train the ensemble with more seeds, for example seeds=range(20).",
        )


def default_k_of(explanation: Attributions) -> int:
    """Return the number of top features that is compared unless another is named.

    Features that no surrogate was given all count 0: beyond those that were there is no order.
    """
    given = explanation.provenance.get("resolved", {}).get("num_features")
    k = default_k(len(explanation.features))
    return k if given is None else min(k, int(given))


def _compare_attributions(
    explanation: Attributions, k: int | None, output: str | int | None
) -> ComparedAttributions:
    k = default_k_of(explanation) if k is None else k
    check_k(k, len(explanation.features))
    values = values_at(explanation, outputs_compared(explanation, output))
    return ComparedAttributions(
        **_answers(explanation), values=values, k=int(k), signed=explanation.signed
    )


def _compare_tokens(
    explanation: TokenAttributions, k: int | None, output: str | int | None
) -> ComparedTokens:
    k = default_k_of(explanation) if k is None else k
    check_k(k, len(explanation.features))
    words = explanation.word_mask
    values = values_at(explanation, outputs_compared(explanation, output), words)
    return ComparedTokens(
        **_answers(explanation),
        values=side_by_side(values, words),
        n_tokens=words.sum(axis=1),
        k=int(k),
        signed=explanation.signed,
    )


def _compare_words(explanation: TokenAttributions) -> ComparedWords:
    anchors = explanation.role == "anchors"
    cross = "cross_precision" if anchors else "cross_validity"
    answer = explanation.predicted if anchors else explanation.array("target").astype(np.intp)
    valid = np.ones(answer.shape, dtype=bool)
    if not anchors:
        valid = explanation.array("valid").astype(bool)
    told = explanation.array(cross).astype(float) if cross in explanation.data else None
    return ComparedWords(
        **_answers(explanation),
        chosen=explanation.array("chosen").astype(bool),
        there=explanation.mask,
        answer=answer,
        valid=valid,
        cross=None if told is None else np.where(valid[:, None], told, np.nan),
        empty=_share_of_class(explanation, answer),
    )


def _compare_rules(explanation: Anchors) -> ComparedRules:
    discrete = explanation.schema.discrete
    features = [f for f in explanation.schema.features if not f.is_discrete]
    has_cross = "cross_precision" in explanation.data
    return ComparedRules(
        **_answers(explanation),
        members=explanation.members(explanation.array("background")),
        lower=explanation.array("lower")[..., ~discrete],
        upper=explanation.array("upper")[..., ~discrete],
        allowed=_real_categories(explanation)[..., discrete, :],
        low=np.array([f.lower for f in features]),
        high=np.array([f.upper for f in features]),
        cross_precision=explanation.array("cross_precision") if has_cross else None,
        empty_precision=_share_of_answer(explanation),
        shared=made_for_all(explanation),
    )


def _compare_connectors(explanation: Counterfactuals) -> ComparedConnectors:
    valid = explanation.array("valid").astype(bool)
    distance = np.where(valid, explanation.array("distance"), np.inf)
    best = distance.argmin(axis=-1)
    seeds, instances = np.indices(best.shape)
    found = valid[seeds, instances, best]
    points = explanation.array("point")[seeds, instances, best]
    target = explanation.array("target").astype(np.intp)
    scale, n_categories = _feature_scale(explanation), explanation.schema.n_categories
    cross = None
    if "cross_validity" in explanation.data:
        every = explanation.array("cross_validity").astype(float)
        cross = every.transpose(0, 2, 3, 1)[seeds, instances, best].transpose(0, 2, 1)
        cross = np.where(found[:, None, :], cross, np.nan)
    return ComparedConnectors(
        **_answers(explanation),
        points=points,
        deltas=displacement(
            explanation.array("input"), points, scale=scale, n_categories=n_categories
        ),
        changed=explanation.array("changed").astype(bool)[seeds, instances, best],
        valid=found,
        target=target,
        cross_validity=cross,
        empty_validity=_share_of_wanted(explanation, target),
        scale=scale,
        n_categories=n_categories,
    )


def _answers(explanation: Explanation) -> dict[str, np.ndarray]:
    return {
        "labels": explanation.predicted,
        "reference": answer_of_most(explanation),
    }


def _real_categories(explanation: Anchors) -> np.ndarray:
    """Return allowed categories without the padding of features that have fewer of them."""
    allowed = explanation.array("allowed").astype(bool)
    exists = np.arange(allowed.shape[-1]) < explanation.schema.n_categories[:, None]
    return np.asarray(allowed & exists)


def _share_of_answer(explanation: Anchors) -> np.ndarray:
    """Return the share of background rows to which the other seeds give each seed's answer."""
    if "answer_lower" not in explanation.data:
        return _share_of_class(explanation, explanation.predicted)
    named = explanation.provenance["resolved"].get("output", explanation.outputs[0])
    values = explanation.array("background_prediction")[..., explanation.outputs.index(named)]
    lower, upper = explanation.array("answer_lower"), explanation.array("answer_upper")
    return (
        np.stack(
            [
                ((values >= low) & (values <= high)).mean(axis=1)
                for low, high in zip(lower.ravel(), upper.ravel(), strict=True)
            ],
            axis=1,
        )
        .reshape(len(values), *lower.shape)
        .swapaxes(0, 1)
    )


def _share_of_class(explanation: Explanation, classes: np.ndarray) -> np.ndarray:
    """Return the share of background rows to which the other seeds give a class.

    `classes` has shape (n_seeds, n_instances), the answer (n_seeds, n_seeds, n_instances).
    """
    answers = explanation.array("background_prediction").argmax(axis=-1)
    places = np.arange(len(explanation.outputs))
    share = (answers[:, :, None] == places).mean(axis=1)
    return np.asarray(share[:, classes].swapaxes(0, 1))


def _share_of_wanted(explanation: Counterfactuals, target: np.ndarray) -> np.ndarray:
    """Return the share of background rows to which the other seeds give the wanted answer.

    The class at a place, or a value in the interval that is wanted of the output there; shape
    (n_seeds, n_seeds, n_instances).
    """
    if "target_lower" not in explanation.data:
        return _share_of_class(explanation, target)
    answers = explanation.array("background_prediction")
    low, high = explanation.array("target_lower"), explanation.array("target_upper")
    share = np.empty((len(target), len(answers), target.shape[1]))
    for seed, instance in np.ndindex(target.shape):
        values = answers[:, :, target[seed, instance]]
        inside = (values >= low[seed, instance]) & (values <= high[seed, instance])
        share[seed, :, instance] = inside.mean(axis=1)
    return share


def _feature_scale(explanation: Counterfactuals) -> np.ndarray:
    if "feature_mad" in explanation.data:
        mad = explanation.array("feature_mad").astype(float)
    else:
        rows = explanation.array("background")
        mad = np.median(np.abs(rows - np.median(rows, axis=0)), axis=0)
        mad = np.where(mad > 0, mad, rows.std(axis=0))
    return np.where(mad > 0, mad, 1.0)


def _random_orders(n_seeds: int, n_instances: int, rng: np.random.Generator) -> np.ndarray:
    return rng.permuted(np.tile(np.arange(n_instances), (n_seeds, 1)), axis=1)
