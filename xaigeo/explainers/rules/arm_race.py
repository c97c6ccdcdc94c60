"""KL-LUCB races, many at once: which rules of a length are most precise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np

from xaigeo.explainers.rules.kl_bounds import (
    exploration_rate,
    kl_lower_bound,
    kl_upper_bound,
    undecided_arms,
)
from xaigeo.explainers.rules.rule_finder import Problem, RuleFinder
from xaigeo.explainers.rules.rule_samples import Noise

# Batches whose random numbers are kept at hand.
MOST_NOISE = 256
# First key of the noise of races; measurements use keys of one number.
RACES = 1_000_000
# Batches that the best arms are drawn at most between two looks at the bounds.
MOST_ROUNDS = 4


@dataclass(frozen=True, eq=False)
class Arms:
    """The rules that race for one problem.

    Attributes
    ----------
    problem : Problem
    cells : ndarray of bool, shape (n_arms, n_cells)
    coverage : ndarray of int, shape (n_arms,)
        Rows covered.
    parent : ndarray of int, shape (n_arms,)
        The shorter rule that each grew from.
    hits, draws : ndarray of int, shape (n_arms,)
        Rows drawn so far, and those on which the answer was kept.
    """

    problem: Problem
    cells: np.ndarray
    coverage: np.ndarray
    parent: np.ndarray
    hits: np.ndarray
    draws: np.ndarray

    @classmethod
    def of(
        cls, problem: Problem, cells: np.ndarray, coverage: np.ndarray, parent: np.ndarray
    ) -> Arms:
        """Return arms not drawn yet."""
        none = np.zeros(len(cells), dtype=np.int64)
        return cls(problem, cells, coverage, parent, none, none.copy())

    @property
    def shares(self) -> np.ndarray:
        """Share of hits, shape (n_arms,)."""
        return np.asarray(self.hits / self.draws)


AnyArms = TypeVar("AnyArms", bound=Arms)


class Drawing(Protocol[AnyArms]):
    """What draws samples for the arms of a race."""

    def pull(self, wanted: list[tuple[AnyArms, np.ndarray]], length: int) -> None:
        """Draw for the arms at places, and count draws and hits there."""
        ...


class Puller:
    """Draw batches of rows for rules and count the rows that keep the answer."""

    def __init__(self, finder: RuleFinder, batch_size: int) -> None:
        self.finder = finder
        self.batch_size = batch_size
        self._noise: dict[tuple[int, int, int], Noise] = {}
        # A sampled row lives as numbers and as the model's copies of it.
        each = 32 * finder.block.rows.shape[1] * batch_size
        self.most_at_once = max(1, finder.block.max_memory // 4 // each)

    def pull(self, wanted: list[tuple[Arms, np.ndarray]], length: int) -> None:
        """Draw one batch for the arms at places; a model is asked once for all its instances."""
        by_models: dict[tuple[int, ...], list[tuple[Arms, np.ndarray]]] = {}
        for arms, places in wanted:
            for batch in np.unique(arms.draws[places]):
                same = places[arms.draws[places] == batch]
                for start in range(0, len(same), self.most_at_once):
                    part = same[start : start + self.most_at_once]
                    by_models.setdefault(arms.problem.models, []).append((arms, part))
        for models, group in by_models.items():
            for part in self._within_memory(group):
                self._pull(models, part, length)

    def _within_memory(
        self, group: list[tuple[Arms, np.ndarray]]
    ) -> list[list[tuple[Arms, np.ndarray]]]:
        parts: list[list[tuple[Arms, np.ndarray]]] = [[]]
        held = 0
        for arms, places in group:
            if held and held + len(places) > self.most_at_once:
                parts.append([])
                held = 0
            parts[-1].append((arms, places))
            held += len(places)
        return parts

    def _pull(
        self, models: tuple[int, ...], group: list[tuple[Arms, np.ndarray]], length: int
    ) -> None:
        drawn = []
        for arms, places in group:
            instance = arms.problem.instance
            batch = int(arms.draws[places[0]]) // self.batch_size
            sampler = self.finder.spaces.at(instance).sampler
            drawn.append(
                sampler.sample_many(arms.cells[places], self._noise_of(instance, length, batch))
            )
        rows = np.concatenate(drawn).reshape(-1, drawn[0].shape[-1])
        readings = self.finder.readings(models, rows)
        start = 0
        for arms, places in group:
            stop = start + len(places) * self.batch_size
            missed = self.finder.missed(arms.problem, readings[:, start:stop]).any(axis=1)
            kept = self.batch_size - missed.reshape(len(places), -1).sum(axis=1)
            arms.hits[places] += kept
            arms.draws[places] += self.batch_size
            start = stop

    def _noise_of(self, instance: int, length: int, batch: int) -> Noise:
        key = (instance, length, batch)
        if key not in self._noise:
            if len(self._noise) >= MOST_NOISE:
                del self._noise[next(iter(self._noise))]
            self._noise[key] = self.finder.spaces.noise(
                instance, RACES + length, batch, n_samples=self.batch_size
            )
        return self._noise[key]


def race(
    arms: list[AnyArms],
    puller: Drawing[AnyArms],
    length: int,
    *,
    n_best: int,
    epsilon: float,
    delta: float,
) -> list[np.ndarray]:
    """Return for each problem the places of its `n_best` most precise rules.

    A race ends when the highest upper bound of a rule left out is less than `epsilon` above the
    lowest lower bound of the rules chosen; then, with probability 1 - `delta`, no rule chosen
    is worse by more than `epsilon` than a rule left out. Bounds and stopping rule are those of
    KL-LUCB (Kaufmann and Kalyanakrishnan, COLT 2013), on which the guarantee rests. KL-LUCB
    draws the two arms of these bounds in each round; here every arm that keeps the race open is
    drawn, which takes fewer rounds and so fewer calls of the models. The races go in step.
    """
    puller.pull([(one, np.arange(len(one.cells))) for one in arms], length)
    winners: list[np.ndarray] = [np.empty(0, dtype=np.intp) for _ in arms]
    running, t = list(range(len(arms))), 1
    while running:
        wanted, still = [], []
        for place in running:
            one = arms[place]
            # Of rules with equal shares the one that covers more is taken.
            winners[place] = best = np.lexsort((-one.coverage, -one.shares))[:n_best]
            rate = exploration_rate(len(one.cells), t, delta)
            undecided = undecided_arms(one.hits, one.draws, best, rate, epsilon)
            if undecided.any():
                still.append(place)
                wanted.append((one, undecided, best))
        _draw(wanted, puller, length)
        running, t = still, t + 1
    return winners


def settle(
    arms: list[AnyArms],
    best: list[np.ndarray],
    puller: Drawing[AnyArms],
    length: int,
    *,
    wanted: float,
    rate: float,
    n_samples: int,
) -> list[np.ndarray]:
    """Draw on until it is clear whether rules would pass their measurement; return whether.

    Clear is that the bounds lie on one side of the share that passes, or that a rule was drawn
    as often as it will be for its measurement.

    Parameters
    ----------
    arms : list of Arms
    best : list of ndarray of int
        Places of the rules in question, for each problem.
    puller : Drawing
    length : int
    wanted : float
        The share that passes.
    rate : float
        Exploration rate of the bounds.
    n_samples : int
        Of a measurement.
    """
    while True:
        unclear = []
        for one, places in zip(arms, best, strict=True):
            share, level = one.shares[places], rate / one.draws[places]
            undecided = one.draws[places] < n_samples
            undecided &= kl_lower_bound(share, level) < wanted
            undecided &= kl_upper_bound(share, level) >= wanted
            if undecided.any():
                unclear.append((one, places[undecided]))
        if not unclear:
            return [one.shares[p] >= wanted for one, p in zip(arms, best, strict=True)]
        puller.pull(unclear, length)


def _draw(
    wanted: list[tuple[AnyArms, np.ndarray, np.ndarray]],
    puller: Drawing[AnyArms],
    length: int,
) -> None:
    """Draw the undecided arms: outsiders once, the best as much as all the outsiders together.

    That is KL-LUCB's own balance, and what narrows the few bounds that every outsider is
    compared with.
    """
    rounds = []
    for _, undecided, best in wanted:
        inside = np.zeros(len(undecided), dtype=bool)
        inside[best] = True
        n_rounds = -(-int((undecided & ~inside).sum()) // max(1, int((undecided & inside).sum())))
        rounds.append(min(max(1, n_rounds), MOST_ROUNDS))
    for k in range(max(rounds, default=0)):
        batch = []
        for (arms, undecided, best), n_rounds in zip(wanted, rounds, strict=True):
            places = np.flatnonzero(undecided) if k == 0 else best[undecided[best]]
            if k < n_rounds and len(places):
                batch.append((arms, places))
        puller.pull(batch, length)
