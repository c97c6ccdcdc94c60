"""F1, F2 and F5: whether explanations add up, and do not depend on draws or the background."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import Literal, cast

import numpy as np

from xaigeo.agreement.bootstrap import percentile_interval
from xaigeo.agreement.compared import ComparedAttributions
from xaigeo.agreement.compared_output import outputs_compared
from xaigeo.agreement.compared_tokens import ComparedTokens, side_by_side
from xaigeo.agreement.completeness import completeness_gap
from xaigeo.agreement.noise import ExplainerNoise, explainer_noise
from xaigeo.agreement.score import SCORES
from xaigeo.audit.distinct_rows import RowCounts, count_rows, rows_sha256
from xaigeo.audit.evidence import Evidence, says_something
from xaigeo.audit.finding import number
from xaigeo.audit.item import Measured, Missing, Outcome, finite, item
from xaigeo.audit.wording import counted, verb
from xaigeo.explanations import Attributions, TokenAttributions
from xaigeo.explanations.amounts import gives_amounts


@item(
    id="F1",
    question="Do the attributions add up to the model's output?",
    metric="share of explanations whose sum is within the tolerance",
    better="higher",
    passing=0.999,
    warning=0.99,
    unit="share",
    basis="literature",
    source="the additivity check of the shap package",
    maps_to=("NIST AI RMF MS2.9",),
    settings={"tolerance": 1e-2},
)
def attributions_add_up(evidence: Evidence) -> Outcome:
    """Compare base value plus attributions with the explained output."""
    tolerance = evidence.setting("F1", "tolerance")
    additive = [
        e
        for e in evidence.attributions
        if e.additive and {"base_value", "explained_value"} <= set(e.data)
    ]
    if not additive:
        return Missing(
            "No result is of a method whose attributions should add up (those of SHAP, "
            "integrated_gradients and deep_lift are)."
        )
    additive = [e for e in additive if says_something(e)]
    if not additive:
        return Missing("The attributions are one number everywhere; nothing is added up.")
    gaps = {e.method: completeness_gap(e) for e in additive}
    shares = {name: float((gap <= tolerance).mean()) for name, gap in gaps.items()}
    worst = min(shares, key=lambda name: shares[name])
    held = gaps[worst] <= tolerance
    by_instance = held.mean(axis=(0, 2))
    low, high = percentile_interval(
        len(by_instance),
        lambda w: w @ by_instance / w.sum(axis=1),
        n_bootstrap=evidence.thresholds.n_bootstrap,
        rng=evidence.rng(),
    )
    return Measured(
        value=shares[worst],
        low=low,
        high=high,
        **min((count_rows(e.array("input")) for e in additive), key=lambda count: count["n_rows"]),
        reason=f"For {worst}, {int(held.sum())} of {counted(held.size, 'explanation')} "
        f"{verb(int(held.sum()), 'adds', 'add')} up to the output "
        f"within {tolerance:.3g} times the largest distance of an output from its base value (by "
        f"seed and output); the largest gap is {gaps[worst].max():.2g} times that distance.",
        evidence={
            "share_by_method": shares,
            "largest_gap": {name: float(gap.max()) for name, gap in gaps.items()},
        },
    )


@item(
    id="F2",
    question="Is the explainer's own noise small beside the models' differences?",
    metric="standard error over explainer seeds / standard deviation between models",
    better="lower",
    passing=0.1,
    warning=0.3,
    unit="number",
    basis="own",
    source="own",
    maps_to=("NIST AI RMF MS2.13",),
)
def explainer_is_quiet(evidence: Evidence) -> Outcome:
    """Compare repeated explanations of the same models."""
    refusal = evidence.nothing_between(
        "A single model leaves no difference between models to compare with."
    )
    if refusal:
        return Missing(refusal)
    measured: dict[str, ExplainerNoise] = {}
    counts: list[RowCounts] = []
    for group in evidence.repeats:
        repeats = {e.provenance.get("random_state"): e for e in reversed(group)}
        if not gives_amounts(group[0]) or not says_something(group[0]):
            continue
        if len(repeats) > 1:
            counts.append(count_rows(group[0].array("input")))
            measured[group[0].method] = explainer_noise(
                [cast(Attributions, e) for e in reversed(repeats.values())],
                random_state=evidence.random_state,
                n_bootstrap=evidence.thresholds.n_bootstrap,
            )
    if not measured:
        return Missing(
            "No method was repeated with another random_state. Explain again with, say, "
            "random_state=1 and pass both results."
        )
    worst = max(measured, key=lambda name: measured[name].ratio)
    noise = measured[worst]
    told, at_best = of_the_judged(measured, evidence)
    if noise.ratio == 0:
        reason = (
            f"Repeats by {worst} with other explainer seeds are equal to the bit: it does not draw "
            f"at random here, so it has no noise of its own. {told}"
        )
    elif np.isfinite(noise.ratio):
        reason = (
            f"One explanation by {worst} carries an explainer error of "
            f"{evidence.text('F2', noise.ratio, 'share')} of the models' spread "
            f"({counted(noise.n_repeats, 'repeat')} "
            "with other explainer seeds). All seeds share their perturbations, so part of it "
            "cancels between them: the difference between two seeds carries "
            f"{number(noise.difference_ratio, 'share')}. {told}"
        )
    else:
        reason = (
            f"By {worst} the models differ by no more than the explainer's noise would make them: "
            f"no difference between the seeds is shown. {told}"
        )
    return Measured(
        value=noise.ratio,
        low=noise.low,
        high=noise.high,
        **min(counts, key=lambda count: count["n_rows"]),
        at_best=at_best,
        reason=reason,
        evidence={
            name: {
                "ratio": finite(one.ratio),
                "difference_ratio": finite(one.difference_ratio),
                "low": finite(one.low),
                "high": finite(one.high),
                "repeats": one.n_repeats,
            }
            for name, one in measured.items()
        },
    )


@item(
    id="F5",
    question="Do other backgrounds give the same attributions?",
    metric="intraclass correlation between backgrounds",
    better="higher",
    passing=0.75,
    warning=0.5,
    unit="number",
    basis="literature",
    source="Koo and Li 2016",
    maps_to=("NIST AI RMF MS2.13",),
)
def backgrounds_agree(evidence: Evidence) -> Outcome:
    """Compare results that differ in their background alone, worst method.

    Rows in another order are the same background.
    """
    found: dict[str, dict[str, Attributions]] = {}
    for group in evidence.repeats:
        first = group[0]
        if gives_amounts(first):
            key = json.dumps(
                [
                    first.method,
                    first.provenance.get("parameters"),
                    first.instances.tolist(),
                    rows_sha256(first.array("input")),
                ],
                sort_keys=True,
                default=str,
            )
            found.setdefault(key, {}).setdefault(_sorted_sha256(first.array("background")), first)
    several = [list(results.values()) for results in found.values() if len(results) > 1]
    if not several and evidence.cells == "tokens":
        return Missing(
            "Attributions of texts look at no background texts, so there is none to change."
        )
    if not several:
        return Missing(
            "All explanations use one background. Explain again with another one and pass both."
        )
    values = {results[0].method: _by_background(results) for results in several}
    score = SCORES.get("icc_agreement")
    assert score.pooled is not None  # it takes all instances together
    pooled = score.pooled
    icc = {
        name: float(pooled(found, np.ones((1, found.n_instances)))[0])
        for name, found in values.items()
    }
    icc = {name: value for name, value in icc.items() if not np.isnan(value)}
    if not icc:
        return Missing("The attributions do not vary, so no correlation is defined.")
    worst = min(icc, key=lambda name: icc[name])
    low, high = percentile_interval(
        values[worst].n_instances,
        lambda w: pooled(values[worst], w),
        n_bootstrap=evidence.thresholds.n_bootstrap,
        rng=evidence.rng(),
    )
    told, at_best = of_the_judged(icc, evidence)
    return Measured(
        value=icc[worst],
        low=low,
        high=high,
        null=0.0,
        **min((count_rows(r[0].array("input")) for r in several), key=lambda c: c["n_rows"]),
        at_best=at_best,
        reason=f"Attributions by {worst} against {values[worst].n_seeds} backgrounds have an "
        f"intraclass correlation of {evidence.text('F5', icc[worst])}. {told}",
        evidence={
            "method": worst,
            "n_backgrounds": values[worst].n_seeds,
            "by_method": icc,
        },
    )


def covered(measured: Collection[str], methods: Sequence[str]) -> str:
    """Say which attribution methods an answer covers, and which it leaves out."""
    left_out = [method for method in methods if method not in measured]
    more = f"; not: {', '.join(left_out)}" if left_out else ""
    return f"Covered: {', '.join(measured)}{more}."


def of_the_judged(
    measured: Collection[str], evidence: Evidence
) -> tuple[str, Literal["pass", "warn"]]:
    """Say which methods an answer covers; without the one that is judged it cannot pass."""
    methods = [e.method for e in evidence.attributions]
    told = covered(measured, methods)
    if methods[0] in measured:
        return told, "pass"
    return f"{told} The other items judge {methods[0]}, so this cannot pass.", "warn"


def _by_background(results: list[Attributions]) -> ComparedAttributions:
    """Return attributions of the compared output, backgrounds in place of seeds.

    Every seed and feature is a cell.
    """
    rows = np.arange(len(results[0].instances))
    place = outputs_compared(results[0])
    values = np.stack([e.array("attribution")[:, rows, :, place] for e in results])
    cells = values.reshape(*values.shape[:2], -1)
    labels = np.zeros(cells.shape[:2], dtype=np.intp)
    first, told = results[0], {"labels": labels, "reference": labels[0]}
    if not isinstance(first, TokenAttributions):
        return ComparedAttributions(**told, values=cells, k=1)
    mask = np.tile(first.word_mask, (1, values.shape[2]))
    return ComparedTokens(**told, values=side_by_side(cells, mask), k=1, n_tokens=mask.sum(axis=1))


def _sorted_sha256(rows: np.ndarray) -> str:
    return rows_sha256(rows[np.lexsort(rows.T[::-1])] if rows.shape[1] else rows)
