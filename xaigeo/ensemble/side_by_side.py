"""Groups of seeds trained side by side, each in a thread of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import torch

from xaigeo.ensemble.trainer import LabelledInputs, Outcome, Trainer

# A group of one seed shares no work between seeds.
FEWEST_SEEDS = 2


def groups_of(n_seeds: int, n_threads: int) -> list[np.ndarray]:
    """Return the places of each group of seeds: as many groups as threads, of two seeds or more.

    Examples
    --------
    >>> [group.tolist() for group in groups_of(5, 2)]
    [[0, 1, 2], [3, 4]]
    """
    n_groups = max(1, min(n_threads, n_seeds // FEWEST_SEEDS))
    return np.array_split(np.arange(n_seeds), n_groups)


def train_side_by_side(
    make_trainer: Callable[[Sequence[int]], Trainer],
    n_seeds: int,
    data: LabelledInputs,
    validation: LabelledInputs | None,
    *,
    progress: bool,
) -> Outcome:
    """Train all seeds in groups, one group a thread and one torch thread a group.

    Threads that share every product wait for one another after each, which for products of
    this size costs as much as it saves; groups of seeds need not wait. What a seed learns does
    not depend on its group but for rounding.

    Parameters
    ----------
    make_trainer : callable
        From places of seeds to their trainer.
    n_seeds : int
    data, validation : LabelledInputs
        As `Trainer.train` takes them.
    progress : bool
        Show the progress of the first group.

    Raises
    ------
    InputError
        That of the first group in which training fails.
    """
    before = torch.get_num_threads()
    groups = groups_of(n_seeds, before)
    if len(groups) == 1:
        return make_trainer(range(n_seeds)).train(data, validation, progress=progress)

    def train(place: int) -> Outcome:
        torch.set_num_threads(1)  # OpenMP counts threads by thread
        trainer = make_trainer(groups[place].tolist())
        return trainer.train(data, validation, progress=progress and place == 0)

    torch.set_num_threads(1)
    try:
        with ThreadPoolExecutor(len(groups)) as pool:
            outcomes = list(pool.map(train, range(len(groups))))
    finally:
        torch.set_num_threads(before)
    return _joined(outcomes)


def _joined(outcomes: Sequence[Outcome]) -> Outcome:
    first = outcomes[0]
    state = {
        name: torch.cat([outcome.network.state[name] for outcome in outcomes])
        for name in first.network.state
    }
    return Outcome(
        replace(first.network, state=state),
        np.concatenate([outcome.epochs_run for outcome in outcomes]),
        np.concatenate([outcome.epoch_kept for outcome in outcomes]),
        _together([outcome.validation_loss for outcome in outcomes]),
        _together([outcome.n_averaged for outcome in outcomes]),
    )


def _together(parts: Sequence[np.ndarray | None]) -> np.ndarray | None:
    known = [part for part in parts if part is not None]
    return np.concatenate(known) if known else None
