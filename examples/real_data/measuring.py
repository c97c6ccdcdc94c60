"""Numbers about one ensemble, as plain dicts: how its seeds perform, and whether they agree."""

from typing import Any

import numpy as np
import pandas as pd
from explaining import Explained

import xaigeo as xg
from xaigeo.agreement import between_methods, partial_order, same_answer_different_reason, summary
from xaigeo.agreement.model_difference import model_difference
from xaigeo.agreement.predictions import ambiguity, churn, discrepancy, spread
from xaigeo.agreement.seeds_needed import seeds_needed
from xaigeo.agreement.selective import selective
from xaigeo.explanations import Attributions, Explanation
from xaigeo.explanations.majority import majority
from xaigeo.geometry.modes import explanatory_modes

SCORES = (
    "feature_agreement",
    "rank_agreement",
    "stability",
    "sign_consensus",
    "kendall_w",
    "icc_agreement",
    "mass_iou",
    "cross_precision",
    "cross_validity",
    "shared_changes",
)
COUNTED = ("feature_agreement", "rank_agreement", "icc_agreement", "cross_validity")


def performance(evaluation: xg.Evaluation, y_train: pd.Series) -> dict[str, Any]:
    """Return how well the seeds do, what a constant would, and how far their answers differ."""
    scores = {name: spread(column) for name, column in evaluation.scores.items() if name != "seed"}
    n_rows = len(evaluation.labels)
    if evaluation.task == "regression":
        own = evaluation.prediction[..., 0]
        between = float(np.median(own.std(axis=0, ddof=1)))
        return {
            "score": "r2",
            "scores": scores,
            "constant": 0.0,
            "n_rows": n_rows,
            "sd_between_seeds": between,
            "share_of_rmse": between / scores["rmse"]["mean"],
        }
    labels, most = evaluation.predicted, majority(evaluation.prediction)
    common = list(evaluation.classes).index(y_train.mode()[0])
    return {
        "score": "accuracy",
        "scores": scores,
        "constant": float((evaluation.labels == common).mean()),
        "n_rows": n_rows,
        "churn": float(churn(labels).mean()),
        "ambiguity": ambiguity(labels, most),
        "n_divided": int((labels != most).any(axis=0).sum()),
        "discrepancy": discrepancy(labels, most),
    }


def outliers(evaluation: xg.Evaluation) -> dict[str, Any]:
    """Return the largest α̂ and the models that are unlike the others."""
    found = model_difference(evaluation, n_bootstrap=200)
    table = found.table.sort_values("alpha_hat", ascending=False, na_position="first")
    worst = table.iloc[0]
    return {
        "largest": plain(worst["alpha_hat"]),
        "largest_low": plain(worst["alpha_low"]),
        "largest_high": plain(worst["alpha_high"]),
        "seed": int(worst["seed"]),
        "median": plain(found.table["alpha_hat"].median()),
        "outliers": [int(seed) for seed in found.table.loc[found.table["outlier"], "seed"]],
    }


def agreement(explained: Explained, n_bootstrap: int) -> list[dict[str, Any]]:
    """Return scores with intervals and chance levels, by method."""
    table = summary(list(explained.found.values()), n_bootstrap=n_bootstrap)
    wanted = table[table["score"].isin(SCORES)]
    columns = ["method", "score", "value", "low", "high", "null", "n_instances"]
    return [{k: plain(v) for k, v in row.items()} for row in wanted[columns].to_dict("records")]


def same_answers(explanation: Attributions) -> dict[str, Any] | None:
    """Return on how many rows all seeds answer alike for different reasons; None: regression."""
    if explanation.task == "regression":
        return None
    table = same_answer_different_reason(explanation)
    first = [{k: plain(v) for k, v in row.items()} for row in table.head(5).to_dict("records")]
    return {
        "n_rows": len(explanation.instances),
        "n_unanimous": len(table),
        "n_flagged": int(table["flagged"].sum()),
        "first": first,
    }


def modes(explanation: Explanation) -> dict[str, Any]:
    found = explanatory_modes(explanation)
    return {
        "n_modes": found.n_modes,
        "masses": [float(mass) for mass in found.masses],
        "medoids": [int(seed) for seed in found.medoids],
        "p_value": float(found.p_value),
        "tested": bool(found.tested),
    }


def order(explanation: Attributions) -> dict[str, Any]:
    """Return on how many pairs of features all seeds agree, and nine in ten; what leads."""
    all_seeds, most = partial_order(explanation), partial_order(explanation, share=0.9)
    names = np.array(explanation.features)
    by_size = np.argsort(-all_seeds.sizes)
    return {
        "n_pairs": all_seeds.n_pairs,
        "n_ordered": all_seeds.n_ordered,
        "n_ordered_by_most": most.n_ordered,
        "on_top": [str(n) for n in names[by_size][all_seeds.levels[by_size] == 0]],
        "largest": [str(n) for n in names[by_size][:5]],
    }


def methods(explained: Explained, n_bootstrap: int) -> list[dict[str, Any]]:
    """Return how far two methods agree about one model, beside two seeds by one method."""
    table = between_methods(explained.attributions, n_bootstrap=n_bootstrap)
    rows = table[table["score"].isin(["feature_agreement", "rank_agreement"])].to_dict("records")
    return [{k: plain(v) for k, v in row.items()} for row in rows]


def enough_seeds(explanation: Explanation, n_bootstrap: int) -> list[dict[str, Any]]:
    """Return how many seeds make the interval of each score a tenth wide."""
    found = seeds_needed(explanation, n_bootstrap=n_bootstrap).scores
    columns = ["score", "value", "seed_half_width", "instance_half_width", "n_seeds", "status"]
    rows = found.loc[found["score"].isin(COUNTED), columns].to_dict("records")
    return [{k: plain(v) for k, v in row.items()} for row in rows]


def shown(explanation: Attributions) -> dict[str, Any]:
    """Return which share of the attributions has a sign that holds for most seeds there are."""
    found = selective(explanation)
    return {"share": float(found.shown.mean()), "by_row": float(found.shown.sum(axis=1).mean())}


def alike_columns(X: pd.DataFrame, beyond: float = 0.9) -> int:
    """Return how many pairs of numeric columns are nearly one: correlated beyond a limit."""
    apart = X.select_dtypes("number").corr().abs().to_numpy()
    return int((np.triu(apart, 1) > beyond).sum())


def plain(value: Any) -> Any:
    """Return a number or text as JSON knows it; None for NaN."""
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not np.isfinite(value) else value
