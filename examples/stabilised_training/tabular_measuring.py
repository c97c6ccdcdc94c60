"""Numbers about one ensemble: a value a seed of its performance, a value a row of agreement."""

from typing import Any

import numpy as np
from tabular_cases import AVERAGED, EARLY, PLAIN, SAME_LOSS, SMALL, Amounts, Prepared
from tabular_training import PlainRuns, loss_of, train, training_loss

import xaigeo as xg
from xaigeo.agreement import per_instance
from xaigeo.agreement.predictions import churn
from xaigeo.agreement.unstable import POOR_STABILITY, ROUNDING
from xaigeo.explanations.majority import majority

ATTRIBUTION_SCORES = (
    "feature_agreement",
    "rank_agreement",
    "spearman",
    "icc_agreement",
    "stability",
    "relative_entropy",
    "jaccard_distance",
)
SCORES = {
    "kernel_shap": ATTRIBUTION_SCORES,
    "lime": ATTRIBUTION_SCORES,
    "anchors": ("mass_iou", "cross_precision"),
    "counterfactuals": ("cross_validity", "dispersion"),
}
Numbers = dict[str, Any]


def measure_split(ready: Prepared, amounts: Amounts) -> Numbers:
    """Train in every way and return the numbers of each, by the training's key."""
    plain = PlainRuns(ready, amounts)
    found = {PLAIN.key: measure(ready, plain.at(amounts.epochs), amounts)}
    for training in (EARLY, SMALL, *AVERAGED):
        found[training.key] = measure(ready, train(ready, amounts, **training.settings), amounts)
    by_epochs = {amounts.epochs: found[PLAIN.key]}
    for training in SAME_LOSS:
        epochs = plain.like(float(np.mean(found[training.like]["seeds"]["train_loss"])))
        if epochs not in by_epochs:
            by_epochs[epochs] = measure(ready, plain.at(epochs), amounts)
        found[training.key] = by_epochs[epochs]
    return found


def measure(ready: Prepared, ensemble: xg.SeedEnsemble, amounts: Amounts) -> Numbers:
    """Return `seeds`, lists of a value a seed, and `rows`, lists of a value a row (or NaN)."""
    evaluation = ensemble.evaluate(ready.rows_test, ready.y_test)
    seeds, rows = performance(evaluation), answers(evaluation)
    seeds["train_loss"] = training_loss(ready, ensemble)
    X = ready.explained(amounts.n_rows)
    parameters: dict[str, dict[str, Any]] = {
        "kernel_shap": {"n_background": amounts.n_background},
        "anchors": amounts.anchors,
        "counterfactuals": ready.case.wanted,
    }
    for method, scores in SCORES.items():
        searched = method in ("anchors", "counterfactuals")
        explanation = xg.explain(
            ensemble,
            X.head(amounts.n_searched) if searched else X,
            method=method,
            background=ready.rows_train,
            random_state=0,
            **parameters.get(method, {}),
        )
        by_row = per_instance(explanation)
        rows |= {f"{method}.{score}": by_row[score].to_numpy() for score in scores}
        if not searched and not ready.is_regression:
            poor = by_row["stability"] < POOR_STABILITY - ROUNDING
            rows[f"{method}.other_reasons"] = np.where(by_row["unanimous"], poor, np.nan)
    return {
        "seeds": {name: values.tolist() for name, values in seeds.items()},
        "rows": {name: np.asarray(values, float).tolist() for name, values in rows.items()},
        "epochs": float(np.mean(ensemble.record["epoch_kept"])),
    }


def performance(evaluation: xg.Evaluation) -> dict[str, np.ndarray]:
    """Return the score, the test loss and how outspoken the answers are, of each seed.

    Outspoken are high confidence (mean of the largest probability), and of a regression a large
    standard deviation of the predictions, as a share of the target's.
    """
    outputs = evaluation.prediction
    if evaluation.task == "regression":
        spoken = outputs[..., 0].std(axis=1) / evaluation.labels.std()
        score = evaluation.scores["r2"].to_numpy()
    else:
        spoken = outputs.max(axis=-1).mean(axis=1)
        score = evaluation.scores["accuracy"].to_numpy()
    return {"score": score, "test_loss": loss_of(evaluation), "outspoken": spoken}


def answers(evaluation: xg.Evaluation) -> dict[str, np.ndarray]:
    """Return how far the seeds' answers differ at each test row.

    The deviation is the standard deviation over seeds of the majority's probability, or of the
    prediction as a share of the target's standard deviation.
    """
    outputs = evaluation.prediction
    if evaluation.task == "regression":
        return {"deviation": outputs[..., 0].std(axis=0, ddof=1) / evaluation.labels.std()}
    most = majority(outputs)
    told = np.take_along_axis(outputs, most[None, :, None], axis=-1)[..., 0]
    return {"churn": churn(evaluation.predicted), "deviation": told.std(axis=0, ddof=1)}
