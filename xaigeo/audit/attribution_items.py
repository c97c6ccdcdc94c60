"""A1-A4, A6 and A7: whether the seeds, and the methods, give the same reasons."""

from __future__ import annotations

from typing import Any

import numpy as np

from xaigeo.agreement.bootstrap import mean_interval
from xaigeo.agreement.compared import ComparedAttributions
from xaigeo.agreement.intraclass import icc_interval
from xaigeo.agreement.methods import between_methods
from xaigeo.agreement.null import rank_agreement_quantile
from xaigeo.agreement.score import SCORES
from xaigeo.agreement.selection import selects_nothing, stability
from xaigeo.agreement.summary import measure
from xaigeo.agreement.top_k import mean_rank_agreement
from xaigeo.agreement.unstable import same_answer_different_reason
from xaigeo.audit.distinct_rows import count_rows
from xaigeo.audit.evidence import Evidence, says_something
from xaigeo.audit.finding import number
from xaigeo.audit.item import Measured, Missing, Outcome, finite, item
from xaigeo.audit.wording import counted, listed, verb

NO_ATTRIBUTIONS = "No attributions were passed (methods such as kernel_shap or lime)."
ONE_MODEL = "A single model has no other to agree with."
MOST_UNDEFINED = 0.5


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
    refusal = nothing_to_compare(evidence)
    if refusal:
        return Missing(refusal)
    row = _measured(evidence, "icc_agreement")
    if np.isnan(row["value"]):
        return Missing("The attributions do not vary, so no correlation is defined.")
    if np.isnan(row["low"]):
        return Missing("One explained row gives no interval; explain at least two rows.")
    method, compared = judged_method(evidence)
    low, high = icc_interval(compared.values.reshape(compared.n_seeds, -1))
    return _outcome(
        evidence,
        row,
        judged=row["low"],
        reason=f"By {method}, the intraclass correlation is {evidence.text('A1', row['value'])}: 1 "
        "where all variation in the attributions comes from the features and rows, 0 where none "
        f"does. The lower end of its interval, {evidence.text('A1', row['low'])}, is set against "
        "the threshold.",
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
    refusal = nothing_to_compare(evidence)
    if refusal:
        return Missing(refusal)
    method, compared = judged_method(evidence)
    k = compared.k
    if k == compared.values.shape[-1]:
        return Missing(f"With k = {k} of as many features, nothing is selected.")
    undefined = selects_nothing(compared.values, k)
    if mostly(undefined):
        return Missing(no_choice(undefined, k, method))
    row = _measured(evidence, "stability")
    return _outcome(
        evidence,
        row,
        undefined=undefined,
        reason=f"By {method}, the seeds' choices of the {k} most important features have a "
        f"stability of {evidence.text('A2', row['value'])}, on a scale where drawing lots gives 0 "
        "and equal choices 1.",
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
    refusal = nothing_to_compare(evidence)
    if refusal:
        return Missing(refusal)
    method, compared = judged_method(evidence)
    if not compared.signed:
        return Missing(
            f"The attributions by {method} are sizes without a sign, so they have no direction."
        )
    k = compared.k
    undefined = selects_nothing(compared.values, k)
    if mostly(undefined):
        return Missing(no_choice(undefined, k, method))
    row = _measured(evidence, "sign_consensus")
    return _outcome(
        evidence,
        row,
        undefined=undefined,
        reason=f"For the {k} most important features of a row by {method}, "
        f"{evidence.text('A3', row['value'])} of the seeds agree whether they speak for or against "
        f"the answer (chance: {number(row['null'], 'share')}).",
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
    refusal = nothing_to_compare(evidence)
    if refusal:
        return Missing(refusal)
    method, compared = judged_method(evidence)
    undefined = selects_nothing(compared.values, compared.k)
    if mostly(undefined):
        return Missing(no_choice(undefined, compared.k, method))
    instances = evidence.attributions[0].instances[~undefined]
    compared = compared.at(np.flatnonzero(~undefined))
    quantile = float(evidence.setting("A4", "quantile"))
    limits = rank_agreement_quantile(compared, evidence.rng(), quantile=quantile)
    found = mean_rank_agreement(compared.values, compared.k)
    tied = _ties(compared)
    if (limits >= 1 - 1e-9).all():
        where = (
            f" and with ties on {int(tied.sum())} of {counted(len(tied), 'row')}"
            if tied.any()
            else ""
        )
        return Missing(
            f"With {counted(compared.n_seeds, 'seed')} and "
            f"{counted(compared.values.shape[-1], 'feature')}{where}, even full agreement would "
            "not be beyond luck."
        )
    beats = found > limits + 1e-9
    low, high = mean_interval(
        beats.astype(float), n_bootstrap=evidence.thresholds.n_bootstrap, rng=evidence.rng()
    )
    n_tied = int((tied & ~beats).sum())
    because = (
        f" On {n_tied} of the others attributions tie in every seed, which leaves less order to "
        "agree on."
        if n_tied
        else ""
    )
    return Measured(
        value=float(beats.mean()),
        low=low,
        high=high,
        null=1 - quantile,
        **count_rows(evidence.attributions[0].array("input"), ~undefined),
        at_best="warn" if undefined.any() else "pass",
        reason=f"By {method}, on {int(beats.sum())} of {counted(len(beats), 'row')} the seeds "
        f"agree on the order of the top features more than {quantile:.0%} of random orders "
        f"do.{because}" + left_out(undefined),
        evidence={
            "method": method,
            "rows_not_beyond_chance": instances[~beats].tolist(),
            "n_rows_undefined": int(undefined.sum()),
            "n_rows_tied": n_tied,
            "mean_rank_agreement": float(found.mean()),
            "mean_limit": float(limits.mean()),
        },
    )


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
    refusal = nothing_to_compare(evidence)
    if refusal:
        return Missing(refusal)
    if not evidence.is_classification:
        return Missing("A regression has no class on which seeds could be unanimous.")
    limit = float(evidence.setting("A6", "stability"))
    method, compared = judged_method(evidence)
    k = compared.k
    if k == compared.values.shape[-1]:
        return Missing(f"With k = {k} of as many features, nothing is selected.")
    table = same_answer_different_reason(evidence.attributions[0], k, stability_below=limit)
    if not len(table):
        return Missing("On no explained row do all seeds predict the same class.")
    undefined = table["stability"].isna().to_numpy()
    if mostly(undefined):
        return Missing(no_choice(undefined, k, method))
    table = table[~undefined]
    places = {label: place for place, label in enumerate(evidence.attributions[0].instances)}
    used = np.array([places[label] for label in table["instance"]])
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
        **count_rows(evidence.attributions[0].array("input"), used),
        at_best="warn" if undefined.any() else "pass",
        reason=f"All seeds predict the same class on {counted(len(table), 'row')}; on "
        f"{int(flagged.sum())} of them they name different top features by {method} (stability "
        f"below {number(limit, 'number')})." + left_out(undefined),
        evidence={
            "method": method,
            "k": k,
            "n_unanimous": len(table),
            "n_rows_undefined": int(undefined.sum()),
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
    """Compare the attribution methods two at a time, where each says which features lead."""
    refusal = nothing_to_compare(evidence)
    if refusal:
        return Missing(refusal)
    first = evidence.attributions[0]
    same_rows = [
        e for e in evidence.attributions if np.array_equal(e.array("input"), first.array("input"))
    ]
    if len(same_rows) < 2:
        return Missing("Only one attribution method explained these rows; pass another one.")
    silent = [e.method for e in same_rows if not says_something(e)]
    if silent:
        return Missing(
            f"The attributions by {listed(silent)} are one number everywhere, so they name no "
            "features."
        )
    k = evidence.compared[first.method].k
    if k == len(first.features):
        return Missing(f"With k = {k} of as many features, nothing is selected.")
    tied = {e.method: selects_nothing(evidence.compared[e.method].values, k) for e in same_rows}
    for method, where in tied.items():
        if mostly(where):
            return Missing(no_choice(where, k, method))
    undefined = np.any(list(tied.values()), axis=0)
    if mostly(undefined):
        return Missing(no_choice(undefined, k, listed(list(tied))))
    kept = [e.sel(instance=e.instances[~undefined].tolist()) for e in same_rows]
    table = between_methods(
        kept if undefined.any() else same_rows,
        evidence.thresholds.k,
        random_state=evidence.random_state,
        n_bootstrap=evidence.thresholds.n_bootstrap,
    )
    pairs = table.loc[table["score"] == "feature_agreement"].to_dict(orient="records")
    worst = min(pairs, key=lambda row: float(row["value"]))
    return Measured(
        value=float(worst["value"]),
        low=float(worst["low"]),
        high=float(worst["high"]),
        null=float(worst["null"]),
        **count_rows(first.array("input"), ~undefined),
        at_best="warn" if undefined.any() else "pass",
        reason=f"Of the {k} most important features, {worst['method_a']} and {worst['method_b']} "
        f"share {evidence.text('A7', worst['value'])} for the same model; two seeds share "
        f"{evidence.text('A7', worst['across_seeds_a'])} under {worst['method_a']} and "
        f"{evidence.text('A7', worst['across_seeds_b'])} under {worst['method_b']}."
        + left_out(undefined),
        evidence={
            "k": k,
            "n_rows_undefined": int(undefined.sum()),
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


def mostly(undefined: np.ndarray) -> bool:
    """Return whether an item is undefined on too many rows to be answered."""
    return bool(undefined.mean() > MOST_UNDEFINED)


def no_choice(undefined: np.ndarray, k: int, method: str) -> str:
    """Say why an item about the top k cannot be answered."""
    return (
        f"On {int(undefined.sum())} of {counted(len(undefined), 'row')} the attributions by "
        f"{method} tie across place {k} in every seed, so no seed says which {k} features lead."
    )


def left_out(undefined: np.ndarray) -> str:
    """Say how many rows are left out; empty where none is."""
    n = int(undefined.sum())
    if not n:
        return ""
    return (
        f" {counted(n, 'further row')} {verb(n)} undefined, because attributions tie there; this "
        "cannot pass."
    )


def judged_method(evidence: Evidence) -> tuple[str, ComparedAttributions]:
    """Return the method that the items judge, and its comparison."""
    return next(iter(evidence.compared.items()))


def _ties(compared: ComparedAttributions) -> np.ndarray:
    """Return where attributions of every seed tie, shape (n_instances,)."""
    size = np.sort(np.abs(compared.values), axis=-1)
    return np.asarray((np.diff(size, axis=-1) == 0).any(axis=-1).all(axis=0))


def nothing_to_compare(evidence: Evidence) -> str | None:
    """Return why the seeds' attributions cannot be compared; None where they can."""
    if not evidence.attributions:
        return NO_ATTRIBUTIONS
    return evidence.nothing_between(ONE_MODEL)


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
    undefined: np.ndarray | None = None,
) -> Measured:
    """Return a measured score of the first method, with the other methods beside it."""
    rows = evidence.attributions[0].array("input")
    undefined = np.zeros(len(rows), dtype=bool) if undefined is None else undefined
    others = {
        name: measure(SCORES.get(row["score"]), compared, n_bootstrap=0)["value"]
        for name, compared in evidence.compared.items()
        if compared.signed or not SCORES.get(row["score"]).needs_sign
    }
    return Measured(
        value=row["value"],
        low=row["low"],
        high=row["high"],
        null=row["null"],
        judged=judged,
        **count_rows(rows, ~undefined),
        at_best="warn" if undefined.any() else "pass",
        reason=reason + left_out(undefined),
        evidence={
            "method": evidence.attributions[0].method,
            "by_method": {n: finite(v) for n, v in others.items()},
            "n_instances": row["n_instances"],
            "n_rows_undefined": int(undefined.sum()),
            "lowest": finite(row["lowest"]),
            "highest": finite(row["highest"]),
            **more,
        },
    )
