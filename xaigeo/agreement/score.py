"""What each score is: its name, range, chance level, source and plain meaning."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from xaigeo.agreement.compared import Compared, ComparedAttributions
from xaigeo.agreement.compared_tokens import ComparedTokens, by_instance
from xaigeo.errors import InputError
from xaigeo.registry import Registry

PerInstance = Callable[[Any], np.ndarray]
PerPair = Callable[[Any], np.ndarray]
Pooled = Callable[[Any, np.ndarray], np.ndarray]


@dataclass(frozen=True, kw_only=True)
class Score:
    """One way to measure agreement between seeds.

    Attributes
    ----------
    name, label : str
        Name in tables, and title for people.
    kind : type
        What it compares: ComparedAttributions, ComparedRules, ComparedConnectors or
        ComparedWords; Compared for scores of the predictions, which every explanation has. A
        score of attributions is one of texts too, each of which it is given on its own tokens.
    low, high : float
        Range.
    higher_is_better : bool
    compute : callable
        From a comparison to one value an instance, shape (n_instances,); NaN = undefined.
    by_pair : callable, optional
        From a comparison to the value of every two seeds, shape (n_instances, n_seeds,
        n_seeds); NaN = undefined. For scores that compare two seeds at a time.
    directed : bool
        Whether `by_pair` is not symmetric: row the first seed, column the second.
    pooled : callable, optional
        From a comparison and weights (n_draws, n_instances) to the value of all instances
        together, shape (n_draws,). Without it the mean over instances is reported.
    pooled_terms, pooled_of : callable, optional
        The same in two steps, for more instances than memory holds at once: from a comparison
        of some instances, and that of the first ones, to terms (n_instances, n_terms); and
        from sums of terms (n_draws, n_terms) to values (n_draws,).
    text_terms, text_of : callable, optional
        The two steps for texts, where all texts together are not pooled as the rows of a table
        are: from a comparison of texts of one number of tokens to terms, and from their sums to
        values. `pooled_terms` and `pooled_of` where not given.
    closed_null : callable, optional
        From a comparison without ties to the expected value of unrelated explanations.
    null_per_instance : callable, optional
        Null value where it is known from the data, shape (n_instances,).
    needs_sign : bool
        Whether it asks for the signs of attributions, so that it says nothing about sizes.
    has_null : bool
        False where chance has no meaning, as for the predictions.
    chance : str
        The null value in words.
    reference : str
        DOI, arXiv number or address.
    meaning : str
        One sentence for a reader who knows no statistics.
    """

    name: str
    label: str
    kind: type[Compared]
    low: float
    high: float
    higher_is_better: bool
    compute: PerInstance
    by_pair: PerPair | None = None
    directed: bool = False
    pooled: Pooled | None = None
    pooled_terms: Callable[[Any, Any], np.ndarray] | None = None
    pooled_of: Callable[[np.ndarray], np.ndarray] | None = None
    text_terms: Callable[[Any], np.ndarray] | None = None
    text_of: Callable[[np.ndarray], np.ndarray] | None = None
    closed_null: Callable[[ComparedAttributions], float] | None = None
    null_per_instance: PerInstance | None = None
    needs_sign: bool = False
    has_null: bool = True
    chance: str
    reference: str
    meaning: str

    def __post_init__(self) -> None:
        if not self.low < self.high:
            raise InputError(
                expected=f"a range for score {self.name!r} that rises",
                arrived=f"({self.low}, {self.high})",
                do="Give low < high.",
            )
        if issubclass(self.kind, ComparedAttributions):
            self._take_texts()

    def _take_texts(self) -> None:
        """Let the score be asked of texts too, by their number of tokens."""
        pair, pooled, terms = self.by_pair, self.pooled, self.pooled_terms
        object.__setattr__(self, "compute", partial(by_instance, self.compute))
        if pair is not None:
            object.__setattr__(self, "by_pair", partial(_pairs_by_instance, pair))
        if pooled is not None and terms is not None and self.pooled_of is not None:
            ready = partial(_terms_by_instance, terms, self.text_terms)
            object.__setattr__(self, "pooled_terms", ready)
            object.__setattr__(self, "pooled", partial(_pooled, pooled, self))

    def value_of_sums(self, compared: Compared) -> Callable[[np.ndarray], np.ndarray] | None:
        """Return what makes values of sums of `pooled_terms`; None where these are not defined.

        Parameters
        ----------
        compared : Compared
            Of which the terms are, or of other instances of the same explanation.
        """
        texts = isinstance(compared, ComparedTokens) and self.text_of is not None
        return self.text_of if texts else self.pooled_of

    def closed_nulls(self, compared: Compared) -> np.ndarray | None:
        """Return `closed_null` of every text, shape (n_instances,); None for tables and none.

        It follows from the number of tokens, so that it is not one for all texts.
        """
        known = self.closed_null
        if known is None or not isinstance(compared, ComparedTokens):
            return None
        return by_instance(lambda part: np.full(part.n_instances, known(part)), compared)


def _pairs_by_instance(by_pair: PerPair, compared: ComparedAttributions) -> np.ndarray:
    return by_instance(by_pair, compared, (compared.n_seeds, compared.n_seeds))


def _terms_by_instance(
    terms: Callable[[Any, Any], np.ndarray],
    text_terms: Callable[[Any], np.ndarray] | None,
    compared: ComparedAttributions,
    first: ComparedAttributions,
) -> np.ndarray:
    """Return what instances add to a pooled score, of texts each on its own tokens."""
    if not isinstance(compared, ComparedTokens):
        return terms(compared, first)
    assert isinstance(first, ComparedTokens)  # batches of one explanation
    start = first.by_length[0][1]
    of = text_terms or (lambda part: terms(part, start))
    parts = [(places, of(part)) for places, part in compared.by_length]
    found = np.zeros((compared.n_instances, parts[0][1].shape[-1]))
    for places, told in parts:
        found[places] = told
    return found


def _pooled(
    pooled: Pooled, score: Score, compared: ComparedAttributions, weights: np.ndarray
) -> np.ndarray:
    if not isinstance(compared, ComparedTokens):
        return pooled(compared, weights)
    assert score.pooled_terms is not None  # or it would not be wrapped
    of = score.value_of_sums(compared)
    assert of is not None
    return of(weights @ score.pooled_terms(compared, compared))


_ATTRIBUTIONS = "xaigeo.agreement.attribution_scores"
_RULES = "xaigeo.agreement.rule_scores"
_CONNECTORS = "xaigeo.agreement.connector_scores"
_PREDICTIONS = "xaigeo.agreement.prediction_scores"
_WORDS = "xaigeo.agreement.word_scores"

# In the order in which tables show them.
_BUILTIN = {
    "flip_rate": _PREDICTIONS,
    "churn": _PREDICTIONS,
    "feature_agreement": _ATTRIBUTIONS,
    "rank_agreement": _ATTRIBUTIONS,
    "sign_agreement": _ATTRIBUTIONS,
    "signed_rank_agreement": _ATTRIBUTIONS,
    "stability": _ATTRIBUTIONS,
    "sign_consensus": _ATTRIBUTIONS,
    "spearman": _ATTRIBUTIONS,
    "pairwise_rank_agreement": _ATTRIBUTIONS,
    "kendall_w": _ATTRIBUTIONS,
    "icc_agreement": _ATTRIBUTIONS,
    "icc_consistency": _ATTRIBUTIONS,
    "resultant_length": _ATTRIBUTIONS,
    "mean_cosine": _ATTRIBUTIONS,
    "jaccard_distance": _ATTRIBUTIONS,
    "relative_entropy": _ATTRIBUTIONS,
    "mass_iou": _RULES,
    "volume_iou": _RULES,
    "cross_precision": _RULES,
    "cross_validity": _CONNECTORS,
    "dispersion": _CONNECTORS,
    "delta_cosine": _CONNECTORS,
    "shared_changes": _CONNECTORS,
    "shared_words": _WORDS,
    "words_carry_over": _WORDS,
}

SCORES: Registry[Score] = Registry("score", builtin=_BUILTIN, group="xaigeo.scores")


def register(score: Score) -> Score:
    """File a score under its name; a duplicate raises."""
    return SCORES.register(score.name)(score)


def scores_for(compared: Compared) -> list[Score]:
    """Return the scores that apply to a comparison: our own in reading order, then others.

    Attributions without a sign have no scores of signs, which they would all reach. Texts have
    no scores that can only be told of all instances at once.
    """
    others = [name for name in SCORES.names() if name not in _BUILTIN]
    known = [SCORES.get(name) for name in (*_BUILTIN, *others)]
    signed = not isinstance(compared, ComparedAttributions) or compared.signed
    texts = isinstance(compared, ComparedTokens)
    return [
        score
        for score in known
        if isinstance(compared, score.kind)
        and (signed or not score.needs_sign)
        and not (texts and score.pooled is not None and score.pooled_of is None)
    ]
