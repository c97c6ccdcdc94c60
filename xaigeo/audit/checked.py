"""F3, F4 and R1: what was found by asking the models again, as `xaigeo.faithfulness` does."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from xaigeo.agreement.bootstrap import mean_interval
from xaigeo.audit.distinct_rows import RowCounts, count_rows
from xaigeo.audit.evidence import Evidence
from xaigeo.audit.faithfulness import of_the_judged
from xaigeo.audit.finding import number
from xaigeo.audit.item import Measured, Missing, Outcome, finite, item
from xaigeo.audit.leading_rows import mostly
from xaigeo.audit.wording import counted, verb
from xaigeo.checks import Check
from xaigeo.checks.beats_random import CHANCE, beats_random, random_order_p_values
from xaigeo.checks.check import DRAW, WAY
from xaigeo.checks.off_support_rates import share_interval
from xaigeo.checks.randomised_correlation import randomised_correlation


class Judged(NamedTuple):
    """The least favourable of several checks of one kind.

    Attributes
    ----------
    check : Check
    values : ndarray, shape (n_defined,)
        Where defined.
    rows : RowCounts
        How many different rows these are.
    n_undefined : int
    by_method : dict
        Mean of the defined values, by method.
    """

    check: Check
    values: np.ndarray
    rows: RowCounts
    n_undefined: int
    by_method: dict[str, float]


@item(
    id="F3",
    question="Do explanations change when the model's weights are randomised?",
    metric="rank correlation with the weight-randomised model, mean over rows",
    better="lower",
    passing=0.2,
    warning=0.5,
    unit="number",
    basis="own",
    source="Adebayo et al. 2018; the value is our own",
    maps_to=("NIST AI RMF MS2.13",),
    beyond_null=False,
)
def explanations_depend_on_weights(evidence: Evidence) -> Outcome:
    """Compare explanations with those of models that learnt nothing, worst method.

    Two models of which neither learnt anything are alike too, because they see the same rows:
    what they share stands beside the value. An explanation that does not resemble itself, by
    another explainer seed, more than it resembles theirs is noise and cannot pass.
    """
    checks = evidence.checks_of("randomisation")
    if not checks:
        return Missing(
            "Models with random weights were not explained. Pass "
            "checks=xaigeo.faithfulness.randomisation(explanation, ensemble)."
        )
    found = _worst(evidence, checks, lambda check: randomised_correlation(check).value, max)
    if isinstance(found, Missing):
        return found
    judged = randomised_correlation(found.check)
    shared, own = (_mean_or_none(part) for part in (judged.between_random, judged.own))
    what = "trained on shuffled labels" if judged.layer == "labels" else "with new random weights"
    value = found.by_method[found.check.method]
    low, high = mean_interval(
        found.values, n_bootstrap=evidence.thresholds.n_bootstrap, rng=evidence.rng()
    )
    unlike, unknown = _unlike_themselves(checks, evidence)
    told, best = of_the_judged(found.by_method, evidence)
    return Measured(
        value=value,
        low=low,
        high=high,
        null=shared,
        **found.rows,
        at_best="warn" if found.n_undefined or unlike or unknown else best,
        reason=f"By {found.check.method}, sizes of attributions have a rank correlation of "
        f"{evidence.text('F3', value)} with those for models {what}"
        + (
            ". "
            if own is None
            else f", and of {number(own, 'number')} with their own by another explainer seed. "
        )
        + (
            "What two such models share was not measured. "
            if shared is None
            else f"Two such models share {number(shared, 'number')}, which comes from the "
            f"{evidence.row}s and not from what was learnt. "
        )
        + _noise(unlike, unknown)
        + told
        + _undefined(found, evidence.row),
        evidence={
            "method": found.check.method,
            "by_method": found.by_method,
            "randomised": judged.layer,
            "self_correlation": own,
            "unlike_themselves": unlike,
            "n_rows_undefined": found.n_undefined,
        },
    )


@item(
    id="F4",
    question="Do the named features matter more than random ones?",
    metric="share of seeds whose deletion beats random orders, mean over rows",
    better="higher",
    passing=0.95,
    warning=0.80,
    unit="share",
    basis="own",
    source="own",
    maps_to=("NIST AI RMF MS2.9",),
)
def deletion_beats_chance(evidence: Evidence) -> Outcome:
    """Count explanations whose order moves the output sooner than random ones, worst method."""
    checks = evidence.checks_of("deletion")
    if not checks:
        return Missing(
            f"{evidence.cells.capitalize()} were not taken away to ask the models again. Pass "
            "checks=xaigeo.faithfulness.deletion(explanation, ensemble)."
        )
    found = _worst(evidence, checks, beats_random, min)
    if isinstance(found, Missing):
        return found
    better, n = float(found.values.sum()), len(found.values)
    low, high = _interval(better, n)
    n_random = found.check.data.sizes[DRAW]
    p = float(np.nanmedian(random_order_p_values(found.check)))
    as_good = p * (n_random + 1) - 1
    told, best = of_the_judged(found.by_method, evidence)
    inserted = {c.method: beats_random(c) for c in evidence.checks_of("insertion")}
    return Measured(
        value=better / n,
        low=low,
        high=high,
        null=CHANCE,
        **found.rows,
        at_best="warn" if found.n_undefined else best,
        reason=f"By {found.check.method}, for {evidence.text('F4', better / n)} of the "
        f"explanations ({_seeds_and_rows(found.check, counted(n, evidence.row))}) the output falls "
        f"sooner when {evidence.cells} are taken away in their order than in the median random "
        f"order; for the median one {as_good:g} of {n_random} random orders do as well. "
        + told
        + _undefined(found, evidence.row),
        evidence={
            "method": found.check.method,
            "by_method": found.by_method,
            "insertion_by_method": {
                name: finite(float(values[np.isfinite(values)].mean()))
                for name, values in inserted.items()
                if np.isfinite(values).any()
            },
            "median_p_value": p,
            "n_random_orders": n_random,
            "rows_not_better": [
                str(label)
                for label, won in zip(found.check.instances, beats_random(found.check), strict=True)
                if won <= CHANCE
            ],
            "n_rows_undefined": found.n_undefined,
        },
    )


@item(
    id="R1",
    question="Are inputs unlike the data noticed?",
    metric="recall of inputs that are off the data by construction",
    better="higher",
    passing=0.95,
    warning=0.80,
    unit="share",
    basis="own",
    source="own",
    maps_to=("NIST AI RMF MS2.6", "EU AI Act Art. 14(4)(a)"),
)
def off_support_is_flagged(evidence: Evidence) -> Outcome:
    """Count how many planted inputs were noticed, by the way that is noticed least."""
    checks = evidence.checks_of("off_support")
    if not checks and evidence.cells == "tokens":
        return Missing(
            "No text is off the data by construction: any words in any order may be one."
        )
    if not checks:
        return Missing(
            "No inputs off the data were planted. Pass checks=xaigeo.faithfulness.off_support(...)."
        )
    check = checks[0]
    flagged = check.array("flagged").astype(float)
    ways = [str(way) for way in check.data[WAY].to_numpy()]
    judged = check.provenance.get("parameters", {}).get("judged", ways)
    counts = {
        way: (int((row == 1).sum()), int(np.isfinite(row).sum()))
        for way, row in zip(ways, flagged, strict=True)
    }
    tried = [way for way in judged if counts.get(way, (0, 0))[1]]
    if not tried:
        return Missing(
            "No input was planted by a way that is judged: uniform and shuffled rows may be like "
            "the data."
        )
    recall = {way: k / n for way, (k, n) in counts.items() if n}
    worst = min(tried, key=lambda way: recall[way])
    noticed, planted = counts[worst]
    alarms = check.array("false_alarm").astype(float)
    alarms = alarms[np.isfinite(alarms)]
    rate = float(alarms.mean()) if len(alarms) else None
    low, high = _interval(noticed, planted)
    beside = ", ".join(
        f"{way} {number(share, 'share')}" for way, share in recall.items() if way not in judged
    )
    return Measured(
        value=noticed / planted,
        low=low,
        high=high,
        # A detector that flags rows of the data as often as planted ones notices nothing.
        null=rate,
        n_rows=planted,
        at_best="pass" if rate is not None else "warn",
        reason=f"Of {planted} inputs planted off the data ({worst}), {noticed} were noticed"
        + (f", the fewest of {len(tried)} ways ({', '.join(tried)}). " if len(tried) > 1 else ". ")
        + (
            f"Of rows of the data {number(rate, 'share')} were flagged too (false alarms)."
            if rate is not None
            else "False alarms were not counted, so this cannot pass."
        )
        + (f" Not judged, since such rows may be like the data: {beside}." if beside else ""),
        evidence={
            "recall_by_way": recall,
            "judged": tried,
            "false_alarm_rate": rate,
            "n_planted": planted,
        },
    )


def _seeds_and_rows(check: Check, rows: str) -> str:
    """Return how many explanations there are, in words."""
    n_seeds = len(check.seeds)
    return rows if n_seeds == 1 else f"{n_seeds} seeds at {rows}"


def _interval(hits: float, n: int) -> tuple[float, float]:
    """Return the exact 95 % interval of a share, which does not shrink to a point at 0 and 1."""
    low, high = share_interval(np.array([hits]), np.array([n]))
    return float(low[0]), float(high[0])


def _worst(
    evidence: Evidence,
    checks: list[Check],
    measure: Callable[[Check], np.ndarray],
    worse: Callable[..., str],
) -> Judged | Missing:
    """Return the check whose mean value is least favourable; of one method the first counts."""
    by_method = {check.method: check for check in reversed(checks)}
    values = {name: measure(by_method[name]) for name in reversed(by_method)}
    unknown = {name: np.isnan(found) for name, found in values.items()}
    usable = {name: found[~unknown[name]] for name, found in values.items()}
    means = {name: float(found.mean()) for name, found in usable.items() if len(found)}
    few = [name for name in values if mostly(unknown[name])]
    if few:
        return Missing(
            f"For {', '.join(few)} most checked {evidence.row}s say nothing: the explanations or "
            "the models' outputs do not vary there."
        )
    worst = worse(means, key=lambda name: means[name])
    rows = _rows_of(evidence, by_method[worst], ~unknown[worst])
    return Judged(by_method[worst], usable[worst], rows, int(unknown[worst].sum()), means)


def _rows_of(evidence: Evidence, check: Check, where: np.ndarray) -> RowCounts:
    """Count the different rows that were checked, where the check says something."""
    explained = next(e for e in evidence.explanations if e.method == check.method)
    places = {label: place for place, label in enumerate(explained.instances.tolist())}
    chosen = [places[label] for label in check.instances[where].tolist()]
    return count_rows(explained.array("input"), np.array(chosen, dtype=np.intp))


def _unlike_themselves(checks: list[Check], evidence: Evidence) -> tuple[list[str], list[str]]:
    """Return methods that resemble themselves no more than random models', and those unknown."""
    unlike, unknown = [], []
    for check in checks:
        judged = randomised_correlation(check)
        gain = judged.own - judged.value
        if np.isnan(gain).all():
            unknown.append(check.method)
            continue
        low, _ = mean_interval(
            gain, n_bootstrap=evidence.thresholds.n_bootstrap, rng=evidence.rng()
        )
        if low <= 0:
            unlike.append(check.method)
    return unlike, unknown


def _noise(unlike: list[str], unknown: list[str]) -> str:
    said = ""
    if unlike:
        said = (
            f"By {', '.join(unlike)}, the explanation does not even resemble itself: by another "
            "explainer seed it is no more alike than for models that learnt nothing, so this "
            "cannot pass. "
        )
    if unknown:
        said += (
            f"Whether that by {', '.join(unknown)} resembles itself was not measured "
            "(control=True), so this cannot pass. "
        )
    return said


def _mean_or_none(values: np.ndarray) -> float | None:
    return float(np.nanmean(values)) if np.isfinite(values).any() else None


def _undefined(found: Judged, row: str) -> str:
    n = found.n_undefined
    if not n:
        return ""
    return f" {counted(n, f'further {row}')} {verb(n, 'says', 'say')} nothing, so this cannot pass."
