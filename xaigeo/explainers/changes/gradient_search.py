"""Start points of torch networks: descend on distance and lead, all seeds in one batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from xaigeo.explainers.changes.goals import JointGoal, SeedGoal
from xaigeo.explainers.changes.search_task import SearchTask, Starts
from xaigeo.explainers.changes.starts import unlike_starts, with_climbed
from xaigeo.explainers.gradients.input_gradients import torch_members
from xaigeo.schema import Matrix

if TYPE_CHECKING:
    from xaigeo.ensemble.torch_members import TorchMembers

N_STEPS = 60
# Length of the first and the last step, in units of distance.
FIRST, LAST = 1.0, 0.05
# Share of columns that starts other than the first may change, for different answers.
OPEN_SHARE = 0.5
# By how much the lead must exceed what is needed: of log-odds, or of a regression's spread.
SLACK = 0.02
# How much the weight of the lead grows while it is missing, and shrinks once it is there.
GROW, SHRINK = 1.25, 0.8
# Multiples of the way at which a point that lost its lead with its categories is tried again.
LONGER = (1.05, 1.2, 1.5, 2.0, 3.0, 5.0)
# Bytes of activations in one pass: beyond the caches passes slow down.
PASS_MEMORY = 64 * 2**20


def gradient_starts(task: SearchTask) -> Starts:
    """Return points where descent on distance and a hinge of the lead ends.

    The objective is that of Wachter et al. (2017): the weight of the lead times what is missing
    of it, plus the L1 distance in median absolute deviations. Steps follow the gradient of the
    first term, scaled to its largest entry, and shrink the second towards the instance by soft
    thresholds, which keeps columns at the instance's values. The weight grows while the answer
    is not the wanted one and shrinks while it is. Categories are relaxed to the simplex of
    their one-hot inputs; of the nearest point on the way that has the wanted answer, each takes
    its largest entry.

    The first start of an instance may change all columns; others half of them, drawn for the
    instance, the same for all models; one more is climbed to. Where no start of a model and
    instance survives the real categories and limits, `unlike_starts` takes over.
    """
    goal = task.goal
    assert isinstance(goal, SeedGoal | JointGoal)  # the two goals there are
    members = torch_members(goal.ensemble, "counterfactuals with search='gradient'")
    n_models, n_instances = task.shape
    points = np.empty((n_models, n_instances, task.n_starts, task.rows.shape[1]))
    masks = np.stack([_open_columns(task, rng) for rng in task.generators])
    width = max(members.network.width, members.preprocessor.n_inputs)
    # A backward pass keeps about four numbers for each one that goes forward.
    row_bytes = 4 * members.n_members * task.n_starts * width * members.dtype.itemsize
    size = max(1, min(task.max_memory, PASS_MEMORY) // row_bytes)
    for start in range(0, n_instances, size):
        part = np.arange(start, min(start + size, n_instances))
        points[:, part] = _Descent(task, members, part, masks[part]).points()
    return _accepted(task, points)


class _Descent:
    """The starts of some instances, flattened to rows, for all models at once."""

    def __init__(
        self, task: SearchTask, members: TorchMembers, instances: np.ndarray, masks: np.ndarray
    ) -> None:
        goal = task.goal
        assert isinstance(goal, SeedGoal | JointGoal)
        self.task, self.members = task, members
        self.instances = np.repeat(instances, task.n_starts)
        self.origins = task.rows[self.instances]
        self.relaxed = RelaxedRows.of(
            members, task, self.origins, masks.reshape(-1, masks.shape[2])
        )
        self.wanted = goal.wanted
        self.n_needed = goal.n_needed if isinstance(goal, JointGoal) else None

    def points(self) -> np.ndarray:
        """Return rows, shape (n_models, n_instances, n_starts, n_features)."""
        nearest = self._descend()
        rows = self.relaxed.rows(nearest, self.origins)
        return rows.reshape(len(rows), -1, self.task.n_starts, rows.shape[-1])

    def _descend(self) -> Tensor:
        relaxed = self.relaxed
        n_models = self.task.goal.n_models
        place = relaxed.start.expand(n_models, -1, -1).clone()
        weight = torch.full((*place.shape[:2], 1), 2.0, dtype=place.dtype)
        nearest, least = place.clone(), torch.full(place.shape[:2], torch.inf, dtype=place.dtype)
        for turn in range(N_STEPS):
            length = FIRST * (LAST / FIRST) ** (turn / (N_STEPS - 1))
            place.requires_grad_()
            missing = self._missing(place)
            (gradient,) = torch.autograd.grad(missing.sum(), place)
            place = place.detach()
            there = missing.detach() <= 0
            far = relaxed.distance(place)
            nearer = there & (far < least)
            least = torch.where(nearer, far, least)
            nearest = torch.where(nearer[..., None], place, nearest)
            weight = torch.where(there[..., None], weight * SHRINK, weight * GROW)
            place = relaxed.step(place, gradient, weight, length)
        return torch.where(torch.isfinite(least)[..., None], nearest, place)

    def _missing(self, place: Tensor) -> Tensor:
        """Return what is missing of the lead, shape (n_models, n_rows)."""
        shared = self.n_needed is not None
        outputs = self.members.forward_inputs(place[0] if shared else place)
        lead = self._lead(outputs)
        if self.n_needed is not None:
            lead = torch.topk(lead, self.n_needed, dim=0).values[-1:]
        return torch.relu(SLACK - lead)

    def _lead(self, outputs: Tensor) -> Tensor:
        """Return leads, shape (n_seeds, n_rows): of log-odds, or of a regression's spread."""
        wanted, at = self.wanted, self.instances
        target = torch.as_tensor(wanted.place[:, at])[..., None]
        own = outputs.gather(-1, target)[..., 0]
        if wanted.lower is not None and wanted.upper is not None:
            low = torch.as_tensor(wanted.lower[:, at], dtype=own.dtype)
            high = torch.as_tensor(wanted.upper[:, at], dtype=own.dtype)
            # Of a narrow interval the middle is enough.
            slack = torch.clamp((high - low) / (2 * wanted.unit) - SLACK, max=0.0)
            return torch.minimum(own - low, high - own) / wanted.unit - slack
        others = outputs.scatter(-1, target, -torch.inf)
        lead = own - others.max(dim=-1).values
        if wanted.min_probability > 0.5 or (wanted.min_probability > 0 and outputs.shape[-1] > 2):
            lead = torch.minimum(lead, self._odds(outputs, target))
        return lead

    def _odds(self, outputs: Tensor, target: Tensor) -> Tensor:
        """Return log-odds of the wanted class over those of the least probability."""
        probability = self.members.probabilities_from_logits(outputs).gather(-1, target)[..., 0]
        least = min(self.wanted.min_probability, 1 - 1e-6)
        odds = torch.logit(probability.clamp(1e-12, 1 - 1e-7))
        return odds - float(np.log(least / (1 - least)))


