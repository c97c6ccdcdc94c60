"""Explaining every model of an ensemble against looping the lime and shap packages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from threadpoolctl import threadpool_limits
from torch import nn

from benchmarks.harness import Result, paired, table
from xaigeo import SeedEnsemble, datasets
from xaigeo.explainers.coalitions import count_coalitions
from xaigeo.explainers.kernel_shap import KernelShapExplainer
from xaigeo.explainers.lime import LimeExplainer
from xaigeo.explanations import Attributions

N_SEEDS, N_INSTANCES = 20, 20
N_PEER_SEEDS, N_PEER_INSTANCES = 2, 3
N_LIME_ROWS, N_BACKGROUND = 5_000, 100
RANDOM_STATE = 0
TOLERANCE = 1e-6
GOAL = 10.0


@dataclass(frozen=True, eq=False)
class Case:
    """An ensemble with the rows that both ways explain."""

    name: str
    ensemble: SeedEnsemble
    background: pd.DataFrame
    instances: pd.DataFrame

    def stream(self, instance: int) -> np.ndarray:
        """Return the state from which an instance's draws start, as the explainers derive it."""
        own = np.random.SeedSequence(RANDOM_STATE).spawn(N_INSTANCES + 1)[1 + instance]
        return own.generate_state(4)


def make_model(n_inputs: int, n_outputs: int) -> nn.Module:
    return nn.Sequential(nn.Linear(n_inputs, 16), nn.ReLU(), nn.Linear(16, n_outputs))


def train(name: str, X: pd.DataFrame, y: pd.Series) -> Case:
    ensemble = SeedEnsemble.train(make_model, X, y, seeds=range(N_SEEDS), epochs=20)
    shuffled = X.sample(frac=1, random_state=0)
    # As many rows as KernelSHAP averages over: the peer is then given the same ones.
    return Case(name, ensemble, shuffled.iloc[:N_BACKGROUND], shuffled.iloc[-N_INSTANCES:])


def cases() -> list[Case]:
    from sklearn.datasets import load_breast_cancer

    birds, cells = datasets.penguins(), load_breast_cancer(as_frame=True)
    return [train("penguins", birds.X, birds.y), train("breast cancer", cells.data, cells.target)]


def lime_ours(case: Case) -> Attributions:
    return LimeExplainer(n_samples=N_LIME_ROWS).explain(
        case.ensemble, case.instances, background=case.background, random_state=RANDOM_STATE
    )


def lime_peer(case: Case) -> np.ndarray:
    """Return the coefficients of some models and instances, straight from the lime package."""
    from lime.lime_tabular import LimeTabularExplainer

    ensemble, schema = case.ensemble, case.ensemble.schema
    rows = schema.encode(case.instances)
    outputs = range(ensemble.n_outputs)
    answer = np.empty((N_PEER_SEEDS, N_PEER_INSTANCES, rows.shape[1], len(outputs)))
    explainer = LimeTabularExplainer(
        schema.encode(case.background),
        categorical_features=np.flatnonzero(schema.discrete).tolist(),
        feature_selection="none",
        discretize_continuous=False,
    )
    for place in range(N_PEER_SEEDS):
        for i in range(N_PEER_INSTANCES):
            explainer.random_state = np.random.RandomState(case.stream(i))
            found = explainer.explain_instance(
                rows[i],
                lambda encoded, place=place: ensemble.member_outputs_encoded(place, encoded),
                labels=outputs,
                num_features=rows.shape[1],
                num_samples=N_LIME_ROWS,
            )
            for output in outputs:
                columns, weights = zip(*found.local_exp[output], strict=True)
                answer[place, i, list(columns), output] = weights
    return answer


def shap_ours(case: Case) -> Attributions:
    return KernelShapExplainer(n_background=N_BACKGROUND).explain(
        case.ensemble, case.instances, background=case.background, random_state=RANDOM_STATE
    )


def shap_peer(case: Case) -> np.ndarray:
    """Return the Shapley values of some models and instances, straight from the shap package."""
    from shap import KernelExplainer

    ensemble, schema = case.ensemble, case.ensemble.schema
    rows, background = schema.encode(case.instances), schema.encode(case.background)
    answer = np.empty((N_PEER_SEEDS, N_PEER_INSTANCES, rows.shape[1], ensemble.n_outputs))
    for place in range(N_PEER_SEEDS):
        explainer = KernelExplainer(
            lambda encoded, place=place: ensemble.member_outputs_encoded(place, encoded),
            background,
        )
        for i in range(N_PEER_INSTANCES):
            np.random.seed(case.stream(i))  # noqa: NPY002 (the only stream shap reads)
            answer[place, i] = explainer.shap_values(rows[i : i + 1], l1_reg=False, silent=True)[0]
    return answer


def compare(
    case: Case,
    method: str,
    peer_name: str,
    work: str,
    ours: Callable[[Case], Attributions],
    peer: Callable[[Case], np.ndarray],
) -> Result:
    found = ours(case).array("attribution")[:N_PEER_SEEDS, :N_PEER_INSTANCES]
    gap = float(np.abs(found - peer(case)).max())
    if gap > TOLERANCE:
        raise RuntimeError(f"{method} on {case.name} differs from {peer_name} by {gap:.2g}")
    n_pairs, n_peer_pairs = N_SEEDS * N_INSTANCES, N_PEER_SEEDS * N_PEER_INSTANCES
    return paired(
        lambda: ours(case),
        lambda: peer(case),
        name=f"{method}, {case.name}",
        work=f"{N_SEEDS} seeds x {N_INSTANCES} instances, {work}, equal to {TOLERANCE:g} (the "
        f"loop explained {N_PEER_SEEDS} x {N_PEER_INSTANCES}; its time is scaled up)",
        peer_name=f"{peer_name}, looped over models and instances",
        goal=GOAL,
        share=n_peer_pairs / n_pairs,
    )


def measure() -> list[Result]:
    # One thread for both ways: the loop has no use for a second, and spinning ones add noise.
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with threadpool_limits(1):
            return [result for case in cases() for result in measure_case(case)]
    finally:
        torch.set_num_threads(threads)


def measure_case(case: Case) -> list[Result]:
    n_sets = count_coalitions(case.ensemble.schema.n_features, None)
    coalitions = f"{n_sets} coalitions x {N_BACKGROUND} background rows each"
    return [
        compare(case, "LIME", "lime", f"{N_LIME_ROWS} rows each", lime_ours, lime_peer),
        compare(case, "KernelSHAP", "shap", coalitions, shap_ours, shap_peer),
    ]


if __name__ == "__main__":
    print(table(measure()))
