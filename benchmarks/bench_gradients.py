"""Integrated gradients and occlusion for every network against looping captum."""

from __future__ import annotations

import numpy as np
import torch

from benchmarks.cases import RANDOM_STATE, SEED_COUNTS, Case, breast_cancer, one_thread, penguins
from benchmarks.harness import Result, paired, table
from xaigeo import explain

N_STEPS, N_PEER_SEEDS = 50, 4
GOAL = 20.0
# captum computes in float32.
TOLERANCE = 1e-6


def captum_calls(case: Case, method: str) -> np.ndarray:
    """Return attributions of the networks' inputs, one captum call a model and output."""
    from captum.attr import IntegratedGradients, Occlusion

    members = case.ensemble.members
    inputs = members.inputs(case.rows)
    baseline = members.inputs(case.reference).mean(dim=0, keepdim=True)
    answers = []
    for place in range(N_PEER_SEEDS):
        module = members.output_module(place, "probability")
        for output in range(case.ensemble.n_outputs):
            if method == "occlusion":
                found = Occlusion(module).attribute(
                    inputs, sliding_window_shapes=(1,), baselines=baseline, target=output
                )
            else:
                found = IntegratedGradients(module).attribute(
                    inputs, baselines=baseline, target=output, n_steps=N_STEPS
                )
            answers.append(found.detach().numpy())
    return np.stack(answers)


def measure_case(case: Case, method: str) -> Result:
    steps = {"n_steps": N_STEPS} if method == "integrated_gradients" else {}

    def ours() -> np.ndarray:
        found = explain(
            case.ensemble,
            case.instances,
            method=method,
            background=case.background,
            random_state=RANDOM_STATE,
            baseline="mean",
            **steps,
        )
        return found.array("attribution")

    if not case.ensemble.schema.discrete.any():  # a category is several inputs: sums only agree
        theirs = captum_calls(case, method).reshape(N_PEER_SEEDS, -1, *case.rows.shape)
        gap = float(np.abs(ours()[:N_PEER_SEEDS] - np.moveaxis(theirs, 1, -1)).max())
        if gap > TOLERANCE:
            raise RuntimeError(f"{method} on {case.name} differs from captum by {gap:.2g}")
    n_rows = len(case.instances) * (N_STEPS if steps else case.rows.shape[1] + 1)
    asked = np.resize(case.rows, (n_rows, case.rows.shape[1]))
    return paired(
        ours,
        lambda: captum_calls(case, method),
        name=f"{method.replace('_', ' ')}, {case.name}, {case.n_seeds} seeds",
        work=f"{len(case.instances)} instances, all outputs"
        + (f", {N_STEPS} steps" if steps else ""),
        peer_name=f"captum, one call a model and output ({N_PEER_SEEDS} models; its time is "
        "scaled up)",
        goal=GOAL,
        share=N_PEER_SEEDS / case.n_seeds,
        forwards=lambda: case.ensemble.outputs_encoded(asked),
    )


def measure() -> list[Result]:
    with one_thread(), torch.enable_grad():
        cases = breast_cancer(), penguins()
        return [
            measure_case(case.first(n_seeds), method)
            for n_seeds in SEED_COUNTS
            for case in cases
            for method in ("integrated_gradients", "occlusion")
        ]


if __name__ == "__main__":
    print(table(measure()))
