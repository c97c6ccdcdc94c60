"""Carry out a run: train, evaluate, explain, audit, report."""

from __future__ import annotations

import shutil
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from xaigeo import __version__
from xaigeo.audit import Audit, Registration, Thresholds, audit, read_thresholds
from xaigeo.audit.runner import evaluation_digest
from xaigeo.checks import Check
from xaigeo.ensemble.evaluation import Evaluation
from xaigeo.ensemble.record import training_outcome
from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.errors import LongTextWarning, StoreError
from xaigeo.explanations import Explanation, TokenAttributions
from xaigeo.folders import put_folder
from xaigeo.runs.checking import Checked, Checking, check_all
from xaigeo.runs.config import RunConfig, config_from_dict
from xaigeo.runs.explaining import Explaining, leading_method
from xaigeo.runs.folder import RunFolder, primary
from xaigeo.runs.plan import Plan, make_plan
from xaigeo.runs.reading import read_study
from xaigeo.runs.study import Study
from xaigeo.runs.unfinished import Unfinished
from xaigeo.store import check_digest, digest

Log = Callable[[str], None]


def demo_config(output: str | None = None) -> RunConfig:
    """Return the configuration of the demo: 20 networks on the Palmer penguins."""
    import tomllib

    table = tomllib.loads((files("xaigeo.runs") / "demo.toml").read_text())
    return config_from_dict(table | ({"output": output} if output else {}), where="demo.toml")


def run(
    config: RunConfig,
    *,
    base: str | Path = ".",
    log: Log = lambda line: None,
    progress: bool = False,
    n_jobs: int | None = None,
) -> RunFolder:
    """Carry out a run and return its folder.

    A run that was stopped, even by SIGKILL, is taken up by the same call: the models are
    trained again, and what they explained is not explained again.

    Parameters
    ----------
    config : RunConfig
    base : str or Path
        Folder that relative paths of data, thresholds and baseline start from; the output folder
        is relative to the current one.
    log : callable
        Gets one line a step.
    progress : bool
        Show progress bars on the terminal.
    n_jobs : int, optional
        Worker processes for explanations.

    Raises
    ------
    ConfigError
        If the configuration names data, models, methods or views that cannot be used.
    """
    config = config.settled(Path(base))
    study = read_study(config, base=Path(base))
    plan = make_plan(config, study)
    target = Path(config.output)
    unfinished = Unfinished.begin(target, config, study, plan.registration)
    try:
        with warnings.catch_warnings():
            # The notes of the data say so once, instead of every step.
            warnings.simplefilter("ignore", LongTextWarning)
            _fill(unfinished, config, study, plan, log=log, progress=progress, n_jobs=n_jobs)
    except BaseException:
        if unfinished.has_explanations:
            log(f"Stopped. The same run goes on from {unfinished.folder.path}")
        else:
            shutil.rmtree(unfinished.folder.path)
        raise
    put_folder(unfinished.finish(), target)
    return RunFolder(target)


def _fill(
    unfinished: Unfinished,
    config: RunConfig,
    study: Study,
    plan: Plan,
    *,
    log: Log,
    progress: bool,
    n_jobs: int | None,
) -> None:
    """Train, evaluate, explain, audit and report into a folder; explain what is not yet."""
    folder = unfinished.folder
    clock = time.perf_counter()
    if unfinished.resumed_at is not None:
        log(f"Taking up the run that was begun at {unfinished.started_at}")
    parts, data = study.parts, study.data
    n_train, n_test = len(parts.train), len(parts.test)
    log(f"Training {len(config.seed_list)} models on {n_train} {study.noun} of {data.name}")
    if study.reading:
        log(study.reading)
    ensemble = study.train(progress=progress)
    folder.save_evaluation(ensemble.evaluate(parts.test, parts.test_y))
    explaining = Explaining(plan.explainers, study, config, folder, log, progress, n_jobs)
    found = explaining.explain_all(ensemble)
    checks = _check_all(config, plan, ensemble, study, folder, log, n_jobs, found)
    manifest = {
        "title": config.title,
        "xaigeo": __version__,
        "registration": unfinished.registration.to_dict(),
        "started_at": unfinished.started_at,
        "resumed_at": unfinished.resumed_at,
        "finished_at": _now(),
        "seconds": round(time.perf_counter() - clock, 1),
        "config": config.model_dump(mode="json"),
        "config_sha256": config.sha256,
        "data": {
            "name": data.name,
            "source": data.source,
            "licence": data.licence,
            "notes": " ".join(note for note in (data.notes, study.reading) if note),
            "n_train": n_train,
            "n_test": n_test,
        },
    }
    if checks.left_out:
        manifest["checks_left_out"] = checks.left_out
    if trained := training_outcome(ensemble.record):
        manifest["training"] = trained
    if groups := study.groups():
        manifest["groups"] = groups
    folder.write_manifest(manifest, list(found), checks.made)
    log("Auditing")
    audit_run(folder)
    log("Writing the report")
    report_run(folder)


def audit_run(
    folder: RunFolder,
    *,
    thresholds: Thresholds | Mapping[str, Any] | None = None,
    required: Sequence[str] | None = None,
    baseline: Audit | str | Path | None = None,
) -> Audit:
    """Audit a stored run, write ``audit.json``, ``audit.md`` and ``junit.xml``, and return it.

    See `answer_run` for the parameters.
    """
    answer = answer_run(folder, thresholds=thresholds, required=required, baseline=baseline)
    folder.save_audit(answer)
    return answer


