"""R2: whether the seeds agree alike for groups of people or things."""

from __future__ import annotations

from typing import Any

import numpy as np

from xaigeo.agreement.bootstrap import WEIGHT_BYTES
from xaigeo.audit.attribution_items import nothing_to_compare, stability_by_row
from xaigeo.audit.distinct_rows import count_rows
from xaigeo.audit.evidence import Evidence
from xaigeo.audit.finding import number
from xaigeo.audit.grouping import Grouping, categorical_groups
from xaigeo.audit.item import Measured, Missing, Outcome, item
from xaigeo.audit.leading_rows import left_out, mostly
from xaigeo.audit.wording import apart, counted, listed, verb
from xaigeo.ensemble.evaluation import Evaluation
from xaigeo.explanations import Explanation

CHANCE = 0.95
Members = dict[str, np.ndarray]


@item(
    id="R2",
    question="Do the seeds agree alike for all groups?",
    metric="largest difference in stability (A2) between two groups",
    better="lower",
    passing=0.05,
    warning=0.10,
    unit="number",
    basis="own",
    source="own",
    maps_to=("NIST AI RMF MS2.11", "EU AI Act Art. 13(3)(b)(v)"),
    settings={"min_rows": 50},
    beyond_null=False,
)
def groups_fare_alike(evidence: Evidence) -> Outcome:
    """Compare the stability between groups: those asked for, or of every categorical column.

    Groups differ by chance alone, the more the smaller they are. How much is found by dealing
    the rows to the groups at random. A gap that is no larger does not fail, and where chance
    alone makes a gap beyond the passing limit, none passes.
    """
    refusal = nothing_to_compare(evidence)
    if refusal:
        return Missing(refusal)
    explanation = evidence.attributions[0]
    groupings = categorical_groups(explanation) if evidence.groups is None else evidence.groups
    if not groupings:
        if evidence.cells == "tokens":
            return Missing(
                "Texts have no columns by which they fall into groups. Name some: "
                "groups={'source': values}."
            )
        return Missing(
            "No column is categorical, so there are no groups to compare. Name some: "
            "groups=['age'], or groups={'region': values}."
        )
    steady = stability_by_row(evidence)
    undefined = np.isnan(steady)
    if mostly(undefined):
        return Missing(
            f"Stability (A2) is undefined on most {evidence.row}s: their attributions tie."
        )
    min_rows = int(evidence.setting("R2", "min_rows"))
    kept = {g.name: _large(g, undefined, min_rows) for g in groupings}
    compared = {name: members for name, members in kept.items() if len(members) > 1}
    if not compared:
        return Missing(
            f"{_named(groupings)} two groups of at least "
            f"{counted(min_rows, f'explained {evidence.row}')}; "
            f"{counted(len(steady), evidence.row)} {verb(len(steady), 'was', 'were')} explained."
        )
    steady = np.where(undefined, 0.0, steady)
    means = {
        name: {group: float(steady[inside].mean()) for group, inside in members.items()}
        for name, members in compared.items()
    }
    gaps = {name: max(found.values()) - min(found.values()) for name, found in means.items()}
    worst = max(gaps, key=lambda name: gaps[name])
    chance = _chance(evidence, steady, undefined, list(compared.values()))
    return _measured(evidence, groupings, compared, means, steady, undefined, worst, chance)


def _measured(
    evidence: Evidence,
    groupings: tuple[Grouping, ...] | list[Grouping],
    compared: dict[str, Members],
    means: dict[str, dict[str, float]],
    steady: np.ndarray,
    undefined: np.ndarray,
    worst: str,
    chance: float,
) -> Measured:
    found = means[worst]
    least, most = min(found, key=lambda g: found[g]), max(found, key=lambda g: found[g])
    gap = found[most] - found[least]
    highest, lowest = apart(found[most], found[least])
    limits = evidence.thresholds["R2"]
    small = chance > limits.passing
    within = gap <= chance
    judged = gap
    if within and limits.warning is not None:
        judged = min(gap, limits.warning)
    low, high = _interval(evidence, steady, compared[worst][least], compared[worst][most])
    notes = [
        "Rows dealt to groups of these sizes at random differ by up to "
        f"{evidence.text('R2', chance)} in {CHANCE:.0%} of cases"
        + (", so this gap may be chance and does not fail" if within else "")
        + (
            f". What chance gives exceeds the limit of {number(limits.passing, 'number')}, so this "
            "cannot pass."
            if small
            else "."
        )
    ]
    notes += [
        f"{g.name} was cut at its quartiles." for g in groupings if g.cut and g.name in compared
    ]
    missing = [g.name for g in groupings if g.name not in compared]
    if missing:
        notes.append(f"Too few {evidence.row}s to compare by {', '.join(missing)}.")
    inside = np.any(list(compared[worst].values()), axis=0)
    return Measured(
        value=gap,
        low=low,
        high=high,
        null=chance,
        judged=None if judged == gap else judged,
        **count_rows(evidence.attributions[0].array("input"), inside & ~undefined),
        at_best="warn" if small or undefined.any() or missing else "pass",
        reason=f"By {worst}, seeds agree least for {least} (stability {lowest}) and most for "
        f"{most} ({highest}). " + " ".join(notes) + left_out(undefined, evidence.row),
        evidence={
            "stability_by_group": means,
            "rows_by_group": {
                name: {group: int(where.sum()) for group, where in members.items()}
                for name, members in compared.items()
            },
            "rows_without_a_group": {g.name: g.n_unknown for g in groupings if g.n_unknown},
            "not_compared": missing,
            **_accuracy(evidence.evaluation, evidence.attributions[0], compared),
        },
    )


