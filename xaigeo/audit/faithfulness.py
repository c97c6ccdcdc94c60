"""F1, F2 and F5: whether explanations add up, and do not depend on draws or the background."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import cast

import numpy as np

from xaigeo.agreement.bootstrap import percentile_interval
from xaigeo.agreement.compared_output import outputs_compared
from xaigeo.agreement.completeness import completeness_gap
from xaigeo.agreement.intraclass import pooled_icc
from xaigeo.agreement.noise import ExplainerNoise, explainer_noise
from xaigeo.audit.evidence import Evidence, says_something
from xaigeo.audit.finding import number
from xaigeo.audit.item import Measured, Missing, Outcome, finite, item
from xaigeo.explanations import Attributions


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
        n_rows=len(by_instance),
        reason=f"For {worst}, {int(held.sum())} of {held.size} explanations add up to the output "
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
    for group in evidence.repeats:
        repeats = {e.provenance.get("random_state"): e for e in reversed(group)}
        if not isinstance(group[0], Attributions) or not says_something(group[0]):
            continue
        if len(repeats) > 1:
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
    told = covered(measured, [e.method for e in evidence.attributions])
    if np.isfinite(noise.ratio):
        reason = (
            f"One explanation by {worst} carries an explainer error of "
            f"{number(noise.ratio, 'share')} of the models' spread ({noise.n_repeats} repeats "
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
        n_rows=len(evidence.attributions[0].instances),
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
    """Compare results that differ in their background alone."""
    found: dict[str, dict[str, Attributions]] = {}
    for group in evidence.repeats:
        first = group[0]
        if isinstance(first, Attributions):
            key = json.dumps(
                [first.method, first.provenance.get("parameters"), first.instances.tolist()],
                sort_keys=True,
                default=str,
            )
            background = str(first.provenance.get("background_sha256"))
            found.setdefault(key, {}).setdefault(background, first)
    several = next((list(results.values()) for results in found.values() if len(results) > 1), None)
    if several is None:
        return Missing(
            "All explanations use one background. Explain again with another one and pass both."
        )
    rows = np.arange(len(several[0].instances))
    place = outputs_compared(several[0])
    values = np.stack([e.array("attribution")[:, rows, :, place] for e in several])
    n_backgrounds, n_instances, n_seeds, n_features = values.shape
    values = values.reshape(n_backgrounds, n_instances, n_seeds * n_features)
    value = float(pooled_icc(values)[0])
    if np.isnan(value):
        return Missing("The attributions do not vary, so no correlation is defined.")
    low, high = percentile_interval(
        n_instances,
        lambda w: pooled_icc(values, w),
        n_bootstrap=evidence.thresholds.n_bootstrap,
        rng=evidence.rng(),
    )
    return Measured(
        value=value,
        low=low,
        high=high,
        null=0.0,
        n_rows=n_instances,
        reason=f"Attributions by {several[0].method} against {n_backgrounds} backgrounds have an "
        f"intraclass correlation of {value:.2f}.",
        evidence={"method": several[0].method, "n_backgrounds": n_backgrounds},
    )


def covered(measured: Collection[str], methods: Sequence[str]) -> str:
    """Say which attribution methods an answer covers, and which it leaves out."""
    left_out = [method for method in methods if method not in measured]
    more = f"; not: {', '.join(left_out)}" if left_out else ""
    return f"Covered: {', '.join(measured)}{more}."
