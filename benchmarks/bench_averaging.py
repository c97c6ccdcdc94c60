"""What averages of the weights cost: over plain training, and together against one by one."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn

from benchmarks.bench_training import BATCH, N_ROWS, RATE, data, make_model
from benchmarks.harness import Result, paired, table
from xaigeo import SeedEnsemble

N_SEEDS, N_PEER_SEEDS, EPOCHS = 20, 1, 20
# The least share of the speed of plain training, and times faster than one seed after another.
GOAL_COST, GOAL_TOGETHER = 0.6, 4.0
KINDS = ("swa", "ema", "aswa", "naswa")


def train_together(X: np.ndarray, y: np.ndarray, **options: Any) -> SeedEnsemble:
    return SeedEnsemble.train(
        make_model,
        X,
        y,
        seeds=range(N_SEEDS),
        epochs=EPOCHS,
        batch_size=BATCH,
        learning_rate=RATE,
        validation_share=0,
        **options,
    )


class LoopAverage:
    """The averages of one module with torch's fused kernels over its list of weights."""

    def __init__(self, kind: str, model: nn.Module) -> None:
        self.kind, self.count, self.norms = kind, 0, list[float]()
        self.weights = [weights.detach() for weights in model.parameters()]
        self.values = [weights.clone() for weights in self.weights]

    def add(self) -> None:
        """Take in the module's weights."""
        if self.kind == "naswa":
            gaps = torch._foreach_norm(torch._foreach_sub(self.weights, self.values), 1)
            norm = float(sum(gaps))
            if self.norms and norm <= sum(self.norms) / len(self.norms):
                self.norms.append(norm)
                return
            self.norms = [norm]
        self.count += 1
        share = 1.0 / self.count
        if self.kind == "ema":
            share = 0.001 / (1.0 - 0.999**self.count)
        torch._foreach_lerp_(self.values, self.weights, share)

    def restart(self) -> None:
        """Let the module go on from the average."""
        torch._foreach_copy_(self.weights, self.values)


def train_in_turn(X: np.ndarray, y: np.ndarray, kind: str) -> list[nn.Module]:
    """Train some of the seeds in a lean plain loop: one shuffle an epoch, fused Adam."""
    inputs = torch.as_tensor(X, dtype=torch.float32)
    targets = torch.as_tensor(y, dtype=torch.float32)[:, None]
    models = []
    for seed in range(N_PEER_SEEDS):
        torch.manual_seed(seed)
        model, loss = make_model(), nn.BCEWithLogitsLoss()
        average = LoopAverage(kind, model)
        optimizer = torch.optim.Adam(model.parameters(), lr=RATE, fused=True)
        for epoch in range(1, EPOCHS + 1):
            order = torch.randperm(N_ROWS)
            batches = zip(inputs[order].split(BATCH), targets[order].split(BATCH), strict=True)
            for x, target in batches:
                optimizer.zero_grad(set_to_none=True)
                loss(model(x), target).backward()
                optimizer.step()
                if kind != "swa":
                    average.add()
            if kind == "swa" and epoch >= 0.75 * EPOCHS:
                average.add()
            if kind in ("aswa", "naswa"):
                average.restart()
        average.restart()
        models.append(model)
    return models


def measure() -> list[Result]:
    X, y = data()
    # One thread for both, as in bench_training.
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    work = f"{N_SEEDS} seeds of a 2-16-1 network, {N_ROWS} points, batch {BATCH}, {EPOCHS} epochs"
    results = []
    try:
        for kind in KINDS:
            results.append(
                paired(
                    lambda kind=kind: train_together(X, y, averaging=kind),
                    lambda: train_together(X, y),
                    name=f"averaging, {kind}: speed left",
                    work=work,
                    peer_name="the same training without averages",
                    goal=GOAL_COST,
                )
            )
            results.append(
                paired(
                    lambda kind=kind: train_together(X, y, averaging=kind),
                    lambda kind=kind: train_in_turn(X, y, kind),
                    name=f"averaging, {kind}: together",
                    work=f"{work} (the loop trained {N_PEER_SEEDS} seed; its time is scaled up)",
                    peer_name="plain PyTorch loop with foreach kernels, one seed after another",
                    goal=GOAL_TOGETHER,
                    share=N_PEER_SEEDS / N_SEEDS,
                    repeats=3,
                )
            )
    finally:
        torch.set_num_threads(threads)
    return results


if __name__ == "__main__":
    print(table(measure()))