@dataclass(frozen=True, eq=False)
class RelaxedRows:
    """Rows as networks read them, with categories relaxed to shares that add up to 1.

    Attributes
    ----------
    members : TorchMembers
    task : SearchTask
    start : Tensor, shape (n_rows, n_inputs)
        Inputs of the instances.
    price : Tensor, shape (n_inputs,)
        Distance that a unit of each input adds.
    open : Tensor of bool, shape (n_rows, n_inputs)
        Inputs that may change.
    low, high : Tensor, shape (n_rows, n_inputs)
        Their ranges.
    simplices : list of slice
        Inputs of each categorical column.
    """

    members: TorchMembers
    task: SearchTask
    start: Tensor
    price: Tensor
    open: Tensor
    low: Tensor
    high: Tensor
    simplices: list[slice]

    @classmethod
    def of(
        cls, members: TorchMembers, task: SearchTask, origins: Matrix, columns: np.ndarray
    ) -> RelaxedRows:
        """Relax instances of which only some `columns`, (n_rows, n_features), may change."""
        preprocessor, limits = members.preprocessor, task.proximity.limits
        owners = preprocessor.owners
        categorical = np.asarray(preprocessor.categorical)
        location, scale = preprocessor.location.numpy(), preprocessor.scale.numpy()
        low, high = (
            np.where(categorical, edge, (end - location) / scale)[:, owners]
            for end, edge in zip(limits.ends(origins), (0.0, 1.0), strict=True)
        )
        start = members.inputs(origins)
        spread = np.ptp(task.background.rows, axis=0)
        # One step of an ordinal column is a change of 1, and so is its whole range: what it costs
        # lies between, for one that may end anywhere.
        ordinal = limits.discrete & ~categorical
        unit = np.where(ordinal, np.maximum(spread, 1.0), task.proximity.unit)
        # A changed category moves two inputs by 1.
        price = np.where(categorical, 0.5, scale / unit)[owners]
        allowed = columns[:, owners] & (low <= high)
        for j in np.flatnonzero(categorical):
            block = preprocessor.blocks[j]
            reach = limits.transitions[j][origins[:, j].astype(np.intp)][:, : len(owners[block])]
            reach[np.arange(len(origins)), origins[:, j].astype(np.intp)] = True
            allowed[:, block] &= reach

        def tensor(values: np.ndarray) -> Tensor:
            return torch.as_tensor(values, dtype=start.dtype)

        return cls(
            members=members,
            task=task,
            start=start,
            price=tensor(price),
            open=torch.as_tensor(allowed),
            low=torch.minimum(tensor(low), start),
            high=torch.maximum(tensor(high), start),
            simplices=[preprocessor.blocks[j] for j in np.flatnonzero(categorical)],
        )

    def distance(self, place: Tensor) -> Tensor:
        """Return relaxed distances from the instances, shape (n_models, n_rows)."""
        return ((place - self.start).abs() * self.price).sum(dim=-1)

    def step(self, place: Tensor, gradient: Tensor, weight: Tensor, length: float) -> Tensor:
        """Return the place one step on: down the gradient, then towards the instance."""
        # In coordinates in which the distance is a plain sum.
        slope = torch.where(self.open, gradient / self.price, 0.0)
        steepest = slope.abs().amax(dim=-1, keepdim=True)
        slope = slope / torch.where(steepest > 0, steepest, 1.0)
        way = (place - self.start) * self.price - length * weight * slope
        way = torch.sign(way) * torch.relu(way.abs() - length)
        place = self.start + torch.where(self.open, way / self.price, 0.0)
        place = torch.minimum(torch.maximum(place, self.low), self.high)
        for block in self.simplices:
            shares = place[..., block]
            total = shares.sum(dim=-1, keepdim=True)
            place[..., block] = torch.where(total > 0, shares / total, self.start[..., block])
        return place

    def rows(self, place: Tensor, origins: Matrix) -> np.ndarray:
        """Return possible rows, shape (n_models, n_rows, n_features)."""
        preprocessor = self.members.preprocessor
        inputs = place.numpy().astype(np.float64)
        changed = (place != self.start).numpy()
        rows = np.empty((*inputs.shape[:2], origins.shape[1]))
        for j, block in enumerate(preprocessor.blocks):
            if preprocessor.categorical[j]:
                rows[..., j] = inputs[..., block].argmax(axis=-1)
            else:
                values = inputs[..., block.start] * float(preprocessor.scale[j])
                values = values + float(preprocessor.location[j])
                # What did not move keeps its value to the last bit.
                rows[..., j] = np.where(changed[..., block.start], values, origins[:, j])
        return self.task.proximity.possible(rows, origins)


