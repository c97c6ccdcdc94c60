"""Carry out a run: train, evaluate, explain, audit, report."""

from __future__ import annotations

import shutil
import time
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
from xaigeo.datasets.dataset import Dataset, Split
from xaigeo.ensemble.evaluation import Evaluation
from xaigeo.ensemble.members import Task
from xaigeo.ensemble.seed_ensemble import SeedEnsemble
from xaigeo.errors import StoreError
from xaigeo.explanations import Attributions, Explanation
from xaigeo.folders import put_folder
from xaigeo.runs.checking import Checking, check_all
from xaigeo.runs.config import RunConfig, config_from_dict
from xaigeo.runs.folder import RunFolder, primary
from xaigeo.runs.models import estimator_pipeline, network_factory
from xaigeo.runs.plan import Plan, make_plan
from xaigeo.runs.table import read_dataset
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
    data = read_dataset(config.data, base=Path(base))
    plan = make_plan(config, data)
    target = Path(config.output)
    unfinished = Unfinished.begin(target, config, data, plan.registration)
    try:
        _fill(unfinished, config, data, plan, log=log, progress=progress, n_jobs=n_jobs)
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
    data: Dataset,
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
    split = data.split(config.data.test_share, random_state=config.data.split_random_state)
    log(f"Training {len(config.seed_list)} models on {len(split.X_train)} rows of {data.name}")
    ensemble = train(config, plan.task, data, split, progress=progress)
    folder.save_evaluation(ensemble.evaluate(split.X_test, split.y_test))
    found = _explain_all(config, plan, ensemble, data, split, folder, log, progress, n_jobs)
    checks = _check_all(config, plan, ensemble, data, split, folder, log, n_jobs, found)
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
            "notes": data.notes,
            "n_train": len(split.X_train),
            "n_test": len(split.X_test),
        },
    }
    folder.write_manifest(manifest, list(found), checks)
    log("Auditing")
    audit_run(folder)
    log("Writing the report")
    report_run(folder)


def train(
    config: RunConfig, task: Task, data: Dataset, split: Split, *, progress: bool = False
) -> SeedEnsemble:
    """Return the seed ensemble that a configuration describes."""
    model = config.model
    if model.kind == "estimator":
        assert model.estimator is not None  # ModelSection checks
        pipeline = estimator_pipeline(model.estimator, model.parameters, data.schema)
        return SeedEnsemble.fit(
            pipeline,
            split.X_train,
            split.y_train,
            seeds=config.seed_list,
            task=task,
            schema=data.schema,
            progress=progress,
        )
    return SeedEnsemble.train(
        network_factory(model.hidden, model.activation, model.dropout),
        split.X_train,
        split.y_train,
        seeds=config.seed_list,
        task=task,
        schema=data.schema,
        epochs=model.epochs,
        batch_size=model.batch_size,
        optimizer=model.optimizer,
        learning_rate=model.learning_rate,
        weight_decay=model.weight_decay,
        patience=model.patience,
        validation_share=model.validation_share,
        class_weight=model.class_weight,
        progress=progress,
    )


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
        groups=told.get("groups"),
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
    views = manifest["config"]["report"]["views"]
    return report(
        primary(explanations),
        folder.report,
        evaluation=evaluation,
        checks=list(checks.values()),
        audit=answer,
        views=[tuple(view) for view in views] if views else None,
        title=manifest["title"],
        notes=_notes(manifest),
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


def _explain_all(
    config: RunConfig,
    plan: Plan,
    ensemble: SeedEnsemble,
    data: Dataset,
    split: Split,
    folder: RunFolder,
    log: Log,
    progress: bool,
    n_jobs: int | None,
) -> dict[str, Explanation]:
    section = config.explain
    rows = split.X_test.head(section.n_instances) if section.n_instances else split.X_test
    found: dict[str, Explanation] = {}

    def add(
        name: str,
        method: str,
        models: SeedEnsemble,
        random_state: int,
        background: pd.DataFrame = split.X_train,
    ) -> None:
        started = time.perf_counter()
        found[name] = plan.explainers[method].explain(
            models,
            rows,
            background=background,
            random_state=random_state,
            n_jobs=n_jobs,
            progress=progress,
            store=folder.explanation_path(name),
            # A store of other models than were trained now is of no use to this run.
            overwrite=True,
        )
        log(f"  {name}: {time.perf_counter() - started:.1f} s")

    log(f"Explaining {len(rows)} rows for {ensemble.n_seeds} models")
    for name in plan.explainers:
        add(name, name, ensemble, section.random_state)
    attributed = [name for name, one in found.items() if isinstance(one, Attributions)]
    leading = _leading(attributed)
    for method in (name for name in attributed if plan.explainers[name].randomised):
        for repeat in range(1, section.noise_repeats + 1):
            add(f"{method}.noise-{repeat}", method, ensemble, section.random_state + repeat)
    if leading is not None:
        for repeat in range(1, config.faithfulness.backgrounds + 1):
            # Drawn with replacement: another sample of as many rows from where these came from.
            other = split.X_train.sample(
                frac=1.0, replace=True, random_state=section.random_state + repeat
            )
            name = f"{leading}.background-{repeat}"
            add(name, leading, ensemble, section.random_state, other)
    if section.rerun and leading is not None:
        log("Training again, to see whether the run repeats itself")
        again = train(config, plan.task, data, split)
        add(f"{leading}.rerun", leading, again, section.random_state)
    return found


def _leading(attributed: Sequence[str]) -> str | None:
    """Return the method of attributions that the audit judges first."""
    if not attributed:
        return None
    return "kernel_shap" if "kernel_shap" in attributed else attributed[0]


def _check_all(
    config: RunConfig,
    plan: Plan,
    ensemble: SeedEnsemble,
    data: Dataset,
    split: Split,
    folder: RunFolder,
    log: Log,
    n_jobs: int | None,
    found: Mapping[str, Explanation],
) -> list[str]:
    def refit(labels: np.ndarray) -> SeedEnsemble:
        shuffled = pd.Series(labels, index=split.y_train.index, name=split.y_train.name)
        return train(config, plan.task, data, split._replace(y_train=shuffled))

    explained = {name: one for name, one in found.items() if name in plan.explainers}
    attributed = [name for name, one in explained.items() if isinstance(one, Attributions)]
    checking = Checking(
        ensemble=ensemble,
        rows=split.X_test,
        background=split.X_train,
        labels=split.y_train,
        refit=refit,
        random_state=config.explain.random_state,
        n_jobs=n_jobs,
    )
    log("Asking the models again, to see whether the explanations describe them")
    return check_all(config.faithfulness, explained, _leading(attributed), checking, folder, log)


def _notes(manifest: dict[str, Any]) -> str:
    data = manifest["data"]
    parts = [
        f"{data['name']}: {data['n_train']} rows to train, {data['n_test']} to test.",
        f"Source: {data['source']}. Licence: {data['licence']}.",
        data["notes"],
        manifest["config"]["report"]["notes"],
    ]
    return " ".join(part for part in parts if part)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
