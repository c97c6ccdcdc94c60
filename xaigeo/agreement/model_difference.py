"""Is one model unlike the others? α̂, churn, calibration and performance, one row a seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from xaigeo import dims
from xaigeo.agreement.calibration import calibration_error
from xaigeo.agreement.curve_distances import curve_distances
from xaigeo.agreement.difference_scores import DifferenceScores, ScoreName, difference_scores
from xaigeo.agreement.outlying import beyond, outlying
from xaigeo.agreement.pooled_alpha import PooledAlpha, pooled_alpha, resampled_alpha
from xaigeo.agreement.predictions import churn_matrix
from xaigeo.agreement.seed_predictions import check_evaluation
from xaigeo.agreement.trimming import acceptance_distance, check_level
from xaigeo.ensemble.evaluation import Evaluation
from xaigeo.errors import InputError
from xaigeo.explanations.majority import majority
from xaigeo.options import check_count, check_option, check_share

Against = Literal["pooled", "ensemble"]
# Fewer named models show no spread that a candidate could lie beyond.
LEAST_REFERENCE = 3
ECE_BINS = 15
LEVEL = 0.95
OUTLIER_LEVEL = 0.05


@dataclass(frozen=True, eq=False, kw_only=True)
class ModelDifference:
    """How far each model lies from the others.

    Attributes
    ----------
    table : DataFrame
        One row a candidate: `seed`; `alpha_hat` (NaN where no α accepts), `accepts`, its
        bootstrap `alpha_mean`, `alpha_low` and `alpha_high` (draws that no α accepts count as 1);
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
        See `xaigeo.agreement.difference_scores`. With several classes α̂ is taken for each
        against all others and the largest reported, with its class.
    epsilon : float
        Level of the test, shared equally by the outputs compared.
    limit : float
        The α̂ up to which no model is called an outlier.
    n_bootstrap : int
        Draws of rows behind the intervals, at least 2.
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
    it makes theirs large too. A median of distances moves little by one model. How often models
    of one kind are named is measured by ``scripts/outlier_alarms.py``. Of two models none can be
    the odd one.
    """
    _check(evaluation, reference, against, n_bootstrap)
    check_level(epsilon)
    check_share("limit", limit)
    scores = difference_scores(evaluation, score)
    n_rows = scores.raw.shape[1]
    delta = acceptance_distance(n_rows, epsilon / len(scores.compared))
    seeds = np.asarray(evaluation.seeds)
    named = np.zeros(len(seeds), dtype=bool) if reference is None else np.isin(seeds, reference)
    candidates = np.flatnonzero(~named)
    pool = np.arange(len(seeds)) if reference is None else np.flatnonzero(named)
    found = _alphas(scores, candidates, pool, against, delta)
    drawn = _alphas(
        scores, candidates, pool, against, delta, n_bootstrap=n_bootstrap, seed=random_state
    )
    table = _alpha_columns(found, drawn, scores.compared)
    table.insert(0, dims.SEED, seeds[candidates])
    table.insert(7, "typical_distance", _typical(scores, candidates, pool))
    table = pd.concat([table, _performance(evaluation, candidates, pool)], axis=1)
    matters = ~table["accepts"] | (table["alpha_low"] > limit)
    table["outlier"] = matters & _odd(scores, candidates, pool, table["typical_distance"])
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


def _alphas(
    scores: DifferenceScores,
    candidates: np.ndarray,
    pool: np.ndarray,
    against: str,
    delta: float,
    *,
    n_bootstrap: int = 0,
    seed: int = 0,
) -> PooledAlpha:
    """Return α̂ and distance, shape (n_draws, n_candidates, n_compared); one draw: all rows."""

    def measured(own: np.ndarray, others: np.ndarray, members: np.ndarray) -> PooledAlpha:
        if not n_bootstrap:
            return pooled_alpha(own, others, members, delta)
        # Each call sees the same draws of rows.
        rng = np.random.default_rng(seed)
        return resampled_alpha(own, others, members, delta, n_bootstrap=n_bootstrap, rng=rng)

    if against == "pooled":
        members = np.isin(candidates, pool)
        parts = [measured(values[candidates], values[pool], members) for values in scores.values]
    else:
        parts = []
        means = [scores.of_mean(pool[pool != candidate]) for candidate in candidates]
        for place, values in enumerate(scores.values):
            each = [
                measured(values[[candidate]], mean[[place]], np.array([False]))
                for candidate, mean in zip(candidates, means, strict=True)
            ]
            parts.append(PooledAlpha(*(np.hstack(one) for one in zip(*each, strict=True))))
    return PooledAlpha(*(np.stack(one, axis=-1) for one in zip(*parts, strict=True)))


def _typical(scores: DifferenceScores, own: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return the median distance of some models to others, of the outputs the largest."""
    values = np.stack([curve_distances(one) for one in scores.values])
    apart = values.max(axis=0)[np.ix_(own, others)]
    apart[own[:, None] == others] = np.nan
    return np.asarray(np.nanmedian(apart, axis=1))


