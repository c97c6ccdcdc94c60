"""How far every two seeds agree, one score at a time, for any kind of explanation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from xaigeo import dims
from xaigeo.agreement.compared import Compared, check_comparable, compare
from xaigeo.agreement.gathered import null_in_turn
from xaigeo.agreement.pairwise import check_pairwise, pairwise_names, pairwise_scores
from xaigeo.agreement.score import SCORES, Score
from xaigeo.explanations import Explanation


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
        A score of how far two seeds agree; see `pair_scores`. By default `feature_agreement` of
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
    check_comparable(explanation)
    known = pair_scores(compare(explanation.at(slice(0, 1)), k=k, output=output))
    name = (known[0] if known else DEFAULT_OF_SHARED) if score is None else score
    check_pairwise([name], known, explanation)
    found = pairwise_scores(explanation, [name], k=k, output=output)
    return SeedMatrix(
        values=found.matrix(name),
        seeds=found.seeds,
        score=found.scores[0],
        k=found.k,
        null=null_in_turn(
            found.scores[0], explanation, k=k, output=output, random_state=random_state
        ),
        directed=found.scores[0].directed,
    )


# Named where nothing else compares two seeds, so that the message says what is lacking.
DEFAULT_OF_SHARED = "cross_precision"


def pair_scores(compared: Compared) -> tuple[str, ...]:
    """Return the scores of how far two seeds of such explanations agree, the default first.

    Distances between two seeds are no agreement; `xaigeo.agreement.pairwise_scores` has them.
    """
    names = pairwise_names(compared)
    return tuple(name for name in names if SCORES.get(name).higher_is_better)
