"""Is one model unlike the others? α̂, churn, calibration and performance, one row a seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from xaigeo import dims
from xaigeo.agreement.difference_columns import (
    LEVEL,
    alpha_columns,
    alphas,
    odd_ones,
    performance,
    typical_distance,
)
from xaigeo.agreement.difference_scores import ScoreName, difference_scores
from xaigeo.agreement.result_html import result_html
from xaigeo.agreement.seed_predictions import check_evaluation
from xaigeo.agreement.trimming import acceptance_distance, check_level
from xaigeo.ensemble.evaluation import Evaluation
from xaigeo.errors import InputError
from xaigeo.options import check_count, check_option, check_share

Against = Literal["pooled", "ensemble"]
# Fewer named models show no spread that a candidate could lie beyond.
LEAST_REFERENCE = 3


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class ModelDifference:
    """How far each model lies from the others.

    Attributes
    ----------
    table : DataFrame
        One row a candidate: `seed`; `alpha_hat` (NaN where no α accepts), `accepts`, its
        bootstrap `alpha_mean`, `alpha_low` and `alpha_high` (bias-corrected, 95 %; draws that no α
        accepts count as 1);
        `distance` (d_0, Kolmogorov-Smirnov) and `output` (of which class or target both are: the
        one that differs most); `typical_distance` (median distance to single other models);
        `outlier`. Of a classification `churn_pairs` (share of rows with another
        answer, mean over the models it is compared with), `churn_ensemble` (against their
        majority), `accuracy`, `ece` (15 bins) and `log_loss`; of a regression `r2` and `rmse`.
    reference : tuple of int, or None
        The seeds that all candidates are compared with; None: each with all other seeds.
    against : {"pooled", "ensemble"}
    score : {"logit_gap", "true_class", "prediction"}
    delta : float
        δ, the distance that the test lets pass. A difference that touches a smaller share of the
        rows does not show: α̂ = 0 says "at most about δ", never "none".
    epsilon : float
        Level of the test, shared equally by the outputs compared.
    limit : float
        The α̂ of an outlier lies above it with its whole interval.
    n_rows, n_clipped, n_bootstrap : int
    n_outputs : int
        Classes or targets that were compared, of which the table names the most different.
    level : float
        Of the intervals.
    task, name : str
        Task, and what the rows are: "test".
    """

    table: pd.DataFrame
    reference: tuple[int, ...] | None
    against: str
    score: str
    delta: float
    epsilon: float
    limit: float
    n_rows: int
    n_clipped: int
    n_bootstrap: int
    n_outputs: int
    level: float
    task: str
    name: str

    def __repr__(self) -> str:
        named = f"outliers {self.outliers}" if self.outliers else "no outlier"
        return (
            f"ModelDifference({len(self.table)} seeds on {self.n_rows} {self.name} rows: {named}, "
            f"δ {self.delta:.3f})"
        )

    def _repr_html_(self) -> str:
        facts = {"score": self.score, "against": self.against, "visible": self.visible}
        return result_html(repr(self), facts, self.table)

    @property
    def outliers(self) -> tuple[int, ...]:
        """The seeds that are named as outliers, in the order of the table."""
        return tuple(int(seed) for seed in self.table.loc[self.table["outlier"], dims.SEED])

    @property
    def sizes(self) -> np.ndarray:
        """α̂ as it can be ordered, shape (n_candidates,): 1 where no α accepts."""
        return self.table["alpha_hat"].fillna(1.0).to_numpy()

    @property
    def largest(self) -> pd.Series:
        """The row of the seed that differs most; of equal α̂ that with the larger distance."""
        place = np.lexsort((-self.table["distance"], -self.sizes))[0]
        return pd.Series(self.table.iloc[place])

    @property
    def visible(self) -> str:
        """What the test can see at all, in a sentence."""
        return (
            f"On {self.n_rows} rows a difference shows only where it moves more than "
            f"{self.delta:.1%} of them (δ); α̂ = 0 is no proof of less than that."
        )


def model_difference(
    evaluation: Evaluation,
    *,
    reference: Sequence[int] | None = None,
    against: Against = "pooled",
    score: ScoreName = "logit_gap",
    epsilon: float = 0.01,
    limit: float = 0.05,
    n_bootstrap: int = 500,
    random_state: int = 0,
) -> ModelDifference:
    """Return how far each model lies from the others, and which are outliers.

    Parameters
    ----------
    evaluation : Evaluation
        Of two seeds or more, on labelled rows that no model was trained on.
    reference : sequence of int, optional
        Seeds that are taken for good, three or more; the candidates are then the others. Unless
        named every seed is the candidate once, and all others are the reference.
    against : {"pooled", "ensemble"}
        "pooled": the mean of the distribution functions of the reference models' scores.
        "ensemble": that of the ensemble whose logits (of a regression, predictions) are the mean
        of theirs. A mean is less extreme than its parts, so that all models differ from it.
    score : {"logit_gap", "true_class"}
        See `xaigeo.agreement.difference_scores`. With several classes "logit_gap" takes α̂ for
        each against all others and reports the largest, with its class: with many classes plain
        seeds reach large values, as ``docs/alpha_hat.md`` shows; "true_class" stays comparable
        between problems.
    epsilon : float
        Level of the test, shared equally by the outputs compared.
    limit : float
        The α̂ up to which no model is called an outlier.
    n_bootstrap : int
        Draws of rows behind the intervals, at least 2: outliers are told by their intervals.
    random_state : int

    Returns
    -------
    ModelDifference

    Raises
    ------
    InputError
        For anything but an evaluation, fewer than two seeds, predictions that are not finite, or
        reference seeds that are unknown, repeated, too few or all there are.

    Notes
    -----
    A model is an outlier where two things are so:

    - the difference matters: α̂ lies above `limit` with its whole 95 % interval, or no α accepts;
    - it is this model's: the median of its Kolmogorov-Smirnov distances to the other models is
      larger than theirs to each other lead to expect, on a logarithmic scale, at 5 %: by the
      generalised extreme studentised deviate test (see `outlying`), or, with named reference
      seeds, beyond the prediction bound of their own medians (see `beyond`).

    α̂ alone does not tell which model is the odd one: where training is unstable every model has a
    large one, and a model far off is part of the pool that the others are compared with, so that
    it makes theirs large too. A median of distances moves little by one model. The 5 % hold for
    normal values; real seeds have heavier tails, and in 2 % to 22 % of ensembles of one kind some
    seed was named (``docs/alpha_hat_checks.md``): look at a named seed, do not discard it unseen.
    Of two models none can be the odd one.
    """
    check_models(evaluation)
    check_option("against", against, Against)
    check_count("n_bootstrap", n_bootstrap, at_least=2)
    check_count("random_state", random_state, at_least=0)
    check_level(epsilon)
    check_share("limit", limit)
    if reference is not None:
        _check_reference(reference, [int(seed) for seed in evaluation.seeds])
    scores = difference_scores(evaluation, score)
    n_rows = scores.raw.shape[1]
    delta = acceptance_distance(n_rows, epsilon / len(scores.compared))
    seeds = np.asarray(evaluation.seeds)
    named = np.zeros(len(seeds), dtype=bool) if reference is None else np.isin(seeds, reference)
    candidates = np.flatnonzero(~named)
    pool = np.arange(len(seeds)) if reference is None else np.flatnonzero(named)
    found = alphas(scores, candidates, pool, against, delta)
    drawn = alphas(
        scores, candidates, pool, against, delta, n_bootstrap=n_bootstrap, seed=random_state
    )
    table = alpha_columns(found, drawn, scores.compared)
    table.insert(0, dims.SEED, seeds[candidates])
    table.insert(7, "typical_distance", typical_distance(scores, candidates, pool))
    table = pd.concat([table, performance(evaluation, candidates, pool)], axis=1)
    matters = ~table["accepts"] | (table["alpha_low"] > limit)
    table["outlier"] = matters & odd_ones(scores, candidates, pool, table["typical_distance"])
    return ModelDifference(
        table=table,
        reference=None if reference is None else tuple(int(seed) for seed in seeds[pool]),
        against=against,
        score=scores.score,
        delta=delta,
        epsilon=epsilon,
        limit=limit,
        n_rows=n_rows,
        n_clipped=scores.n_clipped,
        n_bootstrap=n_bootstrap,
        n_outputs=len(scores.compared),
        level=LEVEL,
        task=evaluation.task,
        name=evaluation.name,
    )


def check_models(evaluation: Any) -> None:
    """Raise unless an evaluation of two models or more with finite predictions is given."""
    check_evaluation(evaluation, "the difference of models")
    if len(evaluation.seeds) < 2:
        raise InputError(
            expected="two seeds or more",
            arrived="one, which has no other to differ from",
            do="Evaluate an ensemble of more seeds.",
        )
    n_bad = int((~np.isfinite(evaluation.prediction)).sum())
    if n_bad or not len(evaluation.labels):
        raise InputError(
            expected="finite predictions of one row or more",
            arrived=f"{n_bad} that are not" if n_bad else "no rows",
            do="Check models that return NaN, and evaluate them on labelled rows.",
        )


def _check_reference(reference: Any, seeds: list[int]) -> None:
    given = list(reference) if isinstance(reference, Sequence | np.ndarray) else [reference]
    unknown = [seed for seed in given if seed not in seeds]
    if unknown or len(set(given)) < len(given):
        raise InputError(
            expected=f"reference to name seeds of the evaluation once ({seeds})",
            arrived=f"{unknown or given}",
            do="Name seeds of the evaluation, each once.",
        )
    if not LEAST_REFERENCE <= len(given) < len(seeds):
        raise InputError(
            expected=f"{LEAST_REFERENCE} reference seeds or more, and a seed that is none",
            arrived=f"{len(given)} of {len(seeds)} seeds",
            do="Leave reference out to compare each seed with all others.",
        )
