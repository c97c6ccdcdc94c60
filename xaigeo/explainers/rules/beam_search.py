"""Anchors by beam search: rules grow predicate by predicate, the best of a length by KL-LUCB."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from xaigeo.explainers.rules.arm_race import Arms, Puller, race, settle
from xaigeo.explainers.rules.box_search import Step
from xaigeo.explainers.rules.rule_finder import Measured, Problem, RuleFinder
from xaigeo.explainers.rules.rule_space import RuleSpace

if TYPE_CHECKING:
    from xaigeo.explainers.anchors import AnchorExplainer


@dataclass(frozen=True, eq=False)
class Predicates:
    """The single predicates that hold at an instance.

    Numeric and ordinal columns have the half-lines on the instance's side of every cut,
    categorical ones the instance's category.

    Attributes
    ----------
    column : ndarray of int, shape (n_predicates,)
    cells : ndarray of bool, shape (n_predicates, n_cells)
        The rule that each predicate is alone.
    covers : ndarray of bool, shape (n_predicates, n_covering)
        Rows for coverage that obey it.
    """

    column: np.ndarray
    cells: np.ndarray
    covers: np.ndarray

    @classmethod
    def at(cls, space: RuleSpace, columns: np.ndarray) -> Predicates:
        """List the predicates on some columns at the instance of a space."""
        listed: list[tuple[int, np.ndarray]] = []
        for j in columns.tolist():
            part = space.cells.part(j)
            place, own = np.arange(part.stop - part.start), int(space.own[j])
            if space.cells.nominal[j]:
                masks = [place == own] if len(place) > 1 else []
            else:
                masks = [place >= first for first in range(1, own + 1)]
                masks += [place <= last for last in range(own, len(place) - 1)]
            listed += [(j, mask) for mask in masks]
        cells = np.ones((len(listed), space.cells.n_cells), dtype=bool)
        covers = np.empty((len(listed), space.covering.shape[1]), dtype=bool)
        for k, (j, mask) in enumerate(listed):
            cells[k, space.cells.part(j)] = mask
            covers[k] = mask[space.covering[j]]
        return cls(np.array([j for j, _ in listed], dtype=np.intp), cells, covers)


@dataclass(frozen=True, eq=False)
class Candidate:
    """A rule that was kept: its cells, the rows it covers, its draws, and how it grew."""

    cells: np.ndarray
    covers: np.ndarray
    hits: int
    draws: int
    parent: Candidate | None

    @property
    def coverage(self) -> int:
        """Rows covered."""
        return int(self.covers.sum())

    @property
    def share(self) -> float:
        """Share of hits among its draws."""
        return self.hits / self.draws

    def steps(self) -> list[Step]:
        """Return the rules it grew from, the shortest first, and itself."""
        before = [] if self.parent is None else self.parent.steps()
        return [*before, Step(self.cells, self.draws, self.hits)]


@dataclass(eq=False)
class Beam:
    """The search of one problem: the rules of the last length, and all those seen.

    `reached` are those of `seen` that are as precise as wanted.
    """

    problem: Problem
    space: RuleSpace
    predicates: Predicates
    kept: list[Candidate] = field(default_factory=list)
    seen: list[Candidate] = field(default_factory=list)
    reached: list[Candidate] = field(default_factory=list)

    def first(self) -> Arms:
        """Return the rule that restricts nothing as the only arm."""
        whole = self.space.cells.anything[None]
        return Arms.of(self.problem, whole, np.full(1, self.space.covering.shape[1]), np.zeros(1))

    def grown(self, longest: int | None) -> Arms:
        """Return the different rules with one predicate more that are worth racing.

        These cover some rows, and more than any rule that is precise enough already.
        """
        most = max((rule.coverage for rule in self.reached), default=0)
        parts = []
        for place, rule in enumerate(self.kept):
            cells = rule.cells & self.predicates.cells
            coverage = (rule.covers & self.predicates.covers).sum(axis=1)
            fresh = (cells != rule.cells).any(axis=1) & (coverage > most)
            restricted = self.space.cells.restricted(rule.cells)
            if longest is not None and restricted.sum() >= longest:
                fresh &= restricted[self.predicates.column]
            parts.append((cells[fresh], coverage[fresh], np.full(int(fresh.sum()), place)))
        cells, coverage, parent = (np.concatenate(part) for part in zip(*parts, strict=True))
        # Rules reached on several ways race once.
        _, once = np.unique(np.packbits(cells, axis=1), axis=0, return_index=True)
        once.sort()
        return Arms.of(self.problem, cells[once], coverage[once], parent[once])

    def keep(self, arms: Arms, best: np.ndarray, reached: np.ndarray) -> None:
        """Take in the best rules of a race; `reached` tells which are as precise as wanted."""
        before, self.kept = self.kept, []
        for place, good in zip(best.tolist(), reached.tolist(), strict=True):
            parent = before[int(arms.parent[place])] if before else None
            cells = arms.cells[place]
            rule = Candidate(
                cells=cells,
                covers=self.space.cells.obeying(cells, self.space.covering),
                hits=int(arms.hits[place]),
                draws=int(arms.draws[place]),
                parent=parent,
            )
            self.kept.append(rule)
            self.seen.append(rule)
            if good:
                self.reached.append(rule)

    def ranked(self) -> list[Candidate]:
        """Return rules that are as precise as wanted by coverage, then the others by share."""
        good = {id(rule) for rule in self.reached}
        return sorted(
            self.seen,
            key=lambda r: (
                (0, -r.coverage, -r.share) if id(r) in good else (1, -r.share, -r.coverage)
            ),
        )


class BeamProposals:
    """Rules from Ribeiro, Singh and Guestrin's beam search, the best of each problem first.

    All problems go in step, so that one call of a model answers for all its instances. The
    n-th batch drawn for a rule of some length uses the same random numbers for every rule
    and seed; another length uses others, so that a rule chosen for its luck meets new rows.
    """

    def __init__(self, finder: RuleFinder, explainer: AnchorExplainer) -> None:
        self.finder = finder
        self.explainer = explainer
        self.puller = Puller(finder, explainer.batch_size)
        self.keep_steps = explainer.traces(finder.block.ensemble)
        self.ranked: dict[Problem, list[Candidate]] = {}

    def first(self, problems: list[Problem]) -> list[Measured]:
        """Return the best rule of each problem."""
        known: dict[int, Predicates] = {}
        beams = []
        for problem in problems:
            space = self.finder.spaces.at(problem.instance)
            if problem.instance not in known:
                known[problem.instance] = Predicates.at(space, self.finder.columns)
            beams.append(Beam(problem, space, known[problem.instance]))
        self._race(beams, [beam.first() for beam in beams], 0)
        running, length = beams, 1
        while running:
            grown = [beam.grown(self.explainer.max_predicates) for beam in running]
            some = [place for place, arms in enumerate(grown) if len(arms.cells)]
            running = [running[place] for place in some]
            self._race(running, [grown[place] for place in some], length)
            length += 1
        self.ranked = {beam.problem: beam.ranked() for beam in beams}
        return [self._next(problem) for problem in problems]

    def again(
        self, problem: Problem, found: Measured, places: np.ndarray, missed: np.ndarray
    ) -> np.ndarray | None:
        """Return the next best rule of a problem."""
        if not self.ranked[problem]:
            return None
        following = self._next(problem)
        found.steps += following.steps
        return following.rule

    def _next(self, problem: Problem) -> Measured:
        rule = self.ranked[problem].pop(0)
        return Measured(rule.cells, steps=rule.steps() if self.keep_steps else [])

    def _race(self, beams: list[Beam], arms: list[Arms], length: int) -> None:
        explainer = self.explainer
        winners = race(
            arms,
            self.puller,
            length,
            n_best=explainer.beam,
            epsilon=explainer.epsilon,
            delta=explainer.delta,
        )
        settled = self._settle(arms, winners, length)
        for beam, one, best, good in zip(beams, arms, winners, settled, strict=True):
            beam.keep(one, best, good)

    def _settle(self, arms: list[Arms], winners: list[np.ndarray], length: int) -> list[np.ndarray]:
        """Return whether the winners would pass their measurement four times in five."""
        explainer = self.explainer
        # Any of the rules kept, of every length, may be judged wrongly.
        n_features = self.finder.block.rows.shape[1]
        rate = float(np.log((1 + (explainer.beam - 1) * n_features) / explainer.delta))
        return settle(
            arms,
            winners,
            self.puller,
            length,
            wanted=explainer.passing_share(n_models=1),
            rate=rate,
            n_samples=explainer.n_samples,
        )
