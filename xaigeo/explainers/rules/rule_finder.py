"""Propose rules, measure them on fresh rows, and keep the best: one loop for every search."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np

from xaigeo.explainers.base import Block
from xaigeo.explainers.rules.box_search import BoxSearch, FoundBox, Pool, Step
from xaigeo.explainers.rules.confidence import share_lower_bound
from xaigeo.explainers.rules.kept_answer import KeptAnswer, explained_output, kept_tolerance
from xaigeo.explainers.rules.rule_samples import Noise
from xaigeo.explainers.rules.rule_space import RuleSpace, RuleSpaces
from xaigeo.schema import Matrix

if TYPE_CHECKING:
    from xaigeo.explainers.rules.rule_explainer import RuleExplainer


@dataclass(frozen=True)
class Problem:
    """One rule to be found: for which instance, and which models it must hold for."""

    models: tuple[int, ...]
    instance: int


@dataclass(eq=False)
class Measured:
    """The rule in hand, the best measurement so far, and how the search went.

    `hits` (n_models,) counts the rows of the best measurement on which each model kept its
    answer, `low` (n_models,) are the bounds of these shares, `joint` the rows on which all
    models did; `check` says which measurement it was. Steps end at the best measurement.
    """

    rule: np.ndarray
    steps: list[Step] = field(default_factory=list)
    best: np.ndarray | None = None
    hits: np.ndarray = field(default_factory=lambda: np.zeros(0))
    low: np.ndarray = field(default_factory=lambda: np.full(1, -1.0))
    joint: int = 0
    check: int = 0
    n_steps: int = 0
    pending: bool = True


class Search(Protocol):
    """A way to propose rules for problems."""

    def first(self, problems: list[Problem]) -> list[Measured]:
        """Return the rules to measure first, and the steps that led there."""
        ...

    def again(
        self, problem: Problem, found: Measured, places: np.ndarray, missed: np.ndarray
    ) -> np.ndarray | None:
        """Return another rule after `found.rule` failed on the rows given, or None."""
        ...


class RuleFinder:
    """The work of one block: its answers, spaces and limits."""

    def __init__(self, explainer: RuleExplainer, block: Block, n_models: int) -> None:
        self.explainer = explainer
        self.block = block
        self.level = explainer.level(n_models)
        output = explained_output(block.ensemble, explainer.output)
        tolerance = kept_tolerance(block.ensemble, block.background, output, explainer.tolerance)
        self.answer = KeptAnswer.at(
            block.ensemble,
            block.rows,
            output=output,
            tolerance=tolerance,
            max_memory=block.max_memory // 4,
        )
        self.spaces = RuleSpaces(explainer, block, self.answer)
        self.limits = explainer.limits(n_models)
        counts = np.arange(explainer.n_samples + 1)
        self._bounds = share_lower_bound(counts, explainer.n_samples, self.level)
        self.columns = explainer.columns(block.background.schema.names)

    def groups(self) -> list[np.ndarray]:
        """Return the places of the block's instances in groups whose pools fit the memory."""
        places = np.arange(len(self.block.rows))
        return np.array_split(places, math.ceil(len(places) / self.spaces.most_at_once))

    def find(self, problems: list[Problem], search: Search) -> list[Measured]:
        """Return the best rule found for each problem."""
        found = search.first(problems)
        for check in range(self.explainer.n_checks):
            pending = [k for k, one in enumerate(found) if one.pending]
            noise: dict[int, Noise] = {}
            for group in self._by_models(problems, pending):
                self._check(check, [(problems[k], found[k]) for k in group], search, noise)
        return found

    def missed(self, problem: Problem, readings: np.ndarray) -> np.ndarray:
        """Return which models lose their answer by readings (n_models, n_rows), transposed."""
        kept = [
            self.answer.keeps(readings[place], model, problem.instance)
            for place, model in enumerate(problem.models)
        ]
        return ~np.stack(kept, axis=1)

    def readings(self, models: tuple[int, ...], rows: Matrix) -> np.ndarray:
        """Return the models' readings of rows, shape (n_models, n_rows)."""
        if len(models) == 1:
            return self.answer.of_member(models[0], rows)[None]
        return self.answer.of(rows)[list(models)]

    def _by_models(self, problems: list[Problem], pending: list[int]) -> list[list[int]]:
        """Group pending problems of the same models, as many as memory holds."""
        n_features = self.block.rows.shape[1]
        # A sampled row lives as numbers, as cells and as the models' copies of it.
        each = self.explainer.n_samples * n_features * 8 * 4
        most = max(1, self.block.max_memory // 4 // each)
        groups: dict[tuple[int, ...], list[list[int]]] = {}
        for k in pending:
            listed = groups.setdefault(problems[k].models, [[]])
            if len(listed[-1]) == most:
                listed.append([])
            listed[-1].append(k)
        return [group for listed in groups.values() for group in listed]

    def _check(
        self,
        check: int,
        group: list[tuple[Problem, Measured]],
        search: Search,
        noise: dict[int, Noise],
    ) -> None:
        drawn = []
        for problem, one in group:
            space = self.spaces.at(problem.instance)
            if problem.instance not in noise:
                noise[problem.instance] = self.spaces.noise(problem.instance, check)
            drawn.append(space.sampler.sample(one.rule, noise[problem.instance]))
        readings = self.readings(group[0][0].models, np.concatenate([rows for rows, _ in drawn]))
        n_samples = self.explainer.n_samples
        for place, (problem, one) in enumerate(group):
            own = readings[:, place * n_samples : (place + 1) * n_samples]
            missed = self.missed(problem, own)
            self._record(check, one, missed)
            if one.pending and check + 1 < self.explainer.n_checks:
                rule = search.again(problem, one, drawn[place][1], missed)
                one.pending = rule is not None
                one.rule = one.rule if rule is None else rule

    def _record(self, check: int, one: Measured, missed: np.ndarray) -> None:
        n_samples = len(missed)
        hits = n_samples - missed.sum(axis=0)
        low = self._bounds[hits]
        one.steps.append(Step(one.rule, n_samples, int(hits.min())))
        one.pending = bool(low.min() < self.explainer.threshold)
        if low.min() > one.low.min():
            one.best, one.hits, one.low, one.check = one.rule, hits, low, check
            one.joint = n_samples - int(missed.any(axis=1).sum())
            one.n_steps = len(one.steps)


class BoxProposals:
    """Rules from the box search: first on the pool, then inside the rule that failed."""

    def __init__(self, finder: RuleFinder) -> None:
        self.finder = finder
        self.keep_steps = finder.explainer.traces(finder.block.ensemble)

    def first(self, problems: list[Problem]) -> list[Measured]:
        """Return the rules found on the pools."""
        return [self._first(problem) for problem in problems]

    def again(
        self, problem: Problem, found: Measured, places: np.ndarray, missed: np.ndarray
    ) -> np.ndarray | None:
        """Return a narrower rule, found on the rows that `found.rule` failed on."""
        space = self.finder.spaces.at(problem.instance)
        box = self._search(space, Pool(places, missed), found.rule)
        # The same rule again would be measured a second time in the hope of better luck.
        if (box.rule == found.rule).all():
            return None
        self._note(found, space, box)
        return box.rule

    def _first(self, problem: Problem) -> Measured:
        space = self.finder.spaces.at(problem.instance)
        missed = self.finder.missed(problem, space.pool.readings[list(problem.models)])
        box = self._search(space, Pool(space.pool.places, missed), space.cells.anything)
        found = Measured(box.rule)
        self._note(found, space, box)
        return found

    def _search(self, space: RuleSpace, pool: Pool, start: np.ndarray) -> FoundBox:
        finder = self.finder
        search = BoxSearch(
            space.cells,
            finder.limits,
            finder.explainer.beam,
            finder.explainer.max_predicates,
            finder.columns,
        )
        return search.find(space.own, pool, space.covering, start)

    def _note(self, found: Measured, space: RuleSpace, box: FoundBox) -> None:
        if self.keep_steps:
            found.steps += box.steps(space.cells)
