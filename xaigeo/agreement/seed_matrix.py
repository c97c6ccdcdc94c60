"""How far every two seeds agree, one score at a time, for any kind of explanation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from xaigeo import dims
from xaigeo.agreement.boxes import mass_iou, volume_iou
from xaigeo.agreement.compared import (
    Compared,
    ComparedAttributions,
    ComparedConnectors,
    ComparedRules,
    compare,
)
from xaigeo.agreement.concordance import cosine
from xaigeo.agreement.connectors import shared_changes
from xaigeo.agreement.methods import PAIRWISE
from xaigeo.agreement.null import null_value
from xaigeo.agreement.pairs import mean_defined
from xaigeo.agreement.score import SCORES, Score
from xaigeo.errors import InputError
from xaigeo.explanations import Explanation
from xaigeo.options import suggestion


@dataclass(frozen=True, eq=False, kw_only=True)
class SeedMatrix:
    """The agreement of every two seeds by one score.

    Attributes
    ----------
    values : ndarray, shape (n_seeds, n_seeds)
        Mean over instances where the score is defined; NaN where it is nowhere. Symmetric, but
        for scores that carry one seed's explanation over to another's model (`directed`): row
        the seed explained, column the model asked. On the diagonal a seed with itself.
    seeds : ndarray, shape (n_seeds,)
    score : Score
    k : int or None
        Number of top features, of attributions.
    null : float
        What unrelated explanations would score; NaN where that has no meaning.
    directed : bool
    """

    values: np.ndarray
    seeds: np.ndarray
    score: Score
    k: int | None
    null: float
    directed: bool

    @property
    def pairs(self) -> np.ndarray:
        """The defined values of two different seeds, shape (n_defined,)."""
        off = self.values[~np.eye(len(self.values), dtype=bool)]
        return np.asarray(off[np.isfinite(off)])

    def to_frame(self) -> pd.DataFrame:
        """Return one row per ordered pair: `seed`, `other_seed` and `agreement`."""
        n = len(self.seeds)
        return pd.DataFrame(
            {
                dims.SEED: np.repeat(self.seeds, n),
                dims.OTHER_SEED: np.tile(self.seeds, n),
                "agreement": self.values.reshape(-1),
            }
        )


def seed_matrix(
    explanation: Explanation,
    score: str | None = None,
    *,
    k: int | None = None,
    output: str | int | None = None,
    random_state: int = 0,
) -> SeedMatrix:
    """Return how far every two seeds agree, in the mean over instances.

    Parameters
    ----------
    explanation : Attributions, Anchors or Counterfactuals
    score : str, optional
        A score of two seeds at a time; see `pair_scores`. By default `feature_agreement` of
        attributions, `mass_iou` of anchors (`cross_precision` where one rule serves all seeds)
        and `cross_validity` of counterfactuals.
    k, output
        As in `xaigeo.agreement.summary`.
    random_state : int
        Seed of the shuffles behind null values.

    Raises
    ------
    InputError
        For a single seed, a score that does not compare two seeds of such explanations, or one
        that the explanation lacks the numbers for.
    """
    compared = compare(explanation, k=k, output=output)
    name = _default_score(compared) if score is None else score
    _check(name, compared, explanation)
    one_row = _ROWS[type(compared)]
    rows = [mean_defined(one_row(name, compared, s), axis=-1) for s in range(compared.n_seeds)]
    registered = SCORES.get(name)
    return SeedMatrix(
        values=np.stack(rows),
        seeds=explanation.seeds,
        score=registered,
        k=compared.k if isinstance(compared, ComparedAttributions) else None,
        null=null_value(registered, compared, np.random.default_rng(random_state)),
        directed=name in DIRECTED,
    )


# Scores of two seeds at a time, by what they compare; the first is the default.
_OF_RULES = ("mass_iou", "volume_iou", "cross_precision")
_OF_CONNECTORS = ("cross_validity", "delta_cosine", "shared_changes")
DIRECTED = ("cross_precision", "cross_validity")


def pair_scores(compared: Compared) -> tuple[str, ...]:
    """Return the names of the scores that compare two seeds of such explanations."""
    if isinstance(compared, ComparedAttributions):
        return tuple(n for n in PAIRWISE if compared.signed or not SCORES.get(n).needs_sign)
    if isinstance(compared, ComparedRules):
        # One rule made for all seeds overlaps with itself, which says nothing of the seeds.
        names = ("cross_precision",) if compared.shared else _OF_RULES
        return names if compared.cross_precision is not None else names[: names.index(DIRECTED[0])]
    assert isinstance(compared, ComparedConnectors)  # there are three kinds
    return _OF_CONNECTORS if compared.cross_validity is not None else _OF_CONNECTORS[1:]


def one_with_all(compared: ComparedAttributions, seed: int) -> ComparedAttributions:
    """Return a comparison of one seed with each, every (seed, instance) an instance."""
    flat = (-1, compared.values.shape[-1])
    own = np.broadcast_to(compared.values[seed], compared.values.shape)
    labels = np.broadcast_to(compared.labels[seed], compared.labels.shape)
    return replace(
        compared,
        values=np.stack([own.reshape(flat), compared.values.reshape(flat)]),
        labels=np.stack([labels.reshape(-1), compared.labels.reshape(-1)]),
        reference=np.tile(compared.reference, compared.n_seeds),
    )


def _attribution_row(name: str, c: ComparedAttributions, seed: int) -> np.ndarray:
    """Return a score of one seed with each, shape (n_seeds, n_instances)."""
    values = SCORES.get(name).compute(one_with_all(c, seed))
    return values.reshape(c.n_seeds, c.n_instances)


def _rule_row(name: str, c: ComparedRules, seed: int) -> np.ndarray:
    if name == "mass_iou":
        return mass_iou(c.members[seed], c.members)
    if name == "volume_iou":
        return volume_iou(
            c.lower[seed],
            c.upper[seed],
            c.lower,
            c.upper,
            low=c.low,
            high=c.high,
            allowed_a=c.allowed[seed],
            allowed_b=c.allowed,
        )
    assert c.cross_precision is not None  # or the score would have been refused
    return np.asarray(c.cross_precision[seed], dtype=np.float64)


def _connector_row(name: str, c: ComparedConnectors, seed: int) -> np.ndarray:
    if name == "cross_validity":
        assert c.cross_validity is not None  # or the score would have been refused
        return np.asarray(c.cross_validity[seed])
    usable = c.valid[seed] & c.valid & (c.target[seed] == c.target)
    if name == "delta_cosine":
        return np.where(usable, cosine(c.deltas[seed], c.deltas), np.nan)
    return np.where(usable, shared_changes(c.changed[seed], c.changed), np.nan)


_ROWS: dict[type, Callable[[str, Any, int], np.ndarray]] = {
    ComparedAttributions: _attribution_row,
    ComparedRules: _rule_row,
    ComparedConnectors: _connector_row,
}


def _default_score(compared: Compared) -> str:
    names = pair_scores(compared)
    return names[0] if names else DIRECTED[0]


def _check(name: str, compared: Compared, explanation: Explanation) -> None:
    known = pair_scores(compared)
    if name not in known:
        raise InputError(
            expected=f"a score that compares two seeds of these {explanation.kind} "
            f"({', '.join(known) or 'there is none'})",
            arrived=repr(name),
            do=suggestion(name, known) or "Name one of the listed scores.",
        )
