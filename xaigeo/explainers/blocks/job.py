"""What all blocks of a call share, how a worker gets it, and what it does with it."""

from __future__ import annotations

import pickle
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import numpy as np

from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.explainers.background import Background
from xaigeo.explainers.blocks.block import Arrays, Block, Engine
from xaigeo.explainers.blocks.cut import Cut
from xaigeo.explainers.blocks.streams import instance_seed, shared_seed
from xaigeo.explainers.blocks.threads import one_thread
from xaigeo.schema import Matrix

if TYPE_CHECKING:
    from xaigeo.explainers.base import Explainer


@dataclass(frozen=True, eq=False)
class Job:
    """What all blocks of a call share.

    `beside` holds labels of all instances beside their names, such as texts, each of shape
    (n_instances,).
    """

    explainer: Explainer
    ensemble: SeedEnsemble
    background: Background
    engine: Engine
    entropy: int
    max_memory: int
    beside: Mapping[str, np.ndarray] = field(default_factory=dict)

    def block(self, rows: Matrix) -> Block:
        """Return the block of some rows.

        Seed sequences are made here, and not handed on, since spawning changes them.
        """
        seeds = InstanceSeeds(self.entropy, rows, self.background)
        shared = shared_seed(self.entropy)
        return Block(self.ensemble, rows, self.background, seeds, shared, self.max_memory)


@dataclass(frozen=True, eq=False)
class InstanceSeeds(Sequence[np.random.SeedSequence]):
    """One seed sequence an instance, made when first asked for: not every method draws."""

    entropy: int
    rows: Matrix
    background: Background
    made: dict[int, np.random.SeedSequence] = field(default_factory=dict, init=False)

    @cached_property
    def identities(self) -> np.ndarray:
        """What tells the rows apart, shape (n_instances, n_features)."""
        return self.background.identities(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return [self[i] for i in range(len(self))[place]]
        place = range(len(self))[place]
        if place not in self.made:
            self.made[place] = instance_seed(self.entropy, self.identities[place])
        return self.made[place]


@dataclass(frozen=True, eq=False)
class PackedJob:
    """A job as bytes, which a worker process unpacks once and keeps.

    joblib sends an array of more than a megabyte to processes through one file that all of
    them map, and puts it on a dask cluster once, instead of sending it with every task.
    """

    key: str
    content: np.ndarray

    @classmethod
    def of(cls, job: Job) -> PackedJob:
        """Pack a job; models and explainers written in a notebook go along as code."""
        from joblib import wrap_non_picklable_objects

        content = pickle.dumps(wrap_non_picklable_objects(job, keep_wrapper=False))
        return cls(uuid4().hex, np.frombuffer(content, dtype=np.uint8))

    @property
    def arguments(self) -> tuple[str, np.ndarray]:
        """The two parts, each for itself: joblib looks for arrays among arguments."""
        return self.key, self.content


def run_block(explainer: Explainer, block: Block, engine: Engine) -> Arrays:
    """Explain one block; a pure function, so that any worker may run it."""
    return (
        explainer.explain_batched(block)
        if engine == "batched"
        else explainer.explain_upstream(block)
    )


def run_task(job: Job, cut: Cut, task: int, rows: Matrix) -> tuple[int, Arrays]:
    """Explain the blocks of one task, on one thread; `rows` are the task's own.

    Returns
    -------
    task : int
        Its place, since tasks may come back in any order.
    arrays : dict
        Joined along the instances.
    """
    start = cut.task_rows(task).start
    with one_thread():
        pieces = []
        for part in cut.task_blocks(task):
            block = job.block(rows[part.start - start : part.stop - start])
            pieces.append(run_block(job.explainer, block, job.engine))
        return task, job.explainer.merge(pieces)


def run_packed(
    key: str, content: np.ndarray, cut: Cut, task: int, rows: Matrix
) -> tuple[int, Arrays]:
    """Explain the blocks of one task in another process."""
    return run_task(_unpacked(key, content), cut, task, rows)


# The last job of this process, by its key: the next call's takes its place.
_KEPT: dict[str, Job] = {}


def _unpacked(key: str, content: np.ndarray) -> Job:
    job = _KEPT.get(key)
    if job is None:
        job = pickle.loads(content.data)
        _KEPT.clear()
        _KEPT[key] = job
    return job
