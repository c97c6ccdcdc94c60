"""A8-A9: whether one seed's anchors and counterfactuals hold for the other seeds' models."""

from __future__ import annotations

import numpy as np

from xaigeo.agreement.bootstrap import percentile_interval
from xaigeo.agreement.boxes import mean_off_diagonal, off_diagonal
from xaigeo.agreement.compared import Compared, ComparedConnectors, ComparedRules, compare
from xaigeo.agreement.compared_words import ComparedWords
from xaigeo.agreement.pairs import mean_defined
from xaigeo.audit.distinct_rows import count_rows
from xaigeo.audit.evidence import Evidence
from xaigeo.audit.finding import number
from xaigeo.audit.item import Measured, Missing, Outcome, item

# With fewer successes than this, what was found is not typical of what was asked for.
ENOUGH_FOUND = 0.5


@item(
    id="A8",
    question="Do one seed's rules hold for the other models?",
    metric="median cross-precision over all pairs of seeds and rows",
    better="higher",
    passing=0.90,
    warning=0.75,
    unit="share",
    basis="own",
    source="own",
    maps_to=("NIST AI RMF MS2.13",),
)
def anchors_carry_over(evidence: Evidence) -> Outcome:
    """Measure the median precision of rules under the other seeds' models.

    Rules below their own precision threshold count as well: a reader is shown them too.
    """
    anchors = evidence.anchors
    if anchors is None:
        return Missing("No anchors of each seed's own were passed.")
    refusal = evidence.nothing_between("A single model has no other for its rules to hold for.")
    if refusal:
        return Missing(refusal)
    if "cross_precision" not in anchors.data:
        return Missing("The anchors do not hold cross_precision, precision under other models.")
    cross = anchors.array("cross_precision")[off_diagonal(evidence.n_seeds)]
    met = anchors.array("met").astype(bool)
    defined = np.isfinite(cross)
    if not defined.any():
        return Missing(
            "No rule could be tried on another model: every cross_precision is undefined."
        )
    value, low, high = _median(evidence, cross)
    compared = compare(anchors)
    covered = "texts with their words" if isinstance(compared, ComparedWords) else "rows they cover"
    short = [
        words
        for words, share in (
            (f"{_share(met)} of the rules reach the wanted precision under their own model", met),
            (f"{_share(defined)} could be tried on another model", defined),
        )
        if share.mean() < ENOUGH_FOUND
    ]
    return Measured(
        value=value,
        low=low,
        high=high,
        null=float(mean_defined(mean_off_diagonal(_empty(compared)))),
        **count_rows(anchors.array("input"), defined.any(axis=0)),
        at_best="warn" if short else "pass",
        reason=f"Under another seed's model, half of the rules give the same answer on at least "
        f"{evidence.text('A8', value)} of the {covered}; their mean is "
        f"{number(float(np.nanmean(cross)), 'share')}. "
        + (
            f"Only {' and '.join(short)}; with fewer than half, this cannot pass."
            if short
            else f"{_share(met)} of the rules reach the wanted precision under their own model."
        ),
        evidence={
            "share_met": float(met.mean()),
            "share_defined": float(defined.mean()),
            "n_rules": int(met.size),
            "mean": float(np.nanmean(cross)),
            "median_of_met": _median_of_met(cross, met),
        },
    )


@item(
    id="A9",
    question="Do one seed's counterfactuals also flip the other models?",
    metric="median cross-validity: share of other models flipped by a counterfactual",
    better="higher",
    passing=0.90,
    warning=0.75,
    unit="share",
    basis="own",
    source="own",
    maps_to=("NIST AI RMF MS2.13", "EU AI Act Art. 14(4)(d)"),
)
def counterfactuals_carry_over(evidence: Evidence) -> Outcome:
    """Measure the median share of other models that the nearest valid counterfactuals flip."""
    found = evidence.counterfactuals
    if found is None:
        return Missing("No counterfactuals of each seed's own were passed.")
    refusal = evidence.nothing_between("A single model has no other to flip.")
    if refusal:
        return Missing(refusal)
    compared = compare(found)
    assert isinstance(compared, ComparedConnectors | ComparedWords)  # compare keeps the kind
    cross = compared.cross if isinstance(compared, ComparedWords) else compared.cross_validity
    if cross is None:
        return Missing("The counterfactuals do not hold cross_validity, what other models say.")
    if not compared.valid.any():
        return Missing(f"No counterfactual was found for any {evidence.row} and seed.")
    others = off_diagonal(evidence.n_seeds)[..., None]
    share = np.where(others, cross, 0.0).sum(axis=1) / (evidence.n_seeds - 1)
    value, low, high = _median(evidence, share)
    valid = float(np.isfinite(share).mean())
    return Measured(
        value=value,
        low=low,
        high=high,
        null=float(mean_defined(mean_off_diagonal(_empty(compared)))),
        **count_rows(found.array("input"), np.isfinite(share).any(axis=0)),
        at_best="pass" if valid >= ENOUGH_FOUND else "warn",
        reason=f"Half of the counterfactuals flip at least {evidence.text('A9', value)} of the "
        f"other seeds' models; their mean is {number(float(np.nanmean(share)), 'share')}. "
        f"One was found for {number(valid, 'share')} of {evidence.row}s and "
        "seeds" + ("." if valid >= ENOUGH_FOUND else "; with fewer than half, this cannot pass."),
        evidence={
            "share_found": valid,
            "n_searched": int(compared.valid.size),
            "mean": float(np.nanmean(share)),
        },
    )


def _empty(compared: Compared) -> np.ndarray:
    """Return what a rule without conditions, or a change to any background row, would do."""
    if isinstance(compared, ComparedWords):
        return compared.empty
    if isinstance(compared, ComparedRules):
        return compared.empty_precision
    assert isinstance(compared, ComparedConnectors)  # compare keeps the kind
    return compared.empty_validity


def _median(evidence: Evidence, values: np.ndarray) -> tuple[float, float, float]:
    """Return the median of defined values (..., n_instances) and its interval over instances."""
    n_instances = values.shape[-1]
    owner = np.broadcast_to(np.arange(n_instances), values.shape)[np.isfinite(values)]
    defined = values[np.isfinite(values)]
    order = np.argsort(defined, kind="stable")
    defined, owner = defined[order], owner[order]

    def medians(weights: np.ndarray) -> np.ndarray:
        found = np.full(len(weights), np.nan)
        for draw, row in enumerate(weights):
            mass = np.cumsum(row[owner])
            if mass[-1] > 0:
                found[draw] = defined[np.searchsorted(mass, mass[-1] / 2)]
        return found

    low, high = percentile_interval(
        n_instances, medians, n_bootstrap=evidence.thresholds.n_bootstrap, rng=evidence.rng()
    )
    return float(np.median(defined)), low, high


def _share(held: np.ndarray) -> str:
    return number(float(held.mean()), "share")


def _median_of_met(cross: np.ndarray, met: np.ndarray) -> float | None:
    """Return the median over rules that met their threshold; `cross` is (n_pairs, n_instances)."""
    owner = np.nonzero(off_diagonal(len(met)))[0]
    of_met = cross[met[owner]]
    of_met = of_met[np.isfinite(of_met)]
    return float(np.median(of_met)) if of_met.size else None
