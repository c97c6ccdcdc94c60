"""A1-A4, A6 and A7: whether the seeds, and the methods, give the same reasons."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import pandas as pd

from xaigeo.agreement.bootstrap import mean_interval
from xaigeo.agreement.common_tokens import on_common_tokens
from xaigeo.agreement.compared import ComparedAttributions, compare
from xaigeo.agreement.compared_tokens import ComparedTokens, by_instance
from xaigeo.agreement.intraclass import icc_interval
from xaigeo.agreement.methods import between_methods
from xaigeo.agreement.null import rank_agreement_quantile
from xaigeo.agreement.score import SCORES
from xaigeo.agreement.selection import stability
from xaigeo.agreement.summary import measure
from xaigeo.agreement.top_k import mean_rank_agreement
from xaigeo.agreement.unstable import ROUNDING, same_answer_different_reason
from xaigeo.audit.distinct_rows import count_rows
from xaigeo.audit.evidence import Evidence, says_something
from xaigeo.audit.finding import number
from xaigeo.audit.item import Measured, Missing, Outcome, finite, item
from xaigeo.audit.leading_rows import LeadingRows
from xaigeo.audit.wording import counted, listed, verb
from xaigeo.explanations.sameness import other_word

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
    """Measure the intraclass correlation of all (instance, feature) cells; of texts, within each.

    The interval is the bootstrap's over rows. That of the F distribution stands beside it for
    tables alone: it takes the variance of all cells as one, which no two texts share.
    """
    refusal = nothing_to_compare(evidence)
    if refusal:
        return Missing(refusal)
    method, compared = judged_method(evidence)
    texts = isinstance(compared, ComparedTokens)
    rows = LeadingRows.of(compared).not_short
    if rows.short.all():
        return Missing("Every text has a single token, so no correlation within a text is defined.")
    row = _measured(evidence, "icc_agreement")
    if np.isnan(row["value"]):
        return Missing("The attributions do not vary, so no correlation is defined.")
    if np.isnan(row["low"]) or rows.usable.sum() < 2:
        return Missing(_one_row(texts))
    more: dict[str, Any] = {"form": "ICC(2,1) within texts" if texts else "ICC(2,1)"}
    if not texts:
        more["f_interval"] = [finite(float(end)) for end in icc_interval(compared.cells)]
    where = "within a text comes from its tokens" if texts else "comes from the features and rows"
    return _outcome(
        evidence,
        row,
        judged=row["low"],
        rows=rows,
        reason=f"By {method}, the intraclass correlation is {evidence.text('A1', row['value'])}: 1 "
        f"where all variation in the attributions {where}, 0 where none does. The lower end of its "
        f"interval, {evidence.text('A1', row['low'])}, is set against the threshold.",
        more=more,
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
    if k == compared.values.shape[-1] and not isinstance(compared, ComparedTokens):
        return Missing(f"With k = {k} of as many features, nothing is selected.")
    rows = LeadingRows.of(compared)
    refusal = rows.refusal(k, [method])
    if refusal:
        return Missing(refusal)
    row = _measured(evidence, "stability")
    return _outcome(
        evidence,
        row,
        rows=rows,
        reason=f"By {method}, the seeds' choices of the {k} most important {evidence.cells} have a "
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
    rows = LeadingRows.of(compared)
    refusal = rows.refusal(k, [method])
    if refusal:
        return Missing(refusal)
    row = _measured(evidence, "sign_consensus")
    return _outcome(
        evidence,
        row,
        rows=rows,
        reason=f"For the {k} most important {evidence.cells} of a {evidence.row} by {method}, "
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
    rows = LeadingRows.of(compared)
    refusal = rows.refusal(compared.k, [method])
    if refusal:
        return Missing(refusal)
    used = np.flatnonzero(rows.usable)
    compared = compared.at(used)
    quantile = float(evidence.setting("A4", "quantile"))
    limits = rank_agreement_quantile(compared, evidence.rng(), quantile=quantile)
    tied = _ties(compared)
    hopeless = limits >= 1 - 1e-9
    if hopeless.all():
        if isinstance(compared, ComparedTokens):
            return Missing(
                f"With {counted(compared.n_seeds, 'seed')} and texts of up to "
                f"{counted(int(compared.n_tokens.max()), 'token')}, even full agreement would not "
                "be beyond luck."
            )
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
    few = 0
    if isinstance(compared, ComparedTokens):
        # Too few tokens for any agreement to be beyond luck, which is no fault of the seeds.
        few = int((hopeless & ~tied).sum())
        kept = np.flatnonzero(~hopeless | tied)
        used, limits, tied, compared = used[kept], limits[kept], tied[kept], compared.at(kept)
    instances = evidence.attributions[0].instances[used]
    found = by_instance(lambda c: mean_rank_agreement(c.values, c.k, c.spans), compared)
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
    if few:
        because += (
            f" {counted(few, 'text')} of too few tokens for full agreement to be beyond luck "
            f"{verb(few)} left out."
        )
    return Measured(
        value=float(beats.mean()),
        low=low,
        high=high,
        null=1 - quantile,
        **count_rows(evidence.attributions[0].array("input"), used),
        at_best="warn" if rows.undefined.any() else "pass",
        reason=f"By {method}, on {int(beats.sum())} of {counted(len(beats), evidence.row)} the "
        f"seeds agree on the order of the top {evidence.cells} more than {quantile:.0%} of random "
        f"orders do.{because}" + rows.note,
        evidence={
            "method": method,
            "rows_not_beyond_chance": instances[~beats].tolist(),
            "n_rows_undefined": int(rows.undefined.sum()),
            "n_rows_tied": n_tied,
            **({"n_rows_too_short": few} if few else {}),
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
    if k == compared.values.shape[-1] and not isinstance(compared, ComparedTokens):
        return Missing(f"With k = {k} of as many features, nothing is selected.")
    table = same_answer_different_reason(evidence.attributions[0], k, stability_below=limit)
    if not len(table):
        return Missing(f"On no explained {evidence.row} do all seeds predict the same class.")
    places = {label: place for place, label in enumerate(evidence.attributions[0].instances)}
    used = np.array([places[label] for label in table["instance"]])
    every = LeadingRows.of(compared)
    rows = LeadingRows(undefined=every.undefined[used], short=every.short[used], row=every.row)
    refusal = rows.refusal(k, [method])
    if refusal:
        return Missing(refusal)
    table, used = table[rows.usable], used[rows.usable]
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
        at_best="warn" if rows.undefined.any() else "pass",
        reason=f"All seeds predict the same class on {counted(len(table), evidence.row)}; on "
        f"{int(flagged.sum())} of them they name different top {evidence.cells} by {method} "
        f"(stability below {number(limit, 'number')}).{_led_by_one(table, evidence)}" + rows.note,
        evidence={
            "method": method,
            "k": k,
            "n_unanimous": len(table),
            "n_rows_undefined": int(rows.undefined.sum()),
            "rows": worst.astype({"instance": str, "predicted": str}).to_dict(orient="records"),
        },
    )


def _led_by_one(table: pd.DataFrame, evidence: Evidence) -> str:
    """Return on how many of the flagged rows all seeds rank one feature first, a sentence."""
    alone = table["flagged"] & (table["leading_share"] >= 1 - ROUNDING)
    n, cell = int(alone.sum()), evidence.cells.removesuffix("s")
    if not n:
        return ""
    cosine = number(float(table.loc[alone, "mean_cosine"].mean()), "number")
    return f" On {n} of these all rank the same {cell} first (mean cosine {cosine})."


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
        e
        for e in evidence.attributions
        if np.array_equal(e.array("input"), first.array("input")) and not other_word(first, e)
    ]
    if len(same_rows) < 2:
        return Missing(
            f"Only one attribution method explained these {evidence.row}s; pass another one."
        )
    same_rows = on_common_tokens(same_rows)
    silent = [e.method for e in same_rows if not says_something(e)]
    if silent:
        return Missing(
            f"The attributions by {listed(silent)} are one number everywhere, so they name no "
            f"{evidence.cells}."
        )
    k = evidence.compared[first.method].k
    if k == len(first.features):
        return Missing(f"With k = {k} of as many {evidence.cells}, nothing is selected.")
    ready = {e.method: compare(e, k=k) for e in same_rows}
    by_method = {
        name: LeadingRows.of(cast(ComparedAttributions, one)) for name, one in ready.items()
    }
    rows = LeadingRows.together(list(by_method.values()))
    refusals = [each.refusal(k, [name]) for name, each in by_method.items()]
    refusal = next(filter(None, [*refusals, rows.refusal(k, list(by_method))]), None)
    if refusal:
        return Missing(refusal)
    kept = same_rows
    if not rows.usable.all():
        kept = [e.at(np.flatnonzero(rows.usable)) for e in same_rows]
    table = between_methods(
        kept,
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
        **count_rows(first.array("input"), rows.usable),
        at_best="warn" if rows.undefined.any() else "pass",
        reason=f"Of the {k} most important {evidence.cells}, {worst['method_a']} and "
        f"{worst['method_b']} share {evidence.text('A7', worst['value'])} for the same model; two "
        f"seeds share {evidence.text('A7', worst['across_seeds_a'])} under {worst['method_a']} and "
        f"{evidence.text('A7', worst['across_seeds_b'])} under {worst['method_b']}." + rows.note,
        evidence={
            "k": k,
            "n_rows_undefined": int(rows.undefined.sum()),
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
    return by_instance(lambda c: stability(c.values, c.k, c.spans), compared)


def judged_method(evidence: Evidence) -> tuple[str, ComparedAttributions]:
    """Return the method that the items judge, and its comparison."""
    return next(iter(evidence.compared.items()))


def _ties(compared: ComparedAttributions) -> np.ndarray:
    """Return where attributions of every seed tie, shape (n_instances,)."""

    def tie(part: ComparedAttributions) -> np.ndarray:
        size = np.sort(np.abs(part.values), axis=-1)
        return np.asarray((np.diff(size, axis=-1) == 0).any(axis=-1).all(axis=0))

    return np.asarray(by_instance(tie, compared) == 1)


def nothing_to_compare(evidence: Evidence) -> str | None:
    """Return why the seeds' attributions cannot be compared; None where they can."""
    if not evidence.attributions:
        return NO_ATTRIBUTIONS
    return evidence.nothing_between(ONE_MODEL)


def _one_row(texts: bool) -> str:
    if texts:
        return (
            "One explained text of two tokens or more gives no interval; explain at least two such "
            "texts."
        )
    return "One explained row gives no interval; explain at least two rows."


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
    rows: LeadingRows | None = None,
) -> Measured:
    """Return a measured score of the first method, with the other methods beside it."""
    encoded = evidence.attributions[0].array("input")
    if rows is None:
        none = np.zeros(len(encoded), dtype=bool)
        rows = LeadingRows(undefined=none, short=none, row=evidence.row)
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
        **count_rows(encoded, rows.usable),
        at_best="warn" if rows.undefined.any() else "pass",
        reason=reason + rows.note,
        evidence={
            "method": evidence.attributions[0].method,
            "by_method": {n: finite(v) for n, v in others.items()},
            "n_instances": row["n_instances"],
            "n_rows_undefined": int(rows.undefined.sum()),
            "lowest": finite(row["lowest"]),
            "highest": finite(row["highest"]),
            **more,
        },
    )
