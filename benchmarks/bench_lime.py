"""LIME for every model of an ensemble against looping the lime package."""

from __future__ import annotations

from functools import partial

import numpy as np

from benchmarks.cases import SEED_COUNTS, Case, breast_cancer, one_thread, penguins
from benchmarks.comparison import compare
from benchmarks.harness import Result, table
from xaigeo.explainers.surrogates.neighbourhood import random_stream

N_ROWS = 5_000
OWN_DRAWS_GOAL, SHARED_DRAWS_GOAL = 25.0, 150.0


def lime(case: Case, place: int, instance: int, *, share_draws: bool = False) -> np.ndarray:
    """Return the coefficients of one model and instance, straight from the lime package."""
    from lime.lime_tabular import LimeTabularExplainer

    ensemble = case.ensemble
    rows, outputs = case.rows, range(ensemble.n_outputs)
    explainer = LimeTabularExplainer(
        case.reference,
        categorical_features=np.flatnonzero(ensemble.schema.discrete).tolist(),
        feature_selection="none",
        discretize_continuous=False,
        random_state=random_stream(case.seed(None if share_draws else instance)),
    )
    found = explainer.explain_instance(
        rows[instance],
        lambda encoded: ensemble.member_outputs_encoded(place, encoded),
        labels=outputs,
        num_features=rows.shape[1],
        num_samples=N_ROWS,
    )
    answer = np.empty((rows.shape[1], len(outputs)))
    for output in outputs:
        columns, weights = zip(*found.local_exp[output], strict=True)
        answer[list(columns), output] = weights
    return answer


def measure_own(case: Case) -> Result:
    return compare(
        case,
        "lime",
        {"n_samples": N_ROWS},
        name="LIME, own draws",
        work=f"{N_ROWS} rows each",
        peer=lime,
        peer_name="lime",
        goal=OWN_DRAWS_GOAL,
        rows_an_instance=N_ROWS,
    )


def measure_shared(case: Case) -> Result:
    return compare(
        case,
        "lime",
        {"n_samples": N_ROWS, "share_draws": True},
        name="LIME, one draw for all instances",
        work=f"the same {N_ROWS} rows",
        peer=partial(lime, share_draws=True),
        peer_name="lime",
        goal=SHARED_DRAWS_GOAL,
        shared_rows=N_ROWS,
    )


def measure() -> list[Result]:
    results = []
    with one_thread():
        cases = breast_cancer(), penguins()
        for n_seeds in SEED_COUNTS:
            for case in cases:
                results += [measure_own(case.first(n_seeds)), measure_shared(case.first(n_seeds))]
    return results


if __name__ == "__main__":
    print(table(measure()))
