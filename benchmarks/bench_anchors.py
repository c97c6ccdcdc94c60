"""Anchors for every model of an ensemble against looping the anchor-exp package."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from benchmarks.cases import RANDOM_STATE, SEED_COUNTS, Case, breast_cancer, one_thread, penguins
from benchmarks.harness import Result, paired, table
from xaigeo import Anchors, explain

THRESHOLD, DELTA = 0.95, 0.1
N_PEER_SEEDS, N_PEER_INSTANCES = 2, 4
N_FRESH = 5_000
GOAL = 20.0
NUMBER = r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?"


@dataclass(frozen=True, eq=False)
class Rule:
    """A rule as a mask by value: `holds[j]` answers for the values of column j."""

    lower: np.ndarray
    upper: np.ndarray
    allowed: list[np.ndarray | None]

    def holds(self, rows: np.ndarray) -> np.ndarray:
        """Return where values obey, column by column, shape of `rows`."""
        inside = (rows >= self.lower) & (rows <= self.upper)
        for j, allowed in enumerate(self.allowed):
            if allowed is not None:
                inside[:, j] = allowed[rows[:, j].astype(np.intp)]
        return np.asarray(inside)


def ours(case: Case) -> Anchors:
    found = explain(
        case.ensemble,
        case.instances,
        method="anchors",
        background=case.data,
        random_state=RANDOM_STATE,
        threshold=THRESHOLD,
        delta=DELTA,
    )
    assert isinstance(found, Anchors)
    return found


def our_rule(case: Case, found: Anchors, place: int, instance: int) -> Rule:
    features = case.ensemble.schema.features
    allowed = found.array("allowed")[place, instance]
    return Rule(
        found.array("lower")[place, instance],
        found.array("upper")[place, instance],
        [allowed[j] if f.is_discrete else None for j, f in enumerate(features)],
    )


def peer(case: Case, place: int, instance: int) -> Rule:
    """Return the rule that the anchor-exp package finds for one model and instance."""
    from anchor.anchor_tabular import AnchorTabularExplainer

    schema = case.ensemble.schema
    names = {
        j: [str(c) for c in f.categories] for j, f in enumerate(schema.features) if f.is_discrete
    }
    columns = [f"column{j}" for j in range(schema.n_features)]
    np.random.seed(case.state(instance))  # noqa: NPY002 (the only stream it reads)
    theirs = AnchorTabularExplainer(
        case.ensemble.output_names, columns, schema.encode(case.data), names
    )

    def predict(rows: np.ndarray) -> np.ndarray:
        rows = np.asarray(rows, dtype=np.float64)
        return np.asarray(case.ensemble.member_outputs_encoded(place, rows).argmax(axis=1))

    found = theirs.explain_instance(case.rows[instance], predict, threshold=THRESHOLD, delta=DELTA)
    return _parsed(case, found.names())


def _parsed(case: Case, predicates: list[str]) -> Rule:
    features = case.ensemble.schema.features
    lower, upper = np.full(len(features), -np.inf), np.full(len(features), np.inf)
    allowed: list[np.ndarray | None] = [
        np.ones(len(f.categories), dtype=bool) if f.is_discrete else None for f in features
    ]
    for text in predicates:
        match = re.search(r"column(\d+)", text)
        assert match is not None
        j = int(match[1])
        own = allowed[j]
        if own is not None:
            category = text.split(" = ", 1)[1]
            own &= np.array([str(c) == category for c in features[j].categories])
        for sign, number in re.findall(rf"(<=|>)\s*({NUMBER})", text):
            if sign == "<=":
                upper[j] = min(upper[j], float(number))
            else:
                lower[j] = max(lower[j], np.nextafter(float(number), np.inf))
        for number in re.findall(rf"({NUMBER}) <(?!=)", text):
            lower[j] = max(lower[j], np.nextafter(float(number), np.inf))
    return Rule(lower, upper, allowed)


def quality(case: Case, rules: dict[tuple[int, int], Rule]) -> tuple[float, float]:
    """Return mean precision on fresh rows under the rules, and mean coverage of the data.

    A fresh row is a row of the data in which each value that breaks the rule is replaced by a
    value of the column that obeys.
    """
    data = case.ensemble.schema.encode(case.data)
    rng = np.random.default_rng(1)
    precision, coverage = [], []
    for (place, instance), rule in rules.items():
        obeys = rule.holds(data)
        rows = data[rng.integers(len(data), size=N_FRESH)]
        broken = ~rule.holds(rows)
        for j in np.flatnonzero(broken.any(axis=0)):
            values = data[obeys[:, j], j]
            values = values if len(values) else case.rows[instance : instance + 1, j]
            rows[broken[:, j], j] = rng.choice(values, size=int(broken[:, j].sum()))
        own = case.ensemble.member_outputs_encoded(place, case.rows[[instance]]).argmax()
        classes = case.ensemble.member_outputs_encoded(place, rows).argmax(axis=1)
        precision.append((classes == own).mean())
        coverage.append(obeys.all(axis=1).mean())
    return float(np.mean(precision)), float(np.mean(coverage))


def loop(case: Case) -> dict[tuple[int, int], Rule]:
    pairs = np.ndindex(N_PEER_SEEDS, N_PEER_INSTANCES)
    return {(place, instance): peer(case, place, instance) for place, instance in pairs}


def measure_case(case: Case) -> Result:
    found, theirs = ours(case), loop(case)
    mine = {pair: our_rule(case, found, *pair) for pair in theirs}
    (precision, coverage), (their_precision, their_coverage) = (
        quality(case, rules) for rules in (mine, theirs)
    )
    return paired(
        lambda: ours(case),
        lambda: loop(case),
        name=f"anchors, {case.name}, {case.n_seeds} seeds",
        work=f"{len(case.instances)} instances, precision {THRESHOLD:g}, confidence {1 - DELTA:g}",
        peer_name=f"anchor-exp, one call a model and instance ({N_PEER_SEEDS} models and "
        f"{N_PEER_INSTANCES} instances; its time is scaled up)",
        goal=GOAL,
        share=N_PEER_SEEDS * N_PEER_INSTANCES / (case.n_seeds * len(case.instances)),
        repeats=3,
        warm_up=False,
        note=f"precision on fresh rows {precision:.3f} (theirs {their_precision:.3f}), coverage "
        f"of the data {coverage:.3f} (theirs {their_coverage:.3f})",
        as_good=precision >= min(their_precision, THRESHOLD) and coverage >= their_coverage,
    )


def measure() -> list[Result]:
    with one_thread():
        cases = breast_cancer(), penguins()
        return [measure_case(case.first(n)) for n in SEED_COUNTS for case in cases]


if __name__ == "__main__":
    print(table(measure()))
