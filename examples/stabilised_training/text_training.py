"""Ensembles of one network on one data set, trained and measured once, and kept on disk."""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from text_cases import (
    GRID,
    PLAIN,
    SAME_LOSS,
    TRAINED,
    Amounts,
    Case,
    Network,
    Texts,
    Training,
    ignore_long_texts,
    prepare,
    train,
)
from text_measuring import Arrays, measure


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One ensemble: its arrays (`text_measuring.measure`), the bins of its scores, its epochs."""

    arrays: Arrays
    bins: dict[str, Any]
    seconds: float

    def mean(self, name: str) -> float:
        return float(self.arrays[name].mean())


@dataclass(frozen=True, kw_only=True)
class Bench:
    """One network on one data set, and where what is measured of it is kept."""

    case: Case
    network: Network
    texts: Texts
    amounts: Amounts
    folder: Path

    def measured(self, key: str, settings: dict[str, Any]) -> Measured:
        """Return the numbers of a training, trained now unless they are kept."""
        stem = f"{self.case.key}-{self.network.key}-{key}"
        path, told = self.folder / f"{stem}.npz", self.folder / f"{stem}.json"
        wanted = {"amounts": asdict(self.amounts), "settings": settings}
        kept = json.loads(told.read_text()) if told.exists() and path.exists() else {}
        if kept.get("wanted") != wanted:
            started = time.process_time()
            ensemble = train(
                self.texts.train, self.texts.y_train, self.network, self.amounts, **settings
            )
            arrays, bins = measure(self.texts, ensemble, self.amounts)
            seconds = time.process_time() - started
            np.savez_compressed(path, **arrays)
            kept = {"wanted": wanted, "bins": bins, "seconds": seconds}
            told.write_text(json.dumps(kept))
            print(f"  {stem}: {seconds:.0f} s of processor time", flush=True)
        with np.load(path) as found:
            arrays = dict(found)
        return Measured(arrays=arrays, bins=kept["bins"], seconds=kept["seconds"])

    def of(self, training: Training) -> Measured:
        """Return the numbers of a training that has settings of its own.

        The rule for when to stop is the same for all: at most so many epochs, until the validation
        loss has not fallen for a few, and the weights of the best epoch are kept.
        """
        return self.measured(training.key, {"patience": self.amounts.patience, **training.settings})

    def stopped(self, epochs: int) -> Measured:
        """Return the numbers of plain training after a number of epochs."""
        return self.measured(f"stopped_{epochs}", {"epochs": epochs})

    def like(self, wanted: float) -> dict[int, float]:
        """Return numbers of epochs whose training losses enclose `wanted`, with their weights."""
        return enclosing(wanted, lambda n: self.stopped(n).mean("training_loss"), GRID)


@dataclass(frozen=True, kw_only=True)
class Trainings:
    """What was measured of one network on one data set.

    Attributes
    ----------
    by_key : dict of str to Measured
        Plain training that stopped like an averaging is that of the nearest training loss.
    mixes : dict of str to dict of str to float
        Of each stopped training the keys and weights between which its loss is met.
    """

    by_key: dict[str, Measured]
    mixes: dict[str, dict[str, float]]

    @property
    def seconds(self) -> float:
        every = {id(own): own.seconds for own in self.by_key.values()}
        return sum(every.values())


def measure_bench(case: Case, network: Network, amounts: Amounts, folder: Path) -> Trainings:
    """Train one network in every way."""
    torch.set_num_threads(1)
    ignore_long_texts()
    bench = Bench(
        case=case,
        network=network,
        texts=prepare(case, amounts),
        amounts=amounts,
        folder=folder,
    )
    found = {training.key: bench.of(training) for training in TRAINED}
    mixes: dict[str, dict[str, float]] = {}
    for training in SAME_LOSS:
        weights = bench.like(found[training.like or PLAIN.key].mean("training_loss"))
        for epochs in weights:
            found.setdefault(f"stopped_{epochs}", bench.stopped(epochs))
        mixes[training.key] = {f"stopped_{n}": share for n, share in weights.items()}
        found[training.key] = found[f"stopped_{max(weights, key=lambda n: weights[n])}"]
    return Trainings(by_key=found, mixes=mixes)


def enclosing(
    wanted: float, loss_at: Callable[[int], float], grid: Sequence[int]
) -> dict[int, float]:
    """Return two neighbours of `grid` between whose losses `wanted` lies, with their weights.

    The weights are those of a straight line between the two losses; at the ends of the grid one
    number has all the weight. Losses are taken to fall with epochs, so few of them are asked for.
    """
    low, high = 0, len(grid) - 1
    while low < high:
        middle = (low + high) // 2
        if loss_at(grid[middle]) > wanted:
            low = middle + 1
        else:
            high = middle
    after = grid[low]
    if low == 0:
        return {after: 1.0}
    before = grid[low - 1]
    high_loss, low_loss = loss_at(before), loss_at(after)
    share = (high_loss - wanted) / (high_loss - low_loss) if high_loss > low_loss else 1.0
    share = min(max(share, 0.0), 1.0)
    return {before: 1.0 - share, after: share}