def answer_run(
    folder: RunFolder,
    *,
    thresholds: Thresholds | Mapping[str, Any] | None = None,
    required: Sequence[str] | None = None,
    baseline: Audit | str | Path | None = None,
) -> Audit:
    """Audit a stored run and write nothing.

    Parameters
    ----------
    thresholds : Thresholds or dict, optional
        Other thresholds than the run registered; item P4 then fails, as it should.
    required : sequence of str, optional
        Items that must be evaluated, beside those that the run's configuration requires.
    baseline : Audit or path of an ``audit.json``, optional
        An earlier audit to compare with (C3), in place of the one that the configuration names.
    """
    manifest = folder.manifest()
    explanations, evaluation = folder.load()
    told = manifest["config"]["audit"]
    own = read_thresholds(manifest["config"]["thresholds"] or None)
    if manifest["config"]["thresholds"]:
        file = told.get("thresholds")
        source = f"the file {Path(file).name}" if file else "the run's configuration"
        own = replace(own, source=source)
    return audit(
        list(explanations.values()),
        evaluation=evaluation,
        checks=list(folder.checks().values()),
        registration=Registration.from_dict(
            manifest["registration"] | {"started_at": manifest["started_at"]}
        ),
        thresholds=own if thresholds is None else thresholds,
        required=list(dict.fromkeys([*told["required"], *(required or ())])),
        groups=manifest.get("groups") or told.get("groups"),
        stored=manifest["explanations"].values(),
        baseline=baseline or told.get("baseline"),
    )


def report_run(folder: RunFolder) -> Path:
    """Write the HTML report of a stored run and return its path.

    Raises
    ------
    StoreError
        If the run or its audit was altered, or ``audit.json`` is of other results.
    """
    from xaigeo.viz import report

    manifest = folder.manifest()
    (explanations, evaluation), checks = folder.load(), folder.checks()
    stored = folder.audit
    if stored.is_file():
        answer = Audit.load(stored)
        _check_belongs(answer, explanations, checks, evaluation, manifest, stored)
    else:
        answer = audit_run(folder)
    views = manifest["config"]["report"].get("views")
    of_texts = any(isinstance(e, TokenAttributions) for e in explanations.values())
    return report(
        primary(explanations),
        folder.report,
        evaluation=evaluation,
        checks=list(checks.values()),
        audit=answer,
        views=[tuple(view) for view in views] if views else None,
        title=manifest["title"],
        notes=_notes(manifest, "texts" if of_texts else "rows"),
    )


def _check_belongs(
    answer: Audit,
    explanations: Mapping[str, Explanation],
    checks: Mapping[str, Check],
    evaluation: Evaluation,
    manifest: Mapping[str, Any],
    path: Path,
) -> None:
    """Raise unless a stored audit is of this run's results and asks what the run must answer."""
    about, registration = answer.about, manifest["registration"]
    first = next(iter(explanations.values()))
    told = about["registration"] or {}
    others_used = about["thresholds"]["sha256"] != registration["thresholds_sha256"]
    wrong = [
        name
        for name, differs in (
            (
                "explanations",
                [e["sha256"] for e in about["explanations"]]
                != [digest(e) for e in explanations.values()],
            ),
            (
                "checks",
                [check["sha256"] for check in about.get("checks", ())]
                != [check_digest(check) for check in checks.values()],
            ),
            (
                "predictions",
                (about["evaluation"] or {}).get("sha256") != evaluation_digest(evaluation),
            ),
            (
                "required items",
                not set(manifest["config"]["audit"]["required"]) <= set(answer.required),
            ),
            ("seeds", about["ensemble"]["seeds"] != first.seeds.tolist()),
            ("registration", any(told.get(key) != value for key, value in registration.items())),
            # Other thresholds than the registered ones may be used, but not silently.
            ("thresholds", others_used and answer["P4"].status != "fail"),
        )
        if differs
    ]
    if wrong:
        raise StoreError(
            expected=f"the audit of this run at {path}",
            arrived=f"one of other {', '.join(wrong)}",
            do=f"Audit the run again: xaigeo audit {path.parent}",
        )


def _check_all(
    config: RunConfig,
    plan: Plan,
    ensemble: SeedEnsemble,
    study: Study,
    folder: RunFolder,
    log: Log,
    n_jobs: int | None,
    found: Mapping[str, Explanation],
) -> Checked:
    parts = study.parts

    def refit(labels: np.ndarray) -> SeedEnsemble:
        return study.train(pd.Series(labels, index=parts.train_y.index, name=parts.train_y.name))

    explained = {name: one for name, one in found.items() if name in plan.explainers}
    checking = Checking(
        ensemble=ensemble,
        rows=parts.test,
        background=parts.train,
        rows_y=parts.test_y,
        labels=parts.train_y,
        refit=refit,
        random_state=config.explain.random_state,
        n_jobs=n_jobs,
        pools_by_attention=study.pools_by_attention,
    )
    log("Asking the models again, to see whether the explanations describe them")
    return check_all(config.faithfulness, explained, leading_method(found), checking, folder, log)


def _notes(manifest: dict[str, Any], noun: str) -> str:
    data, left_out = manifest["data"], manifest.get("checks_left_out", {})
    parts = [
        f"{data['name']}: {data['n_train']} {noun} to train, {data['n_test']} to test.",
        f"Source: {data['source']}. Licence: {data['licence']}.",
        data["notes"],
        *(f"Not checked: {name} ({why})." for name, why in left_out.items()),
        manifest["config"]["report"]["notes"],
    ]
    return " ".join(part for part in parts if part)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
