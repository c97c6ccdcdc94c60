"""Text networks of all seeds together against plain modules, one after another.

Both may use as many threads as torch has: ours trains groups of seeds side by side, and torch
shares the products of the plain loop between them.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from functools import cache, partial
from typing import Any

import numpy as np
import torch
from torch import nn

from benchmarks.harness import Result, paired, table
from xaigeo import TextEnsemble
from xaigeo.datasets import sentences
from xaigeo.ensemble.texts.stacked_text_members import StackedTextMembers

N_SEEDS, N_PEER_SEEDS, BATCH, EPOCHS, RATE = 10, 2, 32, 2, 0.001
REPEATS = 3
CASES = (
    ("cnn", "additive"),
    ("cnn", "scaled_dot"),
    ("lstm", "additive"),
    ("lstm", "scaled_dot"),
    ("transformer", None),
)
ENCODERS = ("cnn", "lstm", "transformer")
N_READ = 500
GOAL = 4.0


def train_together(encoder: Any, attention: Any, epochs: int = EPOCHS) -> TextEnsemble:
    data = sentences()
    return TextEnsemble.train(
        data.texts,
        data.y,
        seeds=range(N_SEEDS),
        encoder=encoder,
        attention=attention,
        epochs=epochs,
        batch_size=BATCH,
        learning_rate=RATE,
        validation_share=0,
    )


@cache
def trained(encoder: Any, attention: Any) -> TextEnsemble:
    return train_together(encoder, attention)


@cache
def encoded() -> tuple[torch.Tensor, torch.Tensor]:
    """Return tokens and targets as the loop takes them; the peer's time does not count this."""
    data, ensemble = sentences(), trained(*CASES[0])
    tokens = torch.as_tensor(ensemble.schema.encode(data.texts).astype(np.int64))
    return tokens, torch.tensor((data.y == ensemble.classes[1]).tolist(), dtype=torch.float32)


def train_in_turn(encoder: Any, attention: Any, epochs: int = EPOCHS) -> list[nn.Module]:
    """Train some of the seeds in a lean plain loop: batches as long as their longest text."""
    tokens, targets = encoded()
    architecture = members_of(trained(encoder, attention)).network.architecture
    lengths = (tokens >= 0).sum(dim=1)
    models: list[nn.Module] = []
    for seed in range(N_PEER_SEEDS):
        torch.manual_seed(seed)
        model, loss = architecture.build(), nn.BCEWithLogitsLoss()
        optimizer = torch.optim.Adam(model.parameters(), lr=RATE, fused=True)
        for _ in range(epochs):
            for batch in torch.randperm(len(tokens)).split(BATCH):
                optimizer.zero_grad(set_to_none=True)
                x = tokens[batch, : int(lengths[batch].max())]
                loss(model(x)[:, 0], targets[batch]).backward()
                optimizer.step()
        models.append(model)
    return models


def attention_together(encoder: Any, attention: Any) -> np.ndarray:
    ensemble = trained(encoder, attention)
    return members_of(ensemble).attention(rows_of(ensemble)).weights


def attention_in_turn(encoder: Any, attention: Any) -> list[list[torch.Tensor]]:
    """Read the attention of each module in batches as long as their longest text."""
    ensemble = trained(encoder, attention)
    tokens = encoded()[0][:N_READ]
    maps = []
    with torch.no_grad():
        for module in members_of(ensemble).modules:
            parts = tokens.split(BATCH)
            trimmed = [part[:, : int((part >= 0).sum(dim=1).max())] for part in parts]
            maps.append([_attention(module, part) for part in trimmed])
    return maps


def rows_of(ensemble: TextEnsemble) -> np.ndarray:
    return ensemble.schema.encode(sentences().texts[:N_READ])


def members_of(ensemble: TextEnsemble) -> StackedTextMembers:
    assert isinstance(ensemble.members, StackedTextMembers)
    return ensemble.members


def _attention(module: Any, tokens: torch.Tensor) -> torch.Tensor:
    if isinstance(module.encoder, nn.Module) and hasattr(module.encoder, "with_attention"):
        return torch.stack(module.encoder.with_attention(module.embed(tokens), tokens >= 0)[1])
    return module.weights_of(tokens)


def measure_training(epochs: int = EPOCHS, encoders: Sequence[str] = ENCODERS) -> list[Result]:
    n_texts = len(sentences().texts)
    results = []
    for encoder, attention in CASES:
        if encoder not in encoders:
            continue
        name = f"{encoder}, {attention} attention" if attention else encoder
        results.append(
            paired(
                partial(train_together, encoder, attention, epochs),
                partial(train_in_turn, encoder, attention, epochs),
                name=f"text training: {name}",
                work=f"{N_SEEDS} seeds, {n_texts} sentences, batch {BATCH}, {epochs} epochs (the "
                f"loop trained {N_PEER_SEEDS} seeds; its time is scaled up)",
                peer_name="plain PyTorch loop, one seed after another",
                goal=GOAL,
                share=N_PEER_SEEDS / N_SEEDS,
                repeats=REPEATS,
            )
        )
    return results


def measure() -> list[Result]:
    results = measure_training()
    for encoder, attention in CASES:
        name = f"{encoder}, {attention} attention" if attention else encoder
        results.append(
            paired(
                partial(attention_together, encoder, attention),
                partial(attention_in_turn, encoder, attention),
                name=f"reading attention: {name}",
                work=f"{N_SEEDS} seeds, {N_READ} sentences",
                peer_name="plain modules, one after another",
                repeats=REPEATS,
            )
        )
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description="Time the training of text networks.")
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--encoders", nargs="+", choices=ENCODERS, default=ENCODERS)
    arguments = parser.parse_args()
    print(table(measure_training(arguments.epochs, arguments.encoders)))


if __name__ == "__main__":
    main()
