"""The folder a run writes, and how it is read again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xaigeo.audit import Audit
from xaigeo.checks import Check
from xaigeo.ensemble.evaluation import Evaluation
from xaigeo.errors import StoreError
from xaigeo.explanations import Explanation
from xaigeo.store import load, load_check, load_evaluation, save_check, save_evaluation

MANIFEST = "manifest.json"
EVALUATION = "evaluation.npz"
EXPLANATIONS = "explanations"
CHECKS = "checks"
FORMAT = 1
# What reading a run needs of its manifest, and of the configuration in it.
PARTS = ("title", "registration", "started_at", "data", "explanations", "evaluation_sha256")
CONFIG_PARTS = ("audit", "report", "thresholds")


@dataclass(frozen=True)
class RunFolder:
    """Paths of one run.

    Holds ``manifest.json`` (configuration, hashes, versions, dates), ``explanations/`` with one
    store each (``kernel_shap``; ``kernel_shap.noise-1`` for another explainer seed;
    ``kernel_shap.background-1`` for another background; ``kernel_shap.rerun`` for a second
    training), ``checks/`` with one file each (``deletion.kernel_shap.npz``), ``evaluation.npz``,
    ``audit.json``, ``audit.md``, ``junit.xml`` and ``report.html``.

    The manifest holds the hash of every store and check, of the evaluation and of itself;
    ``audit.json`` holds its own. Reading compares them, which detects accidental change and naive
    tampering. It is no signature: whoever writes all files anew can make the hashes fit. Files
    added inside a store are never read; `xaigeo.store.verify_store` names them.
    ``audit.md``, ``junit.xml`` and ``report.html`` are made from the rest and are not hashed; write
    them again when in doubt.
    """

    path: Path

    @property
    def report(self) -> Path:
        """The HTML report."""
        return self.path / "report.html"

    @property
    def audit(self) -> Path:
        """The audit, canonical form."""
        return self.path / "audit.json"

    @property
    def markdown(self) -> Path:
        """The audit as a section of a model card."""
        return self.path / "audit.md"

    @property
    def junit(self) -> Path:
        """The audit for a CI server."""
        return self.path / "junit.xml"

    def explanation_path(self, name: str) -> Path:
        """Return where the explanation called `name` is stored."""
        return self.path / EXPLANATIONS / name

    def check_path(self, name: str) -> Path:
        """Return where the check called `name` is stored."""
        return self.path / CHECKS / f"{name}.npz"

    def save_check(self, check: Check, name: str) -> None:
        """Write what a check of the explanations measured."""
        save_check(check, self.check_path(name))

    def save_evaluation(self, evaluation: Evaluation) -> None:
        """Write the models' performance on the test rows."""
        save_evaluation(evaluation, self.path / EVALUATION)

    def save_audit(self, audit: Audit) -> None:
        """Write the audit in its three forms."""
        for path in (self.audit, self.markdown, self.junit):
            audit.save(path)

    def write_manifest(
        self,
        manifest: dict[str, Any],
        explanations: Sequence[str],
        checks: Sequence[str] = (),
    ) -> None:
        """Write the manifest with the hash of everything the run stored."""
        stores = {
            name: json.loads((self.explanation_path(name) / MANIFEST).read_text())["sha256"]
            for name in explanations
        }
        whole = {
            "format": FORMAT,
            **manifest,
            "explanations": stores,
            "checks": {name: _file_sha256(self.check_path(name)) for name in checks},
            "evaluation_sha256": _file_sha256(self.path / EVALUATION),
        }
        whole = json.loads(json.dumps(whole))
        whole["content_sha256"] = _content_sha256(whole)
        (self.path / MANIFEST).write_text(json.dumps(whole, indent=1) + "\n")

    def manifest(self) -> dict[str, Any]:
        """Return the manifest.

        Raises
        ------
        StoreError
            If the folder holds no finished run, or its manifest was altered.
        """
        try:
            manifest: dict[str, Any] = json.loads((self.path / MANIFEST).read_text())
            known = manifest["format"] == FORMAT
            config = dict(manifest["config"]) if known else {}
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise _unfinished(self.path) from error
        if not known:
            raise StoreError(
                expected=f"a run of format {FORMAT} in {self.path}",
                arrived=f"format {manifest['format']!r}",
                do="Read it with the version of xaigeo that wrote it, or run the job again.",
            )
        if manifest.get("content_sha256") != _content_sha256(manifest):
            raise _altered(self.path / MANIFEST)
        lacking = [name for name in PARTS if name not in manifest]
        lacking += [f"config.{name}" for name in CONFIG_PARTS if name not in config]
        if lacking:
            raise StoreError(
                expected=f"a whole manifest in {self.path}",
                arrived=f"one without {', '.join(lacking)}",
                do="Pass the output folder of `xaigeo run` or `xaigeo demo`, as it was written.",
            )
        return manifest

    def load(self) -> tuple[dict[str, Explanation], Evaluation]:
        """Return the explanations by name and the evaluation, after checking their hashes.

        Raises
        ------
        StoreError
            If anything is missing, was added or was altered since the run.
        """
        manifest = self.manifest()
        self._check_listing(self.path / EXPLANATIONS, manifest["explanations"])
        found = _file_sha256(self.path / EVALUATION)
        if found != manifest["evaluation_sha256"]:
            raise _altered(self.path / EVALUATION)
        explanations = {}
        for name, expected in manifest["explanations"].items():
            folder = self.explanation_path(name)
            explanations[name] = load(folder)
            if json.loads((folder / MANIFEST).read_text())["sha256"] != expected:
                raise _altered(folder)
        return explanations, load_evaluation(self.path / EVALUATION)

    def checks(self) -> dict[str, Check]:
        """Return the checks of the explanations by name, after comparing their hashes.

        Raises
        ------
        StoreError
            If one is missing, was added or was altered since the run.
        """
        listed: dict[str, str] = self.manifest().get("checks", {})
        self._check_listing(self.path / CHECKS, [f"{name}.npz" for name in listed])
        found = {}
        for name, expected in listed.items():
            path = self.check_path(name)
            if _file_sha256(path) != expected:
                raise _altered(path)
            found[name] = load_check(path)
        return found

    def _check_listing(self, folder: Path, listed: Iterable[str]) -> None:
        """Raise unless what a folder holds is what the manifest lists."""
        found = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
        missing, added = sorted(set(listed) - found), sorted(found - set(listed))
        if missing or added:
            words = [f"none of {', '.join(missing)}"] if missing else []
            words += [f"also {', '.join(added)}"] if added else []
            steps = ["put back what is missing"] if missing else []
            steps += ["remove what was added"] if added else []
            raise StoreError(
                expected=f"exactly the {folder.name} in {folder} that the manifest lists",
                arrived=" and ".join(words),
                do=f"{' and '.join(steps)}, or run the job again.".capitalize(),
            )


