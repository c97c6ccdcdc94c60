"""Tasks through joblib, on whatever backend the user chose, with a bar that moves."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from xaigeo.explainers.blocks.block import Arrays
from xaigeo.explainers.blocks.cut import Cut
from xaigeo.explainers.blocks.job import Job, PackedJob, run_packed, run_task
from xaigeo.schema import Matrix

# Tasks handed to each worker at a time where results are stored as they come, or where a backend
# gives back nothing before all are done. Workers that are done first wait for the last.
TASKS_A_WORKER = 16


def run_tasks(
    job: Job,
    cut: Cut,
    rows: Matrix,
    *,
    done: Collection[int] = (),
    n_jobs: int | None,
    progress: bool,
    in_waves: bool = False,
) -> Iterator[tuple[int, Arrays]]:
    """Yield the place and the arrays of every task that is not done, in any order.

    Parameters
    ----------
    job : Job
    cut : Cut
    rows : ndarray, shape (n_instances, n_features)
    done : collection of int
        Places of tasks to leave out; the bar starts beyond them.
    n_jobs : int, optional
        Workers; None follows `joblib.parallel_config`.
    progress : bool
        Show a bar that counts instances, with the time left.
    in_waves : bool
        Hand tasks out by some for each worker, and the next when these are done, so that
        results do not gather in memory faster than the caller takes them.
    """
    from joblib import effective_n_jobs
    from tqdm import tqdm

    left = [task for task in range(cut.n_tasks) if task not in done]
    n_workers = effective_n_jobs(n_jobs) if len(left) > 1 else 1
    sizes = [part.stop - part.start for part in map(cut.task_rows, range(cut.n_tasks))]
    found = (
        (run_task(job, cut, task, rows[cut.task_rows(task)]) for task in left)
        if n_workers == 1
        else _run_parallel(job, cut, rows, left, n_jobs, n_workers, in_waves)
    )
    with tqdm(
        total=len(rows),
        initial=sum(sizes[task] for task in done),
        desc=job.explainer.name,
        unit="instance",
        disable=not progress,
    ) as bar:
        for task, arrays in found:
            yield task, arrays
            bar.update(sizes[task])


def _run_parallel(
    job: Job,
    cut: Cut,
    rows: Matrix,
    left: Sequence[int],
    n_jobs: int | None,
    n_workers: int,
    in_waves: bool,
) -> Iterator[tuple[int, Arrays]]:
    from joblib import Parallel, delayed
    from joblib.parallel import get_active_backend

    backend, _ = get_active_backend()
    # joblib's multiprocessing backend gives back everything at once (joblib 1.6).
    streams = getattr(backend, "supports_return_generator", False)
    shared = getattr(backend, "supports_sharedmem", False)
    call: Any = delayed(run_task if shared else run_packed)
    first = (job,) if shared else PackedJob.of(job).arguments
    size = TASKS_A_WORKER * n_workers if in_waves or not streams else len(left)
    with Parallel(
        n_jobs=n_jobs, return_as="generator_unordered" if streams else "list"
    ) as parallel:
        for start in range(0, len(left), size):
            yield from parallel(
                call(*first, cut, task, rows[cut.task_rows(task)])
                for task in left[start : start + size]
            )