def _large(grouping: Grouping, undefined: np.ndarray, min_rows: int) -> Members:
    """Return the groups with rows enough on which stability is defined."""
    defined = {group: inside & ~undefined for group, inside in grouping.members.items()}
    return {group: inside for group, inside in defined.items() if inside.sum() >= min_rows}


def _named(groupings: tuple[Grouping, ...] | list[Grouping]) -> str:
    names = [g.name for g in groupings]
    if len(names) == 1:
        return f"{names[0]} does not make"
    return f"{'Neither' if len(names) == 2 else 'None'} of {listed(names)} makes"


def _interval(
    evidence: Evidence, steady: np.ndarray, least: np.ndarray, most: np.ndarray
) -> tuple[float, float]:
    """Return the bootstrap interval of the gap between two groups, rows drawn within each.

    The groups are those found to lie farthest apart, so a gap of 0 may lie below the interval
    by chance; the dealt rows tell that, not the interval.
    """
    from_least, from_most = steady[least], steady[most]
    rng = evidence.rng()
    draws = evidence.thresholds.n_bootstrap
    ends = [_means(values, draws, rng) for values in (from_most, from_least)]
    low, high = np.quantile(ends[0] - ends[1], [0.025, 0.975])
    return float(low), float(high)


def _means(values: np.ndarray, n_draws: int, rng: np.random.Generator) -> np.ndarray:
    """Return the means of rows drawn again, shape (n_draws,)."""
    step = max(1, WEIGHT_BYTES // (8 * len(values)))
    parts = [
        values[rng.integers(len(values), size=(min(step, n_draws - start), len(values)))].mean(1)
        for start in range(0, n_draws, step)
    ]
    return np.concatenate(parts)


def _chance(
    evidence: Evidence, steady: np.ndarray, undefined: np.ndarray, groupings: list[Members]
) -> float:
    """Return the gap that rows dealt to the groups at random stay below in 95 % of cases.

    The largest gap of all groupings counts, as in what is judged.
    """
    rng, values = evidence.rng(), steady[~undefined]
    shares = [
        np.stack([inside[~undefined] / inside.sum() for inside in members.values()])
        for members in groupings
    ]
    gaps = np.empty(evidence.thresholds.n_bootstrap)
    for draw in range(len(gaps)):
        dealt = rng.permutation(values)
        gaps[draw] = max(np.ptp(share @ dealt) for share in shares)
    return float(np.quantile(gaps, CHANCE))


def _accuracy(
    evaluation: Evaluation | None, explanation: Explanation, compared: dict[str, Members]
) -> dict[str, Any]:
    """Return the models' mean accuracy by group, on rows that were both explained and labelled."""
    if evaluation is None or evaluation.task != "classification" or evaluation.instances is None:
        return {}
    places = {label: place for place, label in enumerate(evaluation.instances.tolist())}
    found = np.array([places.get(label, -1) for label in explanation.instances.tolist()])
    rows = explanation.array("input")
    if rows.shape[1] != evaluation.rows.shape[1] or len(places) < len(evaluation.instances):
        return {}
    # The same label may name another row in another frame.
    same = (found >= 0) & (evaluation.rows[found] == rows).all(axis=1)
    right = (evaluation.predicted == evaluation.labels).mean(axis=0)[found]
    by_group = {
        name: {
            group: float(right[inside & same].mean())
            for group, inside in members.items()
            if (inside & same).any()
        }
        for name, members in compared.items()
    }
    return {"accuracy_by_group": by_group} if same.any() else {}
