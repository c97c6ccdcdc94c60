"""Training a hundred small networks together against a plain loop, one after another."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from benchmarks.harness import Result, paired, table
from xaigeo import SeedEnsemble

N_SEEDS, N_PEER_SEEDS = 100, 2
N_ROWS, BATCH, EPOCHS, RATE = 5_000, 71, 100, 0.01


def make_model() -> nn.Module:
    return nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 1))


def data() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(N_ROWS, 2))
    return X, (X[:, 0] * X[:, 1] > 0).astype(np.int64)


def train_together(X: np.ndarray, y: np.ndarray) -> SeedEnsemble:
    return SeedEnsemble.train(
        make_model,
        X,
        y,
        seeds=range(N_SEEDS),
        epochs=EPOCHS,
        batch_size=BATCH,
        learning_rate=RATE,
        validation_share=0,
    )


def train_in_turn(X: np.ndarray, y: np.ndarray) -> list[nn.Module]:
    """Train some of the seeds in a lean plain loop: one shuffle an epoch, fused Adam."""
    inputs = torch.as_tensor(X, dtype=torch.float32)
    targets = torch.as_tensor(y, dtype=torch.float32)[:, None]
    models = []
    for seed in range(N_PEER_SEEDS):
        torch.manual_seed(seed)
        model, loss = make_model(), nn.BCEWithLogitsLoss()
        optimizer = torch.optim.Adam(model.parameters(), lr=RATE, fused=True)
        for _ in range(EPOCHS):
            order = torch.randperm(N_ROWS)
            batches = zip(inputs[order].split(BATCH), targets[order].split(BATCH), strict=True)
            for x, target in batches:
                optimizer.zero_grad(set_to_none=True)
                loss(model(x), target).backward()
                optimizer.step()
        models.append(model)
    return models


def measure() -> list[Result]:
    X, y = data()
    # One thread for both: products this small gain nothing from a second thread, and wait for
    # it when other programs use the cores.
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        result = paired(
            lambda: train_together(X, y),
            lambda: train_in_turn(X, y),
            name="training",
            work=f"{N_SEEDS} seeds of a 2-16-1 network, {N_ROWS} points, batch {BATCH}, "
            f"{EPOCHS} epochs (the loop trained {N_PEER_SEEDS} seeds; its time is scaled up)",
            peer_name="plain PyTorch loop, one seed after another",
            goal=35.0,
            share=N_PEER_SEEDS / N_SEEDS,
        )
    finally:
        torch.set_num_threads(threads)
    return [result]


if __name__ == "__main__":
    print(table(measure()))