def _open_columns(task: SearchTask, rng: np.random.Generator) -> np.ndarray:
    """Return which columns each start of an instance may change, (n_starts, n_features)."""
    mutable = task.proximity.limits.mutable
    n_features = len(mutable)
    columns = rng.random((task.n_starts, n_features)) < OPEN_SHARE
    columns[0] = True
    columns &= mutable
    columns[~columns.any(axis=1)] = mutable
    return columns


def _accepted(task: SearchTask, points: np.ndarray) -> Starts:
    """Return which points hold as real rows, lengthened where that helps, or other starts."""
    points = _with_fewest(task, points)
    model, instance, place = np.indices(points.shape[:3]).reshape(3, -1)
    flat, origins = points[model, instance, place], task.rows[instance]
    accepted = task.goal.lead(flat, model, instance) >= 0
    for share in LONGER:
        short = np.flatnonzero(~accepted)
        if not len(short):
            break
        trials = task.proximity.between(flat[short], origins[short], np.array(share))
        found = task.goal.lead(trials, model[short], instance[short]) >= 0
        flat[short[found]], accepted[short[found]] = trials[found], True
    accepted &= task.within(flat, origins)
    points = flat.reshape(points.shape)
    starts = with_climbed(task, Starts(points, accepted.reshape(points.shape[:3])))
    lost = np.flatnonzero(~starts.accepted.any(axis=2).all(axis=0))
    if len(lost):
        _replace(task, starts, lost)
    return starts


def _with_fewest(task: SearchTask, points: np.ndarray) -> np.ndarray:
    """Keep the columns that moved farthest, where only some may change."""
    if task.max_changed is None:
        return points
    origins = task.rows[:, None]
    far = task.proximity.parts(points, origins)
    rank = np.argsort(np.argsort(-far, axis=-1, kind="stable"), axis=-1)
    return np.where(rank < task.max_changed, points, origins)


def _replace(task: SearchTask, starts: Starts, lost: np.ndarray) -> None:
    """Start from other rows where a model has no accepted start at an instance; in place."""
    from dataclasses import replace

    part = replace(
        task,
        goal=_Part(task, lost),
        rows=task.rows[lost],
        generators=[task.generators[i] for i in lost],
    )
    other = unlike_starts(part)
    model, place = np.nonzero(~starts.accepted[:, lost].any(axis=2))
    starts.points[model, lost[place]] = other.points[model, place]
    starts.accepted[model, lost[place]] = other.accepted[model, place]


class _Part:
    """A goal at some of its instances."""

    def __init__(self, task: SearchTask, instances: np.ndarray) -> None:
        self.goal, self.instances = task.goal, instances
        self.n_models = task.goal.n_models

    def lead(self, points: Matrix, model: np.ndarray, instance: np.ndarray) -> np.ndarray:
        return self.goal.lead(points, model, self.instances[instance])

    def shared_lead(self, rows: Matrix, instance: int) -> np.ndarray:
        return self.goal.shared_lead(rows, int(self.instances[instance]))