def primary(explanations: dict[str, Explanation]) -> list[Explanation]:
    """Return one explanation a method: not the repeats that measure noise."""
    return [explanation for name, explanation in explanations.items() if "." not in name]


def partial_path(path: Path) -> Path:
    """Return where a run is kept until it is done."""
    return path.with_name(f".{path.name}.partial")


def _unfinished(path: Path) -> StoreError:
    do = "Pass the output folder of `xaigeo run` or `xaigeo demo`."
    if path.is_dir():
        arrived = "no readable manifest.json"
    elif path.exists():
        arrived = "a file"
    elif path.name and partial_path(path).is_dir():
        arrived = f"one that goes on or was stopped, in {partial_path(path)}"
        do = "If it was stopped, start the same run again: it goes on from there."
    else:
        arrived = "no such folder"
    return StoreError(expected=f"a finished run in {path}", arrived=arrived, do=do)


def _content_sha256(manifest: dict[str, Any]) -> str:
    rest = {key: value for key, value in manifest.items() if key != "content_sha256"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()


def _altered(path: Path) -> StoreError:
    return StoreError(
        expected=f"{path} as the run wrote it",
        arrived="other contents",
        do="It was altered after the run; run the job again.",
    )


def _file_sha256(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise StoreError(
            expected=f"a file at {path}",
            arrived=error.strerror or "nothing",
            do="The run is incomplete; run the job again.",
        ) from error
