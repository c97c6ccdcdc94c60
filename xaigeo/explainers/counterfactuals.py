"""Counterfactuals: the nearest rows at which a model would answer otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.errors import InputError
from xaigeo.explainers.base import Arrays, Block, Engine, Explainer
from xaigeo.explainers.catalogue import EXPLAINERS
from xaigeo.explainers.nearest import Approach, first_accepted, trade_noise
from xaigeo.explainers.proximity import Proximity
from xaigeo.explainers.unlike_rows import UnlikeRows
from xaigeo.explanations import Counterfactuals
from xaigeo.options import check_count, suggestion
from xaigeo.schema import Matrix

# By how much the wanted class must lead. A point is found with one model's own forward and
# judged with the batched one; float32 may differ between the two by about 1e-6.
MARGIN = 1e-5
# Instances that are searched together; bounds the memory of trial points.
GROUP_SIZE = 200
# Places on the way from an instance to its point at which a change of class is looked for.
N_PLACES = 17


@EXPLAINERS.register("counterfactuals")
@dataclass(frozen=True, kw_only=True)
class CounterfactualExplainer(Explainer):
    """Find, for every seed and instance, near rows that the model gives the wanted class.

    Near is the L1 distance with each numeric column in units of its median absolute deviation
    in the background and 1 for a changed category (Wachter et al. 2017,
    doi:10.2139/ssrn.3063289), plus `change_cost` for each changed column, so that few columns
    change. Points stay in the background's range (widened to hold the instance), whole
    numbers stay whole, categories are ones the background holds. No gradients are used:
    any model will do.

    Parameters
    ----------
    target : label, optional
        The wanted class. By default each seed's runner-up at the instance. Where a model
        already gives the target, the instance itself is the answer, at distance 0.
    n_candidates : int
        Points by seed and instance, cheapest first, with different sets of changed columns
        as far as these were found; the first is repeated where there are too few.
    n_samples : int
        Random rows, and nearest background rows, among which a search finds its starts.
    n_starts : int
        Starts of a search, those that change different sets of columns first.
    immutable : sequence of str
        Columns that may not change.
    max_changed : int, optional
        Columns that may change at once.
    change_cost : float
        Cost of a changed column, in units of distance.
    min_probability : float
        Probability of the wanted class that a point must reach, besides leading.

    Notes
    -----
    Random rows are drawn once for an instance and tried on all models. From the cheapest
    ones that have the wanted class, columns are set back to the instance's values while the
    class stays, the rest of the way is shortened until the class is about to change, and random
    steps trade one column for another. The search does not prove that no nearer point exists.

    Where no row with the wanted class is found, the point where that class came closest is
    returned with `valid` False.

    `flip_fraction` is measured on the straight way from the instance, on which categories
    change at the very end; 1 therefore also says "only with the changed category".
    """

    target: Any = None
    n_candidates: int = 1
    n_samples: int = 1000
    n_starts: int = 8
    immutable: Sequence[str] = ()
    max_changed: int | None = None
    change_cost: float = 0.1
    min_probability: float = 0.0

    name: ClassVar[str] = "counterfactuals"
    block_rows: ClassVar[int] = 25
    result: ClassVar[type[Counterfactuals]] = Counterfactuals
    engines: ClassVar[tuple[Engine, ...]] = ("batched",)
    tasks: ClassVar[tuple[str, ...]] = ("classification",)

    def __post_init__(self) -> None:
        for name in ("n_candidates", "n_samples", "n_starts"):
            check_count(name, getattr(self, name))
        if self.max_changed is not None:
            check_count("max_changed", self.max_changed)
        if isinstance(self.immutable, str):
            raise InputError(
                expected="immutable to be a list of column names",
                arrived=repr(self.immutable),
                do=f"Pass immutable=[{self.immutable!r}].",
            )
        _check_between("change_cost", self.change_cost, float("inf"))
        _check_between("min_probability", self.min_probability, 1.0)

    def check(self, ensemble: SeedEnsemble) -> None:
        """Raise when the target is no class, or no column may change."""
        if self.target is not None and self.target not in ensemble.classes:
            raise InputError(
                expected=f"target to be a class of the ensemble "
                f"({', '.join(map(repr, ensemble.classes))})",
                arrived=repr(self.target),
                do=suggestion(self.target, ensemble.classes) or "Name one of the listed classes.",
            )
        if not self._mutable(ensemble).any():
            raise InputError(
                expected="at least one column that may change",
                arrived=f"all of {', '.join(ensemble.schema.names)} in immutable",
                do="Leave a column out of immutable.",
            )

    def explain_batched(self, block: Block) -> Arrays:
        """Search points for all seeds and the instances of a block."""
        mutable = self._mutable(block.ensemble)
        proximity = Proximity.from_background(block.background, mutable, self.change_cost)
        unlike = UnlikeRows(block.background, proximity, self.n_samples, self.max_changed)
        pieces = [
            _Search(self, block, unlike, slice(start, start + GROUP_SIZE)).explain()
            for start in range(0, len(block.rows), GROUP_SIZE)
        ]
        return self.merge(pieces)

    def parameters(self) -> dict[str, Any]:
        """Return the parameters as a JSON-able dict."""
        target = self.target.item() if isinstance(self.target, np.generic) else self.target
        return super().parameters() | {"target": target, "immutable": list(self.immutable)}

    def targets(self, ensemble: SeedEnsemble, outputs: np.ndarray) -> np.ndarray:
        """Return the place of the wanted class, shape (n_seeds, n_instances)."""
        if self.target is not None:
            return np.full(outputs.shape[:2], ensemble.classes.index(self.target))
        return np.asarray(np.argsort(-outputs, axis=-1, kind="stable")[..., 1])

    def _mutable(self, ensemble: SeedEnsemble) -> np.ndarray:
        mutable = np.ones(ensemble.schema.n_features, dtype=bool)
        mutable[[ensemble.schema.index(name) for name in self.immutable]] = False
        return mutable


class _Search:
    """The work of some instances: starts on all models, then each model's own approach."""

    def __init__(
        self, explainer: CounterfactualExplainer, block: Block, unlike: UnlikeRows, part: slice
    ) -> None:
        self.explainer = explainer
        self.ensemble = block.ensemble
        self.unlike = unlike
        self.proximity = unlike.proximity
        self.rows = block.rows[part]
        self.generators = [np.random.default_rng(seed) for seed in block.seeds[part]]
        self.outputs = self.ensemble.outputs_encoded(self.rows)
        self.target = explainer.targets(self.ensemble, self.outputs)

    def explain(self) -> Arrays:
        """Return the arrays of these instances."""
        starts, started = self._starts()
        noise = np.stack(
            [trade_noise(rng, starts.shape[2], starts.shape[3]) for rng in self.generators]
        )
        point = np.stack(
            [
                self._points(seed, starts[seed], started[seed], noise)
                for seed in range(self.ensemble.n_seeds)
            ]
        )
        return self._arrays(point)

    def lead(self, outputs: np.ndarray, target: np.ndarray) -> np.ndarray:
        """Return by how much the wanted class is ahead of what it needs; 0 or more suffices."""
        own = np.take_along_axis(outputs, target[..., None], axis=-1)
        others = outputs.copy()
        np.put_along_axis(others, target[..., None], -np.inf, axis=-1)
        ahead = own[..., 0] - others.max(axis=-1) - MARGIN
        return np.asarray(np.minimum(ahead, own[..., 0] - self.explainer.min_probability))

    def _starts(self) -> tuple[np.ndarray, np.ndarray]:
        """Return starts (n_seeds, n_instances, n_starts, n_features) and which are accepted."""
        n_starts = max(self.explainer.n_starts, self.explainer.n_candidates)
        shape = (self.ensemble.n_seeds, len(self.rows), n_starts)
        starts = np.empty((*shape, self.rows.shape[1]))
        accepted = np.zeros(shape, dtype=bool)
        for i, (origin, rng) in enumerate(zip(self.rows, self.generators, strict=True)):
            rows = self.unlike.around(origin, rng)
            rows = np.vstack([origin, rows])
            outputs = self.ensemble.outputs_encoded(rows)
            cost = self.proximity.cost(rows, origin)
            order = np.argsort(cost, kind="stable")
            rows, outputs = rows[order], outputs[:, order]
            patterns = np.unique(rows != origin, axis=0, return_inverse=True)[1].reshape(-1)
            for seed in range(shape[0]):
                target = np.full(len(rows), self.target[seed, i])
                lead = self.lead(outputs[seed], target)
                places, found = _choose(lead, patterns, shape[2])
                starts[seed, i], accepted[seed, i] = rows[places], found
        return starts, accepted

    def _points(
        self, seed: int, starts: np.ndarray, started: np.ndarray, noise: np.ndarray
    ) -> np.ndarray:
        """Return one model's points, shape (n_instances, n_candidates, n_features)."""
        starts, started = starts.copy(), started.copy()
        for i in np.flatnonzero(~started.any(axis=1)):
            starts[i, 0], started[i, 0] = self._climb(seed, int(i), starts[i, 0])
        instance, place = np.nonzero(started)
        if len(instance):
            approach = Approach(
                self.proximity,
                lambda points, which: self._lead(seed, points, instance[which]),
                self.rows[instance],
                self.explainer.max_changed,
            )
            nearer = approach.approach(starts[instance, place], noise[instance, place])
            starts = np.repeat(starts[:, :, None], 2, axis=2)
            starts[instance, place] = nearer
            starts = starts.reshape(len(starts), -1, starts.shape[-1])
            started = np.repeat(started, 2, axis=1)
        return np.stack([self._candidates(i, starts[i], started[i]) for i in range(len(self.rows))])

    def _lead(self, seed: int, points: Matrix, instance: np.ndarray) -> np.ndarray:
        outputs = self.ensemble.member_outputs_encoded(seed, points)
        return self.lead(outputs, self.target[seed, instance])

    def _climb(self, seed: int, i: int, point: np.ndarray) -> tuple[np.ndarray, bool]:
        """Change one column after another to what brings the wanted class closest."""
        origin, target = self.rows[i], self.target[seed, i]
        best = -np.inf
        for _ in range(int(self.proximity.mutable.sum())):
            trials = self.proximity.possible(self.unlike.moved(point[None])[0], origin)
            trials = np.vstack([point, trials])
            if self.explainer.max_changed is not None:
                n_changed = (trials != origin).sum(axis=1)
                trials = trials[n_changed <= self.explainer.max_changed]
            outputs = self.ensemble.member_outputs_encoded(seed, trials)
            lead = self.lead(outputs, np.full(len(trials), target))
            highest = int(lead.argmax())
            if lead[highest] <= best:
                break
            point, best = trials[highest], float(lead[highest])
            if best >= 0:
                break
        return point, best >= 0

    def _candidates(self, i: int, points: np.ndarray, accepted: np.ndarray) -> np.ndarray:
        """Return the cheapest accepted points, those with other changed columns first."""
        n_candidates = self.explainer.n_candidates
        if not accepted.any():
            return np.repeat(points[:1], n_candidates, axis=0)
        points = np.unique(points[accepted], axis=0)
        points = points[np.argsort(self.proximity.cost(points, self.rows[i]), kind="stable")]
        patterns = np.unique(points != self.rows[i], axis=0, return_inverse=True)[1].reshape(-1)
        order = _first_of_each(patterns)
        chosen = np.sort(order[:n_candidates])
        n_short = n_candidates - len(chosen)
        return np.asarray(points[np.concatenate([chosen, np.repeat(chosen[:1], n_short)])])

    def _arrays(self, point: np.ndarray) -> Arrays:
        origin = self.rows[:, None, :]
        n_seeds, n_instances, n_candidates, n_features = point.shape
        outputs = self.ensemble.outputs_encoded(point.reshape(-1, n_features))
        outputs = outputs.reshape(n_seeds, n_seeds, n_instances, n_candidates, -1)
        target = np.repeat(self.target[:, :, None], n_candidates, axis=2)
        own = outputs[np.arange(n_seeds), np.arange(n_seeds)]
        reached = np.take_along_axis(own, target[..., None], axis=-1)[..., 0]
        valid = (own.argmax(axis=-1) == target) & (reached >= self.explainer.min_probability)
        changed = point != origin
        return {
            "point": point,
            "valid": valid,
            "distance": self.proximity.distance(point, origin),
            "n_changed": changed.sum(axis=-1),
            "changed": changed,
            "target": self.target,
            "flip_fraction": self._flip_fraction(point, valid),
            "cross_validity": (outputs.argmax(axis=-1) == target[None]).swapaxes(0, 1),
            "feature_mad": self.proximity.unit,
        }

    def _flip_fraction(self, point: np.ndarray, valid: np.ndarray) -> np.ndarray:
        """Return where on the way from instance to point the wanted class is first given."""
        fraction = np.full(valid.shape, np.nan)
        start = self.outputs.argmax(axis=-1)
        for seed in range(len(point)):
            moving = valid[seed] & (start[seed] != self.target[seed])[:, None]
            instance, candidate = np.nonzero(moving)
            if len(instance):
                ends = point[seed, instance, candidate]
                fraction[seed, instance, candidate] = self._first_flip(seed, instance, ends)
        return fraction

    def _first_flip(self, seed: int, instance: np.ndarray, ends: Matrix) -> np.ndarray:
        origins, target = self.rows[instance], self.target[seed, instance]

        def flipped(share: np.ndarray) -> np.ndarray:
            way = origins + share[..., None] * (ends - origins)
            stay = self.proximity.discrete & (share < 1)[..., None]
            rows = np.where(share[..., None] < 1, np.where(stay, origins, way), ends)
            outputs = self.ensemble.member_outputs_encoded(seed, rows.reshape(-1, rows.shape[-1]))
            return np.asarray(outputs.argmax(axis=-1).reshape(share.shape) == target)

        grid = np.linspace(0.0, 1.0, N_PLACES)
        on_grid = flipped(np.repeat(grid[:, None], len(instance), axis=1))
        on_grid[-1] = True
        first = on_grid.argmax(axis=0)
        return first_accepted(flipped, grid[np.maximum(first - 1, 0)], grid[first])


