"""A1-A7: whether the seeds, and the methods, give the same reasons."""

from __future__ import annotations

from typing import Any

import numpy as np

from xaigeo.agreement.bootstrap import mean_interval
from xaigeo.agreement.intraclass import icc_interval
from xaigeo.agreement.methods import between_methods
from xaigeo.agreement.null import rank_agreement_quantile
from xaigeo.agreement.score import SCORES
from xaigeo.agreement.selection import stability
from xaigeo.agreement.summary import measure
from xaigeo.agreement.top_k import mean_rank_agreement
from xaigeo.agreement.unstable import same_answer_different_reason
from xaigeo.audit.evidence import Evidence
from xaigeo.audit.item import Measured, Missing, Outcome, finite, item

NO_ATTRIBUTIONS = "No attributions were passed (methods such as kernel_shap or lime)."
ONE_MODEL = "A single model has no other to agree with."


@item(
    id="A1",
    question="Do the seeds agree on the numbers?",
    metric="intraclass correlation ICC(2,1), lower end of its interval",
    better="higher",
    passing=0.75,
    warning=0.5,
    unit="number",
    basis="literature",
    source="Koo and Li 2016",
    maps_to=("NIST AI RMF MS2.5", "EU AI Act Annex IV.2(g)"),
)
def seeds_agree_on_numbers(evidence: Evidence) -> Outcome:
    """Measure the intraclass correlation of all (instance, feature) cells."""
    refusal = _nothing_to_compare(evidence)
    if refusal:
        return Missing(refusal)
    row = _measured(evidence, "icc_agreement")
    if np.isnan(row["value"]):
        return Missing("The attributions do not vary, so no correlation is defined.")
    if np.isnan(row["low"]):
        return Missing("One explained row gives no interval; explain at least two rows.")
    compared = next(iter(evidence.compared.values()))
    low, high = icc_interval(compared.values.reshape(compared.n_seeds, -1))
    return _outcome(
        evidence,
        row,
        judged=row["low"],
        reason=f"{row['value']:.0%} of the variation in the attributions comes from the features "
        f"and rows, the rest from the seed. The lower end of the interval, {row['low']:.2f}, "
        "is set against the threshold.",
        more={"f_interval": [finite(float(low)), finite(float(high))], "form": "ICC(2,1)"},
    )


@item(
    id="A2",
    question="Do the seeds name the same top features?",
    metric="Nogueira stability of the top k, mean over rows",
    better="higher",
    passing=0.75,
    warning=0.40,
    unit="number",
    basis="literature",
    source="bands for kappa-like coefficients (Fleiss 1981; Nogueira et al. 2018)",
    maps_to=("NIST AI RMF MS2.5",),
)
def seeds_name_the_same_features(evidence: Evidence) -> Outcome:
    """Measure the stability of the top k selections."""
    refusal = _nothing_to_compare(evidence)
    if refusal:
        return Missing(refusal)
    row = _measured(evidence, "stability")
    k = next(iter(evidence.compared.values())).k
    if np.isnan(row["value"]):
        return Missing(f"With k = {k} of as many features, nothing is selected.")
    return _outcome(
        evidence,
        row,
        reason=f"The seeds' choices of the {k} most important features have a stability of "
        f"{row['value']:.2f}, on a scale where drawing lots gives 0 and equal choices 1.",
        more={"k": k},
    )


@item(
    id="A3",
    question="Do the seeds agree on the direction of the top features?",
    metric="share of seeds with the majority's sign, top k, mean over rows",
    better="higher",
    passing=0.90,
    warning=0.75,
    unit="share",
    basis="own",
    source="Krishna et al. 2022; the value is our own",
    maps_to=("NIST AI RMF MS2.9", "EU AI Act Art. 14(4)(c)"),
)
def seeds_agree_on_direction(evidence: Evidence) -> Outcome:
    """Measure the sign consensus on the top k."""
    refusal = _nothing_to_compare(evidence)
    if refusal:
        return Missing(refusal)
    row = _measured(evidence, "sign_consensus")
    k = next(iter(evidence.compared.values())).k
    return _outcome(
        evidence,
        row,
        reason=f"For the {k} most important features of a row, {row['value']:.0%} of the seeds "
        f"agree whether they speak for or against the answer (chance: {row['null']:.0%}).",
        more={"k": k},
    )


