"""Answer every item of the checklist from stored results."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from xaigeo.audit.answer import Audit, check_required
from xaigeo.audit.copies import models_of, without_copies
from xaigeo.audit.evidence import Evidence, gather
from xaigeo.audit.finding import Finding
from xaigeo.audit.grouping import Groups
from xaigeo.audit.item import all_items
from xaigeo.audit.registration import Registration
from xaigeo.audit.thresholds import Thresholds, check_top, read_thresholds
from xaigeo.checks import Check
from xaigeo.ensemble.evaluation import Evaluation
from xaigeo.ensemble.fingerprint import fingerprint
from xaigeo.errors import InputError
from xaigeo.explanations import Explanation
from xaigeo.options import check_count
from xaigeo.store import check_digest


def audit(
    explanations: Explanation | Sequence[Explanation],
    *,
    evaluation: Evaluation | None = None,
    checks: Check | Sequence[Check] | None = (),
    registration: Registration | Mapping[str, Any] | None = None,
    thresholds: Thresholds | Mapping[str, Any] | str | Path | None = None,
    baseline: Audit | str | Path | None = None,
    required: Sequence[str] | None = None,
    groups: Groups | None = None,
    stored: Collection[str] | None = None,
    random_state: int = 0,
) -> Audit:
    """Answer the checklist for the explanations of one seed ensemble.

    Parameters
    ----------
    explanations : Explanation or sequence of Explanation
        Results of one ensemble. The same method with another `random_state` measures the
        explainer's noise (F2); the same call repeated, for models trained again, shows whether
        the run repeats itself (P3).
    evaluation : Evaluation, optional
        ``ensemble.evaluate(X_test, y_test)``; without it predictions on the background count.
    checks : Check or sequence of Check, optional
        What `xaigeo.faithfulness` measured of these explanations by asking the models again: F3,
        F4 and R1 need it.
    registration : Registration or dict, optional
        Answer of `xaigeo.audit.register`, made before training.
    thresholds : dict, path of a TOML file or Thresholds, optional
        Overrides of the defaults; see `xaigeo.audit.read_thresholds`.
    baseline : Audit or path of an ``audit.json``, optional
        An earlier audit to compare with (C3).
    required : sequence of str, optional
        Items that must be evaluated, on rows enough, for the audit to pass.
    groups : sequence of str or mapping, optional
        Groups of rows among which the seeds' agreement is compared (R2): names of columns, or
        name to one value for each explained row, as ``{"region": X_explained_regions}`` (a
        pandas Series is matched by its index). Numbers with more than ten different values are
        cut at their quartiles. Every categorical column if None.
    stored : collection of str, optional
        Hashes that were recorded when the explanations were stored, as in a run's
        ``manifest.json``; each explanation must have one of them (C4).
    random_state : int
        Seed of the intervals and null values.

    Returns
    -------
    Audit

    Raises
    ------
    InputError
        For no explanations, explanations of different ensembles, or an unknown required item.
    ConfigError
        For thresholds that cannot be read, or as many top features as there are.
    StoreError
        For a baseline that was altered.
    """
    _check_kinds(explanations, checks, required, groups)
    check_count("random_state", random_state, at_least=0)
    evidence = gather(
        explanations,
        evaluation=evaluation,
        checks=() if checks is None else checks,
        groups=groups,
        stored=stored,
        registration=registration,
        thresholds=read_thresholds(thresholds),
        baseline=read_baseline(baseline),
        random_state=int(random_state),
    )
    for explanation in evidence.attributions:
        check_top(evidence.thresholds, len(explanation.features))
    items = all_items()
    known = check_required(required, [item.id for item in items])
    models = models_of(evidence)
    findings = [
        Finding.of(
            item,
            without_copies(evidence.outcome(item.id), item.id, models),
            evidence.thresholds[item.id],
            row=evidence.row,
        )
        for item in items
    ]
    return Audit(
        findings=tuple(findings),
        required=known,
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        about=_about(evidence),
    )


def read_baseline(given: Audit | str | Path | None) -> Audit | None:
    """Return an earlier audit, read where it is a path."""
    if given is None or isinstance(given, Audit):
        return given
    if isinstance(given, str | Path):
        return Audit.load(given)
    raise InputError(
        expected="baseline to be an Audit or the path of an audit.json",
        arrived=type(given).__name__,
        do="Pass for example baseline='audit.json', or leave it out.",
    )


def _check_kinds(explanations: object, checks: object, required: object, groups: object) -> None:
    """Raise for arguments that are no collections of anything."""
    explained = "Pass results of xaigeo.explain(ensemble, X, method=..., background=...)."
    measured = "Pass for example checks=[xaigeo.faithfulness.deletion(explanation, ensemble)]."
    for name, given, wanted, do in (
        ("explanations", explanations, Explanation | Iterable, explained),
        ("checks", checks, Check | Iterable | None, measured),
        ("required", required, Iterable | None, "Name items, for example required=['P1', 'A1']."),
        ("groups", groups, Iterable | None, "Name columns, for example groups=['sex']."),
    ):
        if not isinstance(given, wanted):
            raise InputError(
                expected=f"{name} to be a sequence",
                arrived=type(given).__name__,
                do=do,
            )


def evaluation_digest(evaluation: Evaluation) -> str:
    """Return the SHA-256 of everything an evaluation says."""
    told = [evaluation.name, evaluation.task, list(evaluation.classes), evaluation.fingerprint]
    labels = None if evaluation.instances is None else evaluation.instances.tolist()
    total = hashlib.sha256(json.dumps([*told, labels], sort_keys=True, default=str).encode())
    for name in ("seeds", "rows", "labels", "prediction"):
        array = np.ascontiguousarray(getattr(evaluation, name))
        total.update(f"{name}{array.dtype.str}{array.shape}".encode())
        total.update(array.tobytes())
    return total.hexdigest()


def _about(evidence: Evidence) -> dict[str, Any]:
    from xaigeo import __version__

    evaluation, registration = evidence.evaluation, evidence.registration
    thresholds = evidence.thresholds
    return {
        "versions": {
            "xaigeo": __version__,
            "python": platform.python_version(),
            "numpy": np.__version__,
        },
        "random_state": evidence.random_state,
        "ensemble": {
            "n_seeds": evidence.n_seeds,
            "seeds": [int(seed) for seed in evidence.first.seeds],
            "task": evidence.first.task,
            "outputs": evidence.first.outputs,
            "features": evidence.first.features,
            **fingerprint(evidence.first.provenance.get("ensemble") or {}),
        },
        "explanations": [
            {
                "method": e.method,
                "kind": e.kind,
                "n_instances": len(e.instances),
                "random_state": e.provenance.get("random_state"),
                "parameters_sha256": evidence.parameters_sha256(e),
                "sha256": sha256,
                "stored": None if evidence.stored is None else sha256 in evidence.stored,
            }
            for e, sha256 in zip(evidence.explanations, evidence.digests, strict=True)
        ],
        "checks": [
            {
                "kind": check.kind,
                "method": check.method,
                "explanation_sha256": check.provenance.get("explanation_sha256"),
                "sha256": check_digest(check),
            }
            for check in evidence.checks
        ],
        "evaluation": None
        if evaluation is None
        else {
            "name": evaluation.name,
            "n_rows": len(evaluation.labels),
            "sha256": evaluation_digest(evaluation),
        },
        "registration": None if registration is None else registration.to_dict(),
        "thresholds": {
            "sha256": thresholds.sha256,
            "source": thresholds.source,
            "registered_at": registration.registered_at
            if registration is not None and registration.thresholds_sha256 == thresholds.sha256
            else None,
            "values": thresholds.to_dict(),
        },
    }
