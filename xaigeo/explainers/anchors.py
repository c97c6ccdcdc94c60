"""Anchors: boxes on the data within which a model's answer stays the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from xaigeo.errors import InputError
from xaigeo.explainers.base import Arrays, Block, Engine, Explainer
from xaigeo.explainers.box_search import BoxSearch, Pool, Predicates
from xaigeo.explainers.catalogue import EXPLAINERS
from xaigeo.explainers.cells import Cells
from xaigeo.explainers.confidence import allowed_misses, share_lower_bound
from xaigeo.explainers.rule_samples import Noise, RuleSampler, Sampling
from xaigeo.explanations import Anchors
from xaigeo.options import check_count, check_option

# Numbers held at once in sampled rows (float64): 40 MB.
MAX_NUMBERS = 5_000_000


@EXPLAINERS.register("anchors")
@dataclass(frozen=True, kw_only=True)
class AnchorExplainer(Explainer):
    """Find, for every seed and instance, a wide box on which the model keeps its answer.

    A rule restricts columns by intervals (numeric and ordinal) and sets of categories. Its
    *precision* is the share of perturbed rows under the rule that the model gives the class
    it gives the instance; its *coverage* the share of background rows that obey it. Of rules
    whose precision is at least `threshold` with confidence 1 - `delta`, the search looks for
    the one of largest coverage. All seeds see the same perturbations.

    Parameters
    ----------
    threshold : float
        Wanted precision, tau.
    delta : float
        The reported `precision_low` exceeds the true precision with at most this probability.
    n_samples : int
        Fresh rows on which a rule is measured.
    n_search : int
        Rows of the pool on which rules are searched.
    n_cuts : int
        Candidate cut points of a numeric column, near its evenly spaced quantiles.
    n_checks : int
        How often a rule that fails its measurement is narrowed and measured again.
    beam : int
        How many first predicates the search tries.
    max_predicates : int, optional
        Columns that a rule may restrict.
    sampling : {"conditional", "marginal"}
        What rows under a rule are; see `RuleSampler`.

    Notes
    -----
    Search and measurement are kept apart. A rule found on one set of rows is measured on
    fresh ones; if its bound stays below the threshold, it is narrowed with the help of those
    rows and measured on fresh ones again, `n_checks` times at most. Each bound is Clopper and
    Pearson's at level `delta / n_checks`, so that all bounds of an instance hold together
    with probability 1 - `delta`, whichever is reported. A rule that never reaches the
    threshold is an answer too: the one of highest bound is returned with `met` False.

    After Ribeiro, Singh and Guestrin (2018), doi:10.1609/aaai.v32i1.11491, with boxes in place of
    lists of bins, one search for all seeds, and an exact binomial bound in place of the
    Kullback-Leibler one.
    """

    threshold: float = 0.95
    delta: float = 0.1
    n_samples: int = 1000
    n_search: int = 5000
    n_cuts: int = 12
    n_checks: int = 10
    beam: int = 4
    max_predicates: int | None = None
    sampling: Sampling = "conditional"

    name: ClassVar[str] = "anchors"
    result: ClassVar[type[Anchors]] = Anchors
    engines: ClassVar[tuple[Engine, ...]] = ("batched",)
    packages: ClassVar[tuple[str, ...]] = ("scipy",)
    tasks: ClassVar[tuple[str, ...]] = ("classification",)

    def __post_init__(self) -> None:
        for name in ("n_samples", "n_search", "n_cuts", "n_checks", "beam"):
            check_count(name, getattr(self, name))
        if self.max_predicates is not None:
            check_count("max_predicates", self.max_predicates)
        check_option("sampling", self.sampling, Sampling)
        for name in ("threshold", "delta"):
            _check_share(name, getattr(self, name))
        self._check_reachable()

    def explain_batched(self, block: Block) -> Arrays:
        """Search and measure rules for all seeds and the instances of a block."""
        search = _Search(self, block)
        n_seeds, (n_instances, n_features) = block.ensemble.n_seeds, block.rows.shape
        size = max(1, MAX_NUMBERS // (n_seeds * self.n_samples * n_features))
        pieces = [
            search.explain(np.arange(start, min(start + size, n_instances)))
            for start in range(0, n_instances, size)
        ]
        return self.merge(pieces)

    @property
    def level(self) -> float:
        """Error level of a single bound."""
        return self.delta / self.n_checks

    def _check_reachable(self) -> None:
        needed = int(np.ceil(np.log(self.level) / np.log(self.threshold)))
        for name in ("n_samples", "n_search"):
            if getattr(self, name) < needed:
                raise InputError(
                    expected=f"{name} of at least {needed}, so that a rule without a miss can "
                    f"show a precision of {self.threshold:g}",
                    arrived=f"{name}={getattr(self, name)}",
                    do=f"Raise {name}, or lower threshold, n_checks or the confidence 1 - delta.",
                )


class _Search:
    """The work of one block: the shared pool, then instances in groups."""

    def __init__(self, explainer: AnchorExplainer, block: Block) -> None:
        self.explainer = explainer
        self.block = block
        self.cells = Cells.from_background(block.background, explainer.n_cuts)
        self.sampler = RuleSampler(block.background, self.cells, explainer.sampling)
        self.search = BoxSearch(
            self.cells,
            self.sampler.background_cells,
            self._limits(),
            explainer.beam,
            explainer.max_predicates,
        )
        shared = np.random.default_rng(block.shared_seed)
        pool = self.sampler.pool(shared, explainer.n_search)
        self.pool_cells = self.cells.of(pool)
        self.pool_classes = block.ensemble.outputs_encoded(pool).argmax(axis=-1)
        self.classes = block.ensemble.outputs_encoded(block.rows).argmax(axis=-1)
        places = self.cells.of(block.rows)
        self.predicates = [Predicates.at(self.cells, own) for own in places]
        self.generators = [np.random.default_rng(seed) for seed in block.seeds]

    def explain(self, instances: np.ndarray) -> Arrays:
        """Return the arrays of some instances."""
        found = _Found.empty(self, instances)
        for check in range(self.explainer.n_checks):
            if not found.pending.any():
                break
            noise = {
                int(i): self._noise(instances[i]) for i in np.flatnonzero(found.pending.any(0))
            }
            for seed in np.flatnonzero(found.pending.any(axis=1)):
                group = np.flatnonzero(found.pending[seed])
                samples = self._samples(found, int(seed), group, noise)
                hits = self._hits(int(seed), instances[group], samples)
                found.record(int(seed), group, samples, hits)
                if check + 1 < self.explainer.n_checks:
                    self._narrow(found, int(seed), group, samples, hits)
        return found.arrays()

    def first_rules(self, instances: np.ndarray) -> np.ndarray:
        """Return rules found on the shared pool, shape (n_seeds, n_instances, n_cells)."""
        anything = np.ones(self.cells.n_cells, dtype=bool)
        rules = np.empty((len(self.classes), len(instances), self.cells.n_cells), dtype=bool)
        for seed, i in np.ndindex(rules.shape[:2]):
            instance = instances[i]
            hits = self.pool_classes[seed] == self.classes[seed, instance]
            pool = Pool(self.pool_cells, hits)
            rules[seed, i], _ = self.search.find(self.predicates[instance], pool, anything)
        return rules

    def cross_precision(self, instances: np.ndarray, samples: np.ndarray) -> np.ndarray:
        """Return (n_seeds, n_seeds, n_instances): each rule's precision under every model."""
        n_seeds, n_instances, n_samples, n_features = samples.shape
        cross = np.empty((n_seeds, n_seeds, n_instances))
        for i in range(n_instances):
            rows = samples[:, i].reshape(-1, n_features)
            classes = self.block.ensemble.outputs_encoded(rows).argmax(axis=-1)
            same = (
                classes.reshape(-1, n_seeds, n_samples)
                == (self.classes[:, instances[i]][None, :, None])
            )
            cross[:, :, i] = same.mean(axis=-1).T
        return cross

    def _noise(self, instance: int) -> Noise:
        n_samples = self.explainer.n_samples
        return Noise.draw(self.generators[instance], n_samples, self.block.background)

    def _samples(
        self, found: _Found, seed: int, group: np.ndarray, noise: dict[int, Noise]
    ) -> np.ndarray:
        return np.stack(
            [
                self.sampler.sample(
                    found.rules[seed, i], self.block.rows[found.instances[i]], noise[i]
                )
                for i in group.tolist()
            ]
        )

    def _hits(self, seed: int, instances: np.ndarray, samples: np.ndarray) -> np.ndarray:
        rows = samples.reshape(-1, samples.shape[-1])
        outputs = self.block.ensemble.member_outputs_encoded(seed, rows)
        classes = outputs.argmax(axis=-1).reshape(samples.shape[:2])
        return np.asarray(classes == self.classes[seed, instances][:, None])

    def _narrow(
        self, found: _Found, seed: int, group: np.ndarray, samples: np.ndarray, hits: np.ndarray
    ) -> None:
        for place, i in enumerate(group.tolist()):
            if not found.pending[seed, i]:
                continue
            pool = Pool(self.cells.of(samples[place]), hits[place])
            predicates = self.predicates[found.instances[i]]
            rule, _ = self.search.find(predicates, pool, found.rules[seed, i])
            # The same rule again would be measured a second time in the hope of better luck.
            found.pending[seed, i] = bool((rule != found.rules[seed, i]).any())
            found.rules[seed, i] = rule

    def _limits(self) -> np.ndarray:
        explainer = self.explainer
        size = max(explainer.n_search, explainer.n_samples)
        limits = allowed_misses(size, explainer.threshold, explainer.level)
        # A rule is proposed only if it would pass its measurement on fresh rows four times
        # in five, were its precision what the pool shows.
        from scipy.stats import beta

        most = limits[explainer.n_samples]
        rate = beta.ppf(0.2, most + 1, explainer.n_samples - most)
        return np.asarray(np.minimum(limits, np.floor(rate * np.arange(size + 1)).astype(np.int64)))