@item(
    id="A4",
    question="Is the agreement on ranks more than luck?",
    metric="share of rows whose rank agreement beats the null's 95th percentile",
    better="higher",
    passing=0.95,
    warning=0.80,
    unit="share",
    basis="own",
    source="own",
    maps_to=("NIST AI RMF MS2.13",),
    settings={"quantile": 0.95},
)
def ranks_beat_chance(evidence: Evidence) -> Outcome:
    """Compare each row's mean rank agreement with permuted features."""
    refusal = _nothing_to_compare(evidence)
    if refusal:
        return Missing(refusal)
    compared = next(iter(evidence.compared.values()))
    quantile = float(evidence.setting("A4", "quantile"))
    limits = rank_agreement_quantile(compared, evidence.rng(), quantile=quantile)
    if (limits >= 1 - 1e-9).all():
        return Missing(
            f"With {compared.n_seeds} seeds and {compared.values.shape[-1]} features even full "
            "agreement would not be beyond luck."
        )
    found = mean_rank_agreement(compared.values, compared.k)
    beats = found > limits + 1e-9
    low, high = mean_interval(
        beats.astype(float), n_bootstrap=evidence.thresholds.n_bootstrap, rng=evidence.rng()
    )
    return Measured(
        value=float(beats.mean()),
        low=low,
        high=high,
        null=1 - quantile,
        reason=f"On {int(beats.sum())} of {len(beats)} rows the seeds agree on the order of the "
        f"top features more than {quantile:.0%} of random orders do.",
        evidence={
            "method": evidence.attributions[0].method,
            "rows_not_beyond_chance": evidence.attributions[0].instances[~beats].tolist(),
            "mean_rank_agreement": float(found.mean()),
            "mean_limit": float(limits.mean()),
        },
    )


@item(
    id="A5",
    question="Is there one kind of explanation, or several?",
    metric="mass of the second explanatory mode",
    better="lower",
    passing=0.10,
    warning=1.0,
    unit="share",
    basis="own",
    source="own",
    maps_to=("NIST AI RMF MS2.9", "EU AI Act Art. 14(4)(c)"),
)
def one_mode(evidence: Evidence) -> Outcome:
    """Report that modes were not looked for."""
    return Missing("This version does not group the seeds into kinds of explanation.")


@item(
    id="A6",
    question="Do the seeds give the same answer for different reasons?",
    metric="share of unanimous rows whose stability is poor",
    better="lower",
    passing=0.05,
    warning=0.15,
    unit="share",
    basis="own",
    source="own",
    maps_to=("NIST AI RMF MS2.9", "EU AI Act Art. 14(4)(b)"),
    settings={"stability": 0.40},
)
def same_answer_same_reason(evidence: Evidence) -> Outcome:
    """Count unanimous rows on which the top features differ."""
    refusal = _nothing_to_compare(evidence)
    if refusal:
        return Missing(refusal)
    if not evidence.is_classification:
        return Missing("A regression has no class on which seeds could be unanimous.")
    limit = float(evidence.setting("A6", "stability"))
    explanation = evidence.attributions[0]
    k = evidence.compared[explanation.method].k
    table = same_answer_different_reason(explanation, k, stability_below=limit)
    table = table.dropna(subset=["stability"])
    if not len(table):
        return Missing("On no explained row do all seeds predict the same class with k < p.")
    flagged = table["flagged"].to_numpy(dtype=float)
    low, high = mean_interval(
        flagged, n_bootstrap=evidence.thresholds.n_bootstrap, rng=evidence.rng()
    )
    shown = ["instance", "predicted", "stability", "leading_features"]
    worst = table.loc[table["flagged"], shown].head(10)
    return Measured(
        value=float(flagged.mean()),
        low=low,
        high=high,
        reason=f"All seeds predict the same class on {len(table)} rows; on {int(flagged.sum())} "
        f"of them they name different top features (stability below {limit:.2f}).",
        evidence={
            "method": explanation.method,
            "k": k,
            "n_unanimous": len(table),
            "rows": worst.astype({"instance": str, "predicted": str}).to_dict(orient="records"),
        },
    )


