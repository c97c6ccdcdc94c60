"""The folder of a run that goes on: kept when it is stopped, taken up by the same run."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from xaigeo import __version__
from xaigeo.audit.registration import Registration
from xaigeo.errors import StoreError
from xaigeo.runs.config import RunConfig
from xaigeo.runs.folder import EXPLANATIONS, RunFolder, partial_path
from xaigeo.runs.study import Study

BEGUN = "begun.json"


@dataclass(frozen=True)
class Unfinished:
    """A run's folder beside its output folder, until the run is done.

    Attributes
    ----------
    folder : RunFolder
    registration : Registration
        Of the first start: what was registered then holds for what was explained since.
    started_at : str
        Of the first start.
    resumed_at : str or None
        When the run was taken up.
    """

    folder: RunFolder
    registration: Registration
    started_at: str
    resumed_at: str | None

    @classmethod
    def begin(
        cls, target: Path, config: RunConfig, study: Study, registration: Registration
    ) -> Unfinished:
        """Take up the run that was stopped, where it is the same one, or begin anew.

        An earlier, finished run at `target` stays until this one is done.

        Raises
        ------
        StoreError
            If something other than a run is at `target`.
        """
        _check_target(target)
        path = partial_path(target)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        own = {"xaigeo": __version__, "config": config.sha256, "data": study.digest}
        there = _begun(path)
        if there is not None and there["run"] == own:
            first = Registration.from_dict(there["registration"])
            return cls(RunFolder(path), first, there["started_at"], now)
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(parents=True)
        told = {"run": own, "registration": registration.to_dict(), "started_at": now}
        (path / BEGUN).write_text(json.dumps(told, indent=1) + "\n")
        return cls(RunFolder(path), registration, now, None)

    @property
    def has_explanations(self) -> bool:
        """Whether there is something to take up."""
        return (self.folder.path / EXPLANATIONS).is_dir()

    def finish(self) -> Path:
        """Return the folder as it is to be moved to its place."""
        (self.folder.path / BEGUN).unlink()
        return self.folder.path


def _begun(path: Path) -> dict[str, Any] | None:
    try:
        answer: dict[str, Any] = json.loads((path / BEGUN).read_text())
    except (OSError, ValueError):
        return None
    return answer


def _check_target(target: Path) -> None:
    if target.exists() and any(target.iterdir() if target.is_dir() else [target]):
        try:
            RunFolder(target).manifest()
        except StoreError as error:
            raise StoreError(
                expected=f"a new or empty folder, or an earlier run, at {target}",
                arrived="something else",
                do="Choose another output folder; nothing was touched.",
            ) from error
