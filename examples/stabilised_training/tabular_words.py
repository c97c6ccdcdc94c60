"""What the numbers say, in sentences; each follows from the results, whatever they are."""

import math

import numpy as np
import published
from intervals import Interval, count
from page import listed, number, sentence
from page import told as text
from tabular_cases import AVERAGED, EARLY, PLAIN, SMALL
from tabular_summary import (
    ANSWERS,
    MAIN,
    METHODS,
    REASONS,
    Measure,
    Measured,
    like,
    main_differences,
)

SHAP = MAIN[0]
DEVIATION = next(m for m in ANSWERS if m.key == "deviation")
OTHER_REASONS = next(m for m in REASONS if m.key == "kernel_shap.other_reasons")


def findings(cases: list[Measured]) -> list[str]:
    """Return the points that open the page."""
    return [
        against("plain", "plain training of as many epochs", cases),
        against("like", "plain training that stopped at the same training loss", cases),
        against("early", "early stopping", cases),
        verdict(cases),
        left_at(cases, "like", "At the same training loss"),
        left_at(cases, "early", "Against early stopping"),
        predictions(cases),
        less_trained(cases),
        controls(cases),
        performance(cases),
        spread(cases),
        other_reasons(cases),
        by_chance(cases),
    ]


def against(reference: str, told: str, cases: list[Measured]) -> str:
    """Count by method where averaging raises and lowers agreement."""
    parts = []
    for method, name in METHODS.items():
        found = main_differences(cases, method, reference)
        up, down = (sum(d.better == side for d in found) for side in (1, -1))
        average = np.nanmean([d.rows.value for d in found])
        parts.append(
            f"{name} {number(float(average), signed=True)} (clearly higher in {up}, lower in "
            f"{down} of {len(found)})"
        )
    return (
        f"**Against {told}**, averaged weights change the agreement between seeds by: "
        f"{'; '.join(parts)}."
    )


def verdict(cases: list[Measured]) -> str:
    """Say whether what changes against plain training is more than training less would change."""
    plain, same = (
        [d for m in METHODS for d in main_differences(cases, m, reference)]
        for reference in ("plain", "like")
    )
    parts, left = [], []
    for side, name in ((1, "gain"), (-1, "loss")):
        clear = [i for i, d in enumerate(plain) if d.better == side]
        if not clear:
            parts.append(f"There is no clear {name} against plain training.")
            continue
        before, after = (float(np.mean([d[i].rows.value for i in clear])) for d in (plain, same))
        kept = sum(same[i].better == side for i in clear)
        several = {"gain": "gains", "loss": "losses"}[name]
        parts.append(
            f"Clear {several} against plain training: {len(clear)}, "
            f"{number(before, signed=True)} on average. The same comparisons against plain "
            f"training stopped at the same loss: {number(after, signed=True)} on average, "
            f"{kept} of them clear {several}."
        )
        left.append((name, after / before))
    told = [_explained(*one) for one in left]
    return " ".join(["**Is it the averaging?**", *parts, *told, same_again(cases)])


def same_again(cases: list[Measured]) -> str:
    """Say where plain training of the nearest loss is plain training of as many epochs itself."""
    same = [
        f"{own.label} on {case.name}"
        for case in cases
        for own in AVERAGED
        if case.epochs(like(own)) == case.epochs(PLAIN.key)
    ]
    if not same:
        return ""
    kept = sum(
        d.better != 0
        for case in cases
        for own in AVERAGED
        if f"{own.label} on {case.name}" in same
        for d in (case.difference(own.key, like(own), m) for m in MAIN)
    )
    return (
        f"For {listed(same)}, plain training of the nearest loss is plain training after as many "
        f"epochs: {kept} of the clear differences at the same loss are the first comparison again."
    )


def left_at(cases: list[Measured], reference: str, told: str) -> str:
    """Name all clear main differences from a reference, the largest first."""
    found = [
        (case.difference(own.key, like(own) if reference == "like" else reference, m), case, own, m)
        for case in cases
        for own in AVERAGED
        for m in MAIN
    ]
    parts = []
    for side, name in ((1, "gains"), (-1, "losses")):
        clear = [one for one in found if one[0].better == side]
        clear.sort(key=lambda one: -abs(one[0].rows.value))
        each = "; ".join(
            f"{METHODS[m.method]}, {own.label}, {case.name} {text(d.rows, signed=True)}"
            for d, case, own, m in clear
        )
        parts.append(f"{len(clear)} clear {name}{': ' if each else ''}{each}")
    return f"**{told}**, of {len(found)} differences: {'. '.join(parts)}."