@dataclass
class _Found:
    """Rules under search, and the best measurement of each so far."""

    search: _Search
    instances: np.ndarray
    rules: np.ndarray
    pending: np.ndarray
    best_rules: np.ndarray
    hits: np.ndarray
    low: np.ndarray
    samples: np.ndarray

    @classmethod
    def empty(cls, search: _Search, instances: np.ndarray) -> _Found:
        rules = search.first_rules(instances)
        shape = rules.shape[:2]
        n_samples, n_features = search.explainer.n_samples, search.block.rows.shape[1]
        return cls(
            search=search,
            instances=instances,
            rules=rules,
            pending=np.ones(shape, dtype=bool),
            best_rules=rules.copy(),
            hits=np.zeros(shape, dtype=np.int64),
            low=np.full(shape, -1.0),
            samples=np.empty((*shape, n_samples, n_features)),
        )

    def record(self, seed: int, group: np.ndarray, samples: np.ndarray, hits: np.ndarray) -> None:
        """Keep the measurements that beat earlier ones, and tick off rules that pass."""
        explainer = self.search.explainer
        n_hits = hits.sum(axis=1)
        low = share_lower_bound(n_hits, explainer.n_samples, explainer.level)
        better = low > self.low[seed, group]
        kept = group[better]
        self.low[seed, kept] = low[better]
        self.hits[seed, kept] = n_hits[better]
        self.samples[seed, kept] = samples[better]
        self.best_rules[seed, kept] = self.rules[seed, kept]
        self.pending[seed, group] = low < explainer.threshold

    def arrays(self) -> Arrays:
        """Return the result's arrays."""
        explainer, cells = self.search.explainer, self.search.cells
        bounds = [cells.bounds(rule) for rule in self._each(self.best_rules)]
        lower, upper, allowed = (np.array(parts) for parts in zip(*bounds, strict=True))
        background = self.search.sampler.background_cells
        covered = [rule[background].all(axis=1).mean() for rule in self._each(self.best_rules)]
        shape = self.low.shape
        return {
            "lower": lower.reshape(*shape, -1),
            "upper": upper.reshape(*shape, -1),
            "allowed": allowed.reshape(*shape, *allowed.shape[1:]),
            "precision": self.hits / explainer.n_samples,
            "precision_low": self.low,
            "coverage": np.array(covered).reshape(shape),
            "n_samples": np.full(shape, explainer.n_samples),
            "met": self.low >= explainer.threshold,
            "cross_precision": self.search.cross_precision(self.instances, self.samples),
        }

    @staticmethod
    def _each(rules: np.ndarray) -> Iterator[np.ndarray]:
        return iter(rules.reshape(-1, rules.shape[-1]))


def _check_share(name: str, value: object) -> None:
    number = isinstance(value, float | int) and not isinstance(value, bool)
    if not number or not 0 < float(value) < 1:  # type: ignore[arg-type]
        raise InputError(
            expected=f"{name} to be a number between 0 and 1, both excluded",
            arrived=repr(value),
            do=f"Pass a number such as {name}={0.95 if name == 'threshold' else 0.1}.",
        )
