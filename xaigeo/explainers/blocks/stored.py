"""A run whose results go to disk as they come, and that can be taken up where it stopped."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from xaigeo.errors import StoreError
from xaigeo.explainers.blocks.assembly import assemble
from xaigeo.explainers.blocks.cut import Cut
from xaigeo.explainers.blocks.identity import differences, identity
from xaigeo.explainers.blocks.job import Job
from xaigeo.explainers.blocks.labelling import Labeller
from xaigeo.explainers.blocks.running import run_tasks
from xaigeo.explanations import Explanation
from xaigeo.folders import put_folder
from xaigeo.schema import Matrix
from xaigeo.store.manifest import MANIFEST
from xaigeo.store.parts import PartFolder
from xaigeo.store.reading import load
from xaigeo.store.writing import check_place

RESULT = "result"


@dataclass(frozen=True, eq=False)
class StoredRun:
    """One call of `explain` with ``store=``.

    Parts are collected in ``.<name>.partial`` beside the store. When all are there, they are
    written into a store inside that folder, which is then moved to its place: what is at the
    store's path is a finished result at all times.

    Attributes
    ----------
    target : Path
        The store.
    job : Job
    any_seed : bool
        Whether the explainer's seed was left open: one that a store was begun with is taken up.
    rows : ndarray, shape (n_instances, n_features)
    labels : ndarray, shape (n_instances,)
    cut : Cut
    overwrite : bool
        Whether the store of another run may be replaced.
    """

    target: Path
    job: Job
    any_seed: bool
    rows: Matrix
    labels: np.ndarray
    cut: Cut
    overwrite: bool

    def carry_out(self, *, n_jobs: int | None, progress: bool) -> Explanation:
        """Return the explanation, opened lazily; do what is not done yet.

        Raises
        ------
        StoreError
            If the store, finished or not, is of another run and may not be replaced, if
            something else is at its path, if nothing may be written there, or if another
            process is at work on it.
        """
        check_place(self.target)
        _make_writable(self.target.parent)
        own = identity(self.job, self.rows, self.labels, self.cut)
        if not self._finished(own):
            parts = PartFolder(self.target.with_name(f".{self.target.name}.partial"))
            with parts.locked():
                # Looked at again: another process may have been at work until now.
                self._end_of_swap(parts)
                if not self._finished(own):
                    self._fill(parts, own, n_jobs=n_jobs, progress=progress)
                shutil.rmtree(parts.path)
        return load(self.target, lazy=True)

    def _fill(
        self, parts: PartFolder, own: dict[str, Any], *, n_jobs: int | None, progress: bool
    ) -> None:
        job = self._begin(parts, own)
        labeller = Labeller(job, self.rows, self.labels)
        for task, arrays in run_tasks(
            job,
            self.cut,
            self.rows,
            done=parts.done(),
            n_jobs=n_jobs,
            progress=progress,
            in_waves=True,
        ):
            parts.write(task, arrays)
        assemble(parts, labeller, self.cut, parts.path / RESULT)
        put_folder(parts.path / RESULT, self.target)

    def _begin(self, parts: PartFolder, own: dict[str, Any]) -> Job:
        """Return the job, with the seed that it was begun with."""
        there = parts.job
        if there is not None:
            wrong = self._differences(there, own)
            if not wrong:
                return replace(self.job, entropy=there["random_state"])
            self._refuse("unfinished run", wrong)
        # What cannot be stored is told before the work, not after.
        Labeller(self.job, self.rows, self.labels).described(())
        parts.begin(own)
        return self.job

    def _finished(self, own: dict[str, Any]) -> bool:
        """Return whether the store holds this run; raise for another one that must stay."""
        if not self.target.exists():
            return False
        there = PartFolder(self.target).job
        if there is None:
            self._refuse("result", ["it was written by save()"])
            return False
        # A finished result stays what it is; an unfinished one must not mix two versions.
        wrong = [name for name in self._differences(there, own) if name != "versions"]
        if wrong:
            self._refuse("result", wrong)
        return not wrong

    def _differences(self, there: dict[str, Any], own: dict[str, Any]) -> list[str]:
        wanted = own | {"random_state": there["random_state"]} if self.any_seed else own
        return differences(there, wanted)

    def _refuse(self, what: str, wrong: list[str]) -> None:
        if not self.overwrite:
            raise StoreError(
                expected=f"the {what} of this call in the store {self.target}",
                arrived=f"that of another, other in: {', '.join(wrong)}",
                do="Choose another store, or pass overwrite=True to replace it once this call "
                "is done.",
            )

    def _end_of_swap(self, parts: PartFolder) -> None:
        """Finish a move that was stopped when the old store was away and the new not there."""
        result = parts.path / RESULT
        if (result / MANIFEST).is_file() and not self.target.exists():
            os.replace(result, self.target)


def _make_writable(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        reason = "" if os.access(folder, os.W_OK) else "no permission to write there"
    except OSError as error:
        reason = error.strerror or str(error)
    if reason:
        raise StoreError(
            expected=f"a store in a folder that can be written, and {folder} to be one",
            arrived=reason[0].lower() + reason[1:],
            do="Choose another path for the store.",
        )