def predictions(cases: list[Measured]) -> str:
    """Say how far seeds' predictions lie apart, beside plain training of the same loss."""
    parts = []
    for case in cases:
        each = []
        for own in AVERAGED:
            one, other = (case.value(key, DEVIATION) for key in (own.key, like(own)))
            mark = " (apart)" if one.low > other.high or one.high < other.low else ""
            each.append(f"{own.label} {number(one.value, 3)}, {number(other.value, 3)}{mark}")
        parts.append(f"{case.name}: {'; '.join(each)}")
    return (
        "**Spread of predictions.** Prediction deviation with averaged weights and, after the "
        "comma, without at the same training loss; *apart* where the intervals over rows do not "
        f"meet. {'. '.join(parts)}."
    )


def _explained(name: str, left: float) -> str:
    """Say how much of a gain or loss is had without averaging; `left` is the share that is not."""
    if left <= 1 / 3:
        return f"Most of the {name} is had by training less, without averaging."
    if left >= 2 / 3:
        return f"Most of the {name} is not had by training less."
    return f"Part of the {name} is had by training less, without averaging."


def less_trained(cases: list[Measured]) -> str:
    """Say how far each averaging has moved down the training loss, and how sure it is."""
    parts, behind = [], 0
    for case in cases:
        plain = case.seed_mean("plain", "train_loss")
        reached = {own.label: case.seed_mean(own.key, "train_loss") for own in AVERAGED}
        behind += sum(loss > 2 * plain for loss in reached.values())
        losses = ", ".join(f"{name} {small(loss)}" for name, loss in reached.items())
        what = "spread of predictions" if case.is_regression else "mean confidence"
        told = ", ".join(
            f"{t.label} {number(case.seed_mean(t.key, 'outspoken'))}" for t in (PLAIN, *AVERAGED)
        )
        parts.append(f"{case.name}: training loss plain {small(plain)}, {losses}; {what} {told}")
    return (
        f"**How far trained.** In {behind} of {len(cases) * len(AVERAGED)} cases the averaged "
        "network has more than twice the training loss of plain training after as many epochs. "
        f"{'. '.join(parts)}."
    )


def controls(cases: list[Measured]) -> str:
    """Say what early stopping and smaller steps do, without averaging."""
    parts = []
    for training in (EARLY, SMALL):
        told = []
        for case in cases:
            difference = case.difference(training.key, "plain", SHAP)
            told.append(f"{number(difference.rows.value, signed=True)} ({case.name})")
        parts.append(f"{training.label} {', '.join(told)}")
    return (
        "**Without averaging**, feature agreement of Kernel SHAP differs from that of plain "
        f"training by: {'; '.join(parts)}."
    )


def performance(cases: list[Measured]) -> str:
    parts = []
    for case in cases:
        best = max(AVERAGED, key=lambda own: case.score(own.key)[0])
        told = ", ".join(f"{t.label} {case.score(t.key)[0]:.3f}" for t in (PLAIN, EARLY, *AVERAGED))
        ahead = case.score_difference(best.key, "early")
        parts.append(
            f"{case.name}, {'R²' if case.is_regression else 'accuracy'}: {told} "
            f"({best.label} less early stopping: {text(ahead, 3, signed=True)})"
        )
    return (
        f"**How good.** {'; '.join(parts)}. Brackets are over splits; the best of four averagings "
        "looks better than it is."
    )


def spread(cases: list[Measured]) -> str:
    """Say whether scores of seeds lie nearer together, beside what was published."""
    ratios = [case.sd_ratio(own.key) for case in cases for own in AVERAGED]
    known = [r for r in ratios if math.isfinite(r.value) and r.value > 0]
    below, above = sum(r.high < 1 for r in known), sum(r.low > 1 for r in known)
    pairs = [(case, key) for case in cases for key in ("aswa", "naswa")]
    both = [case.sd_ratio(key) for case, key in pairs]
    same = [case.sd_ratio(key, f"like_{key}") for case, key in pairs]
    reached = sum(r.low <= published.SD_RATIO for r in both)
    early = [case.sd_ratio("early") for case in cases]
    by_case = [(c, [r for r, (own, _) in zip(both, pairs, strict=True) if own is c]) for c in cases]
    return (
        "**Spread of the score over seeds.** The standard deviation of accuracy or R², as a ratio "
        f"to plain training, lies below 1 with the whole interval in {below} of {len(known)} "
        f"cases, and above 1 in {above}. Published for texts: {published.told()}. Here ASWA and "
        "NASWA have "
        f"{listed([f'{typical(r)} ({c.name})' for c, r in by_case])} (geometric means), "
        f"{typical(both)} over all, and {reached} of {len(both)} intervals reach down to "
        f"{published.SD_RATIO:.2f}. As a ratio to "
        f"plain training stopped at the same loss they have {typical(same)}. Early stopping has "
        f"{listed([f'{r.value:.2f} ({c.name})' for r, c in zip(early, cases, strict=True)])} "
        "against plain training."
    )