@item(
    id="A7",
    question="Do the methods name the same top features?",
    metric="top-k feature agreement of two methods at the same seed, worst pair",
    better="higher",
    passing=0.75,
    warning=0.5,
    unit="share",
    basis="own",
    source="Krishna et al. 2022; the value is our own",
    maps_to=("NIST AI RMF MS2.13",),
)
def methods_agree(evidence: Evidence) -> Outcome:
    """Compare the attribution methods two at a time."""
    refusal = _nothing_to_compare(evidence)
    if refusal:
        return Missing(refusal)
    first = evidence.attributions[0]
    same_rows = [
        e for e in evidence.attributions if np.array_equal(e.array("input"), first.array("input"))
    ]
    if len(same_rows) < 2:
        return Missing("Only one attribution method explained these rows; pass another one.")
    table = between_methods(
        same_rows,
        evidence.thresholds.k,
        random_state=evidence.random_state,
        n_bootstrap=evidence.thresholds.n_bootstrap,
    )
    pairs = table.loc[table["score"] == "feature_agreement"].to_dict(orient="records")
    worst = min(pairs, key=lambda row: float(row["value"]))
    k = evidence.compared[first.method].k
    return Measured(
        value=float(worst["value"]),
        low=float(worst["low"]),
        high=float(worst["high"]),
        null=float(worst["null"]),
        reason=f"Of the {k} most important features, {worst['method_a']} and {worst['method_b']} "
        f"share {worst['value']:.0%} for the same model; two seeds share "
        f"{worst['across_seeds_a']:.0%} under {worst['method_a']} and "
        f"{worst['across_seeds_b']:.0%} under {worst['method_b']}.",
        evidence={
            "k": k,
            "pairs": [
                {
                    "methods": [row["method_a"], row["method_b"]],
                    "value": row["value"],
                    "across_seeds": [row["across_seeds_a"], row["across_seeds_b"]],
                }
                for row in pairs
            ],
        },
    )


def stability_by_row(evidence: Evidence) -> np.ndarray:
    """Return the stability of the first method at every row, shape (n_instances,)."""
    compared = next(iter(evidence.compared.values()))
    return stability(compared.values, compared.k)


def _nothing_to_compare(evidence: Evidence) -> str | None:
    if not evidence.attributions:
        return NO_ATTRIBUTIONS
    return ONE_MODEL if evidence.n_seeds < 2 else None


def _measured(evidence: Evidence, score: str) -> dict[str, Any]:
    compared = next(iter(evidence.compared.values()))
    return measure(
        SCORES.get(score),
        compared,
        random_state=evidence.random_state,
        n_bootstrap=evidence.thresholds.n_bootstrap,
    )


def _outcome(
    evidence: Evidence,
    row: dict[str, Any],
    *,
    reason: str,
    more: dict[str, Any],
    judged: float | None = None,
) -> Measured:
    """Return a measured score of the first method, with the other methods beside it."""
    others = {
        name: measure(SCORES.get(row["score"]), compared, n_bootstrap=0)["value"]
        for name, compared in evidence.compared.items()
    }
    return Measured(
        value=row["value"],
        low=row["low"],
        high=row["high"],
        null=row["null"],
        judged=judged,
        reason=reason,
        evidence={
            "method": evidence.attributions[0].method,
            "by_method": {n: finite(v) for n, v in others.items()},
            "n_instances": row["n_instances"],
            "lowest": finite(row["lowest"]),
            "highest": finite(row["highest"]),
            **more,
        },
    )