def _odd(
    scores: DifferenceScores, candidates: np.ndarray, pool: np.ndarray, typical: pd.Series
) -> np.ndarray:
    """Return which candidates lie further off than their like, shape (n_candidates,) of bool."""
    # One row is the least that a distance can be told from none.
    least = 1 / scores.raw.shape[1]
    sizes = np.log(np.maximum(typical.to_numpy(), least))
    if np.isin(candidates, pool).any():
        return outlying(sizes, level=OUTLIER_LEVEL)
    of_reference = np.log(np.maximum(_typical(scores, pool, pool), least))
    return beyond(sizes, of_reference, level=OUTLIER_LEVEL)


def _alpha_columns(
    found: PooledAlpha, drawn: PooledAlpha, compared: tuple[str, ...]
) -> pd.DataFrame:
    """Return the largest α̂ over outputs with its interval, and which output it is of."""
    alpha, distance = found.alpha[0], found.distance[0]
    worst = np.array(
        [np.lexsort((-d, -_as_size(a)))[0] for a, d in zip(alpha, distance, strict=True)]
    )
    places = np.arange(len(worst))
    sizes = _as_size(drawn.alpha).max(axis=-1)
    low, high = np.quantile(sizes, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    return pd.DataFrame(
        {
            "alpha_hat": alpha[places, worst],
            "accepts": np.isfinite(alpha[places, worst]),
            "alpha_mean": sizes.mean(axis=0),
            "alpha_low": low,
            "alpha_high": high,
            "distance": distance[places, worst],
            "output": [compared[place] for place in worst],
        }
    )


def _as_size(alpha: np.ndarray) -> np.ndarray:
    return np.asarray(np.where(np.isnan(alpha), 1.0, alpha))


def _performance(evaluation: Evaluation, candidates: np.ndarray, pool: np.ndarray) -> pd.DataFrame:
    """Return churn, calibration and scores of the candidates."""
    scores = evaluation.scores.iloc[candidates].reset_index(drop=True)
    if evaluation.task == "regression":
        return scores[["r2", "rmse"]]
    labels = evaluation.predicted
    pairs = churn_matrix(labels)[np.ix_(candidates, pool)]
    # A seed that stands in the pool does not differ from itself.
    n_others = len(pool) - np.isin(candidates, pool)
    most = majority(evaluation.prediction[pool])
    return pd.DataFrame(
        {
            "churn_pairs": pairs.sum(axis=1) / n_others,
            "churn_ensemble": (labels[candidates] != most).mean(axis=1),
            "accuracy": scores["accuracy"],
            "ece": calibration_error(evaluation.prediction[candidates], evaluation.labels),
            "log_loss": scores["log_loss"],
        }
    )


def _check(evaluation: Any, reference: Any, against: str, n_bootstrap: int) -> None:
    check_evaluation(evaluation, "the difference of models")
    check_option("against", against, Against)
    check_count("n_bootstrap", n_bootstrap, at_least=2)
    seeds = [int(seed) for seed in evaluation.seeds]
    if len(seeds) < 2:
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
    if reference is not None:
        _check_reference(reference, seeds)


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
