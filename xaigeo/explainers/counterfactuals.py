"""Counterfactuals: the nearest rows at which a model would answer otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.errors import InputError
from xaigeo.explainers.base import Arrays, Block, Engine, Explainer
from xaigeo.explainers.catalogue import EXPLAINERS
from xaigeo.explainers.changes.constraints import Constraints, Range
from xaigeo.explainers.changes.counterfactual_arrays import CounterfactualArrays
from xaigeo.explainers.changes.counterfactual_search import CounterfactualSearch, Search
from xaigeo.explainers.changes.goals import Goal, JointGoal, SeedGoal
from xaigeo.explainers.changes.plausibility import Plausibility
from xaigeo.explainers.changes.proximity import Proximity
from xaigeo.explainers.changes.search_task import SearchTask
from xaigeo.explainers.changes.wanted import Target, Wanted
from xaigeo.explainers.gradients.input_gradients import torch_members
from xaigeo.explanations import Counterfactuals
from xaigeo.options import check_count, check_option
from xaigeo.schema import Matrix

# Share of a block's memory that trial points may take; the rest is for what the models make
# of them.
TRIALS_SHARE = 4


@EXPLAINERS.register("counterfactuals")
@dataclass(frozen=True, kw_only=True)
class CounterfactualExplainer(Explainer):
    """Find, for every seed and instance, near rows that the model gives the wanted answer.

    Near is the L1 distance with each numeric column in units of its median absolute deviation
    in the background and 1 for a changed category (Wachter et al. 2017,
    doi:10.2139/ssrn.3063289), plus `change_cost` for each changed column, so that few columns
    change. Points stay in the background's range (widened to hold the instance), whole
    numbers stay whole, categories are ones the background holds.

    Parameters
    ----------
    target : label or (low, high), optional
        The wanted class; by default each seed's runner-up at the instance. For a regression,
        which needs it, the interval of wanted values, None for an open side:
        ``target=(None, 200.0)``. Where a model already gives the target, the instance itself
        is the answer, at distance 0.
    relative : bool
        Whether the interval is of the change from each seed's own value:
        ``target=(10, None), relative=True`` asks for at least 10 more.
    output : label, optional
        Which output of a regression with several.
    search : {"model_agnostic", "gradient", "growing_spheres", "nearest_unlike"}
        Where points come from: rows around the instance that are tried on all models, for any
        model; gradient descent in one batch over all seeds, for torch networks; growing
        spheres (Laugel et al. 2017), for any model; or the nearest background rows with the
        wanted answer, shown as they are.
    sparse : bool
        Whether found points are made sparse: columns set back and traded for others while the
        answer stays. Otherwise points only come nearer along their way.
    n_candidates : int
        Points by seed and instance, cheapest first, with different sets of changed columns
        as far as these were found. Where there are too few the first is repeated, and
        `distinct` is False.
    diversity : float
        What distance between candidates is worth when they are chosen, in units of distance.
    n_samples : int
        Random rows, and nearest background rows, among which a search finds its starts; the
        points of a layer of growing spheres are a fifth of it.
    n_starts : int
        Starts of a search, those that change different sets of columns first.
    immutable : sequence of str
        Columns that may not change.
    increase, decrease : sequence of str
        Numeric and ordinal columns that may only rise, or only fall.
    ranges : mapping of str to (low, high)
        Range of a changed numeric column in original units, None for an open side, in place
        of the background's. An instance outside may keep its value.
    allowed : mapping of str to categories
        Categories that a column may change to: a list, or a mapping from a present category
        to such a list.
    max_step : mapping of str to float
        Largest change of a numeric column in its units, of an ordinal one in categories.
    max_changed : int, optional
        Columns that may change at once.
    change_cost : float
        Cost of a changed column, in units of distance: another column is changed where that
        saves as many median absolute deviations on the others.
    min_probability : float
        Probability of the wanted class that a point must reach, besides leading.
    min_plausibility : float
        Plausibility that a point must have: the share of background rows with the wanted answer
        that lie as far as it or farther from their nearest neighbours among them. 0 asks for
        nothing; it is reported in either case.

    Notes
    -----
    What is tried is drawn once for an instance and tried on all models. From the cheapest
    starts that have the wanted answer, columns are set back to the instance's values while
    the answer stays, the rest of the way is shortened until the answer is about to change, and
    one column is traded for another. The search does not prove that no nearer point exists.

    Where no row with the wanted answer is found, the point where that answer came closest is
    returned with `valid` False.

    `flip_fraction` is measured on the straight way from the instance, on which categories
    change at the very end; 1 therefore also says "only with the changed category".
    """

    target: Any = None
    relative: bool = False
    output: Any = None
    search: Search = "model_agnostic"
    sparse: bool = True
    n_candidates: int = 1
    diversity: float = 0.5
    n_samples: int = 1000
    n_starts: int = 8
    immutable: Sequence[str] = ()
    increase: Sequence[str] = ()
    decrease: Sequence[str] = ()
    ranges: Mapping[str, Range] = field(default_factory=dict)
    allowed: Mapping[str, Any] = field(default_factory=dict)
    max_step: Mapping[str, float] = field(default_factory=dict)
    max_changed: int | None = None
    change_cost: float = 3.0
    min_probability: float = 0.0
    min_plausibility: float = 0.0

    name: ClassVar[str] = "counterfactuals"
    block_rows: ClassVar[int] = 50
    needs_spread: ClassVar[bool] = True
    randomised: ClassVar[bool] = True
    result: ClassVar[type[Counterfactuals]] = Counterfactuals
    engines: ClassVar[tuple[Engine, ...]] = ("batched",)

    def __post_init__(self) -> None:
        check_option("search", self.search, Search)
        for name in ("n_candidates", "n_samples", "n_starts"):
            check_count(name, getattr(self, name))
        if self.max_changed is not None:
            check_count("max_changed", self.max_changed)
        for name in ("change_cost", "diversity"):
            _check_between(name, getattr(self, name), float("inf"))
        for name in ("min_probability", "min_plausibility"):
            _check_between(name, getattr(self, name), 1.0)
        self._constraints()

    def misfit(self, task: str) -> str:
        """Return what about a task cannot be explained: a regression needs a target."""
        if task == "regression" and self.target is None:
            return "a regression without a target such as target=(None, 200.0)"
        return super().misfit(task)

    def check(self, ensemble: SeedEnsemble) -> None:
        """Raise when target, limits or search do not fit the ensemble."""
        self._target().check(ensemble)
        self._constraints().check(ensemble.schema)
        if self.search == "gradient":
            torch_members(ensemble, "counterfactuals with search='gradient'")

    def explain_batched(self, block: Block) -> Arrays:
        """Search points for all seeds and the instances of a block."""
        size = self._instances_at_once(block)
        rng = [np.random.default_rng(seed) for seed in block.seeds]
        pieces = [
            self._explain(block, block.rows[start : start + size], rng[start : start + size])
            for start in range(0, len(block.rows), size)
        ]
        return self.merge(pieces)

    def parameters(self) -> dict[str, Any]:
        """Return the parameters as a JSON-able dict."""
        return super().parameters() | self._target().to_dict() | self._constraints().to_dict()

    def _explain(
        self, block: Block, rows: Matrix, generators: Sequence[np.random.Generator]
    ) -> Arrays:
        ensemble = block.ensemble
        proximity = self._proximity(block)
        wanted = self._wanted(block, rows)
        goal = SeedGoal(ensemble, wanted)
        near = self._plausibility(block, goal, len(rows), proximity)
        task = self._task(block, self._held(goal, near), rows, generators, proximity)
        point, distinct = self._search(task).points()
        return CounterfactualArrays(
            ensemble, rows, proximity, wanted, near, point, distinct
        ).arrays()

    def _search(self, task: SearchTask) -> CounterfactualSearch:
        return CounterfactualSearch(
            task, self.search, self.n_candidates, self.diversity, self.sparse
        )

    def _task(
        self,
        block: Block,
        goal: Goal,
        rows: Matrix,
        generators: Sequence[np.random.Generator],
        proximity: Proximity,
    ) -> SearchTask:
        return SearchTask(
            goal=goal,
            rows=rows,
            generators=generators,
            background=block.background,
            proximity=proximity,
            n_starts=max(self.n_starts, 3 * self.n_candidates),
            n_samples=self.n_samples,
            max_changed=self.max_changed,
            max_memory=block.max_memory // TRIALS_SHARE,
        )

    def _proximity(self, block: Block) -> Proximity:
        limits = self._constraints().limits(block.ensemble.schema, block.background.rows)
        return Proximity.from_background(block.background, limits, self.change_cost)

    def _wanted(self, block: Block, rows: Matrix) -> Wanted:
        ensemble = block.ensemble
        outputs = ensemble.outputs_encoded(rows)
        return self._target().at(ensemble, outputs, ensemble.outputs_encoded(block.background.rows))

    def _plausibility(
        self, block: Block, goal: SeedGoal | JointGoal, n_instances: int, proximity: Proximity
    ) -> Plausibility:
        rows = block.background.rows
        wanted = np.stack([goal.shared_lead(rows, i) >= 0 for i in range(n_instances)], axis=1)
        return Plausibility(
            rows, proximity, wanted, self.min_plausibility, block.max_memory // TRIALS_SHARE
        )

    def _held(self, goal: Any, plausibility: Plausibility) -> Goal:
        held: Goal = goal.held_to(plausibility) if self.min_plausibility else goal
        return held

    def _instances_at_once(self, block: Block) -> int:
        """Return how many instances' starts and their answers fit into memory."""
        n_seeds, n_features = block.ensemble.n_seeds, block.ensemble.schema.n_features
        n_starts = 2 * max(self.n_starts, 3 * self.n_candidates)
        starts = 8 * 4 * n_seeds * n_starts * n_features
        answers = 8 * 3 * n_seeds**2 * self.n_candidates * block.ensemble.n_outputs
        return max(1, block.max_memory // TRIALS_SHARE // (starts + answers))

    def _target(self) -> Target:
        return Target(
            target=self.target,
            relative=self.relative,
            output=self.output,
            min_probability=self.min_probability,
        )

    def _constraints(self) -> Constraints:
        return Constraints(
            immutable=self.immutable,
            increase=self.increase,
            decrease=self.decrease,
            ranges=self.ranges,
            allowed=self.allowed,
            max_step=self.max_step,
        )


def _check_between(name: str, value: object, upper: float) -> None:
    number = isinstance(value, float | int) and not isinstance(value, bool)
    if not number or not 0 <= float(value) <= upper or float(value) == float("inf"):  # type: ignore[arg-type]
        raise InputError(
            expected=f"{name} to be a number of at least 0"
            + (f" and at most {upper:g}" if upper < float("inf") else ""),
            arrived=repr(value),
            do=f"Pass a number such as {name}=0.1.",
        )