def _choose(lead: np.ndarray, patterns: np.ndarray, n_starts: int) -> tuple[np.ndarray, np.ndarray]:
    """Return rows to start from, given cheapest first, and which of them are accepted."""
    accepted = np.flatnonzero(lead >= 0)
    if not len(accepted):
        return np.full(n_starts, lead.argmax()), np.zeros(n_starts, dtype=bool)
    places = accepted[_first_of_each(patterns[accepted])][:n_starts]
    found = np.arange(n_starts) < len(places)
    return np.concatenate([places, np.full(n_starts - len(places), places[0])]), found


def _first_of_each(patterns: np.ndarray) -> np.ndarray:
    """Return places with the first of every pattern ahead of repeats, otherwise in order."""
    first = np.unique(patterns, return_index=True)[1]
    repeat = np.ones(len(patterns), dtype=bool)
    repeat[first] = False
    return np.argsort(repeat, kind="stable")


def _check_between(name: str, value: object, upper: float) -> None:
    number = isinstance(value, float | int) and not isinstance(value, bool)
    if not number or not 0 <= float(value) <= upper or float(value) == float("inf"):  # type: ignore[arg-type]
        raise InputError(
            expected=f"{name} to be a number of at least 0"
            + (f" and at most {upper:g}" if upper < float("inf") else ""),
            arrived=repr(value),
            do=f"Pass a number such as {name}=0.1.",
        )
