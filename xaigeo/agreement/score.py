"""What each score is: its name, range, chance level, source and plain meaning."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from xaigeo.agreement.compared import Compared, ComparedAttributions
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
        What it compares: ComparedAttributions, ComparedRules or ComparedConnectors; Compared
        for scores of the predictions, which every explanation has.
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


_ATTRIBUTIONS = "xaigeo.agreement.attribution_scores"
_RULES = "xaigeo.agreement.rule_scores"
_CONNECTORS = "xaigeo.agreement.connector_scores"
_PREDICTIONS = "xaigeo.agreement.prediction_scores"

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
}

SCORES: Registry[Score] = Registry("score", builtin=_BUILTIN, group="xaigeo.scores")


def register(score: Score) -> Score:
    """File a score under its name; a duplicate raises."""
    return SCORES.register(score.name)(score)


def scores_for(compared: Compared) -> list[Score]:
    """Return the scores that apply to a comparison: our own in reading order, then others.

    Attributions without a sign have no scores of signs, which they would all reach.
    """
    others = [name for name in SCORES.names() if name not in _BUILTIN]
    known = [SCORES.get(name) for name in (*_BUILTIN, *others)]
    signed = not isinstance(compared, ComparedAttributions) or compared.signed
    return [
        score
        for score in known
        if isinstance(compared, score.kind) and (signed or not score.needs_sign)
    ]
