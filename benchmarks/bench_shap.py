"""Shapley values for every model of an ensemble against looping the shap package."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.cases import (
    N_BACKGROUND,
    SEED_COUNTS,
    Case,
    breast_cancer,
    one_thread,
    penguins,
)
from benchmarks.comparison import compare
from benchmarks.harness import Result, table
from xaigeo.explainers.shapley.coalitions import count_coalitions

GOALS = {"kernel_shap": 40.0, "permutation_shap": 20.0, "exact_shap": 10.0}


def predict(case: Case, place: int) -> Callable[[np.ndarray], np.ndarray]:
    """Return one model as the function of encoded rows that shap calls."""
    return lambda rows: case.ensemble.member_outputs_encoded(place, rows)


def kernel(case: Case, place: int, instance: int) -> np.ndarray:
    from shap import KernelExplainer

    theirs = KernelExplainer(predict(case, place), case.reference)
    np.random.seed(case.state(instance))  # noqa: NPY002 (the only stream shap reads)
    rows = case.rows[instance : instance + 1]
    return np.asarray(theirs.shap_values(rows, l1_reg=False, silent=True)[0])


def permutation(case: Case, place: int, instance: int) -> np.ndarray:
    from shap import PermutationExplainer
    from shap.maskers import Independent

    theirs = PermutationExplainer(
        predict(case, place), Independent(case.reference, max_samples=N_BACKGROUND)
    )
    np.random.seed(case.state(instance))  # noqa: NPY002
    row = case.rows[instance : instance + 1]
    # What max_evals="auto" comes to, of which the call's own default of 500 knows nothing.
    return _values(theirs(row, max_evals=20 * row.shape[1], silent=True))


def exact(case: Case, place: int, instance: int) -> np.ndarray:
    from shap import ExactExplainer
    from shap.maskers import Independent

    theirs = ExactExplainer(
        predict(case, place), Independent(case.reference, max_samples=N_BACKGROUND)
    )
    return _values(theirs(case.rows[instance : instance + 1], silent=True))


def _values(found: Any) -> np.ndarray:
    return np.asarray(found.values[0])


def measure_kernel(case: Case) -> Result:
    n_sets = count_coalitions(case.ensemble.schema.n_features, None)
    return compare(
        case,
        "kernel_shap",
        {"n_background": N_BACKGROUND},
        name="KernelSHAP",
        work=f"{n_sets} coalitions x {N_BACKGROUND} background rows each",
        peer=kernel,
        peer_name="shap.KernelExplainer",
        goal=GOALS["kernel_shap"],
        rows_an_instance=n_sets * N_BACKGROUND,
    )


def measure_permutation(case: Case) -> Result:
    n_features = case.ensemble.schema.n_features
    n_orders = 20 * n_features // (2 * n_features + 1)
    n_sets = n_orders * 2 * n_features
    return compare(
        case,
        "permutation_shap",
        {"n_background": N_BACKGROUND},
        name="permutation SHAP",
        work=f"{n_orders} orders there and back x {N_BACKGROUND} background rows each",
        peer=permutation,
        peer_name="shap.PermutationExplainer",
        goal=GOALS["permutation_shap"],
        rows_an_instance=n_sets * N_BACKGROUND,
    )


def measure_exact(case: Case) -> Result:
    n_features = case.ensemble.schema.n_features
    return compare(
        case,
        "exact_shap",
        {"n_background": N_BACKGROUND},
        name="exact SHAP",
        work=f"{2**n_features} coalitions x {N_BACKGROUND} background rows each",
        peer=exact,
        peer_name="shap.ExactExplainer",
        goal=GOALS["exact_shap"],
        rows_an_instance=2**n_features * N_BACKGROUND,
    )


def measure() -> list[Result]:
    results = []
    with one_thread():
        wide, birds, narrow = breast_cancer(), penguins(), breast_cancer(10)
        for n_seeds in SEED_COUNTS:
            results += [
                measure_kernel(wide.first(n_seeds)),
                measure_kernel(birds.first(n_seeds)),
                measure_permutation(wide.first(n_seeds)),
                measure_permutation(birds.first(n_seeds)),
                measure_exact(narrow.first(n_seeds)),
            ]
    return results


if __name__ == "__main__":
    print(table(measure()))