def typical(ratios: list[Interval]) -> str:
    """Return the geometric mean of the ratios that have one."""
    known = [math.log(r.value) for r in ratios if math.isfinite(r.value) and r.value > 0]
    return number(math.exp(float(np.mean(known)))) if known else "–"


def other_reasons(cases: list[Measured]) -> str:
    parts = []
    for case in cases:
        if case.has(OTHER_REASONS):
            told = ", ".join(
                f"{t.label} {case.value(t.key, OTHER_REASONS).value:.0%}"
                for t in (PLAIN, EARLY, *AVERAGED)
            )
            parts.append(f"{case.name}: {told}")
    if not parts:
        return ""
    return (
        "**Same answer, different reasons.** Of the rows on which all seeds answer alike, the "
        f"share whose top features agree poorly by Kernel SHAP: {'; '.join(parts)}."
    )


def by_chance(cases: list[Measured]) -> str:
    """Count all differences of reasons that were looked at."""
    looked = [
        case.difference(own.key, reference, measure)
        for case in cases
        for own in AVERAGED
        for reference in ("plain", "early", like(own))
        for measure in REASONS
        if case.has(measure)
    ]
    rows, splits = count(d.rows for d in looked), count(d.splits for d in looked)
    both = sum(d.better != 0 for d in looked)
    return (
        f"**Many comparisons.** {len(looked)} differences of agreement were looked at. "
        f"{rows.above + rows.below} of {rows.n} intervals over rows exclude 0, and "
        f"{splits.above + splits.below} of {splits.n} over splits; if nothing differed, about "
        f"{rows.by_chance:.0f} and {splits.by_chance:.0f} would. Both do so in {both}. They share "
        "rows and models, so they are far from as many independent answers."
    )


def reading(case: Measured) -> list[str]:
    """Return the points that open a data set's section."""
    return [best_of(case), *(changes(case, method) for method in METHODS)]


def best_of(case: Measured) -> str:
    keys = {t.key: t.label for t in (PLAIN, EARLY, SMALL, *AVERAGED)}
    highest = max(keys, key=lambda key: case.value(key, SHAP).value)
    accurate = max(keys, key=lambda key: case.score(key)[0])
    what = "R²" if case.is_regression else "accuracy"
    return (
        f"Feature agreement of Kernel SHAP is highest with {keys[highest]} "
        f"({case.value(highest, SHAP).value:.2f}; plain {case.value('plain', SHAP).value:.2f}), "
        f"{what} with {keys[accurate]} ({case.score(accurate)[0]:.3f}; plain "
        f"{case.score('plain')[0]:.3f})."
    )


def changes(case: Measured, method: str) -> str:
    """Say which averagings change a method's main score, against two references."""
    main = next(m for m in MAIN if m.method == method)
    told = [
        f"against {name}, {_sides(case, main, reference)}"
        for reference, name in (("plain", "plain training"), ("like", "the same training loss"))
    ]
    return f"{sentence(METHODS[method])}, {main.label}: {'; '.join(told)}."


def _sides(case: Measured, measure: Measure, reference: str) -> str:
    better = {
        own.label: case.difference(
            own.key, like(own) if reference == "like" else reference, measure
        ).better
        for own in AVERAGED
    }
    higher = [name for name, side in better.items() if side > 0]
    lower = [name for name, side in better.items() if side < 0]
    parts = [
        f"{verb} with {listed(names)}"
        for verb, names in (("higher", higher), ("lower", lower))
        if names
    ]
    return " and ".join(parts) or "no averaging differs clearly"


def small(value: float) -> str:
    """Return a loss, which may be tiny, with two digits that count."""
    return f"{value:.2g}" if value < 0.1 else f"{value:.2f}"
