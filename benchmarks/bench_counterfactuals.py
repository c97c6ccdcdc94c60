"""Counterfactuals for every model of an ensemble against looping the dice-ml package."""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.cases import RANDOM_STATE, SEED_COUNTS, Case, breast_cancer, one_thread, penguins
from benchmarks.harness import Result, paired, table
from xaigeo import Counterfactuals, explain

N_PEER_SEEDS, N_PEER_INSTANCES = 2, {"random": 20, "genetic": 4}
GOAL, LEAST_VALID = 20.0, 0.99


@dataclass(frozen=True)
class Quality:
    """Means over models and instances; distance and changes over the valid points."""

    valid: float
    distance: float
    n_changed: float

    def better_than(self, other: Quality) -> bool:
        """Whether points are valid, nearer and changed in fewer columns."""
        nearer = self.distance < other.distance and self.n_changed < other.n_changed
        return self.valid >= LEAST_VALID and nearer

    def __str__(self) -> str:
        return (
            f"valid {self.valid:.1%}, {self.distance:.2f} MAD a feature, "
            f"{self.n_changed:.1f} features changed"
        )


class Model:
    """One member of the ensemble as the classifier that dice-ml calls."""

    def __init__(self, case: Case, place: int) -> None:
        self.case, self.place = case, place
        self.classes_ = np.arange(case.ensemble.n_outputs)

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return probabilities, shape (n_rows, n_classes)."""
        schema = self.case.ensemble.schema
        frame = pd.DataFrame(X, columns=schema.names)
        rows = schema.encode(frame.astype(dict(self.case.data.dtypes)))
        return self.case.ensemble.member_outputs_encoded(self.place, rows)

    def predict(self, X: Any) -> np.ndarray:
        """Return places of classes, shape (n_rows,)."""
        return np.asarray(self.predict_proba(X).argmax(axis=1))


def ours(case: Case) -> Counterfactuals:
    found = explain(
        case.ensemble,
        case.instances,
        method="counterfactuals",
        background=case.data,
        random_state=RANDOM_STATE,
    )
    assert isinstance(found, Counterfactuals)
    return found


def loop(case: Case, method: str) -> dict[tuple[int, int], pd.DataFrame | None]:
    """Return the points that dice-ml finds for some models and instances."""
    import dice_ml

    schema = case.ensemble.schema
    numeric = [f.name for f in schema.features if not f.is_discrete]
    labels = case.ensemble.outputs_encoded(schema.encode(case.data)).mean(axis=0).argmax(axis=1)
    data = dice_ml.Data(
        dataframe=case.data.assign(outcome=labels),
        continuous_features=numeric,
        outcome_name="outcome",
    )
    found: dict[tuple[int, int], pd.DataFrame | None] = {}
    for place in range(N_PEER_SEEDS):
        model = Model(case, place)
        theirs = dice_ml.Dice(data, dice_ml.Model(model=model, backend="sklearn"), method=method)
        for instance in range(N_PEER_INSTANCES[method]):
            query = case.instances.iloc[[instance]]
            wanted = int(np.argsort(-model.predict_proba(query)[0])[1])
            seeded = {"random_seed": instance} if method == "random" else {}
            np.random.seed(instance)  # noqa: NPY002 (the stream its genetic search reads)
            with _quiet():
                try:
                    answer = theirs.generate_counterfactuals(
                        query, total_CFs=1, desired_class=wanted, **seeded
                    )
                except dice_ml.utils.exception.UserConfigValidationException:
                    found[place, instance] = None  # its word for "none found"
                    continue
            points = answer.cf_examples_list[0].final_cfs_df
            found[place, instance] = None if points is None or not len(points) else points
    return found


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    # It prints and warns as it goes; what counts here is what it returns.
    with (
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        yield


def their_quality(case: Case, found: dict[tuple[int, int], pd.DataFrame | None]) -> Quality:
    schema, origins = case.ensemble.schema, case.rows
    valid, points, rows = [], [], []
    for (place, instance), answer in found.items():
        if answer is None:
            valid.append(False)
            continue
        frame = answer[schema.names].iloc[[0]].astype(dict(case.data.dtypes))
        point = schema.encode(frame)
        model = Model(case, place)
        before = model.predict_proba(case.instances.iloc[[instance]])[0]
        valid.append(int(model.predict(frame)[0]) == int(np.argsort(-before)[1]))
        if valid[-1]:
            points.append(point[0])
            rows.append(origins[instance])
    return _quality(case, np.array(valid), np.array(points), np.array(rows))


def our_quality(case: Case, found: Counterfactuals, pairs: list[tuple[int, int]]) -> Quality:
    places, instances = np.array(pairs).T
    valid = found.array("valid")[places, instances, 0]
    points = found.array("point")[places, instances, 0][valid]
    return _quality(case, valid, points, case.rows[instances][valid])


def _quality(case: Case, valid: np.ndarray, points: np.ndarray, origins: np.ndarray) -> Quality:
    data = case.ensemble.schema.encode(case.data)
    discrete = case.ensemble.schema.discrete
    mad = np.median(np.abs(data - np.median(data, axis=0)), axis=0)
    mad = np.where(mad > 0, mad, np.where(data.std(axis=0) > 0, data.std(axis=0), 1.0))
    moved = np.where(discrete, points != origins, np.abs(points - origins) / mad)
    # dice-ml rounds what it leaves as it is; a thousandth of a MAD is no change.
    changed = moved > 1e-3
    return Quality(float(valid.mean()), float(moved.mean()), float(changed.sum(axis=1).mean()))


def measure_case(case: Case, method: str) -> Result:
    found, theirs = ours(case), loop(case, method)
    mine = our_quality(case, found, list(theirs))
    peer = their_quality(case, theirs)
    n_peer = N_PEER_INSTANCES[method]
    return paired(
        lambda: ours(case),
        lambda: loop(case, method),
        name=f"counterfactuals, {case.name}, {case.n_seeds} seeds",
        work=f"{len(case.instances)} instances, one point each",
        peer_name=f"dice-ml, {method}, one call a model and instance ({N_PEER_SEEDS} models and "
        f"{n_peer} instances; its time is scaled up)",
        goal=GOAL,
        share=N_PEER_SEEDS * n_peer / (case.n_seeds * len(case.instances)),
        repeats=3,
        warm_up=False,
        note=f"ours: {mine}; theirs: {peer}",
        as_good=mine.better_than(peer),
    )


def measure() -> list[Result]:
    with one_thread():
        cases = breast_cancer(), penguins()
        return [
            measure_case(case.first(n_seeds), method)
            for n_seeds in SEED_COUNTS
            for case in cases
            for method in ("random", "genetic")
        ]


if __name__ == "__main__":
    print(table(measure()))
