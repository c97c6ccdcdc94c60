"""Whether an audit is one of the models that were explained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from xaigeo.audit.answer import Audit
from xaigeo.ensemble.fingerprint import fingerprint, fingerprint_differences
from xaigeo.errors import InputError
from xaigeo.explanations import Explanation

DO = "Pass the answer of xaigeo.audit(explanations) for the same models."


def check_same_study(audit: Audit, explanations: Explanation | Sequence[Explanation]) -> None:
    """Raise unless an audit is of the models that were explained.

    Seeds, task and outputs must be the same, and what is known of the models' training: hashes
    of data, configuration and architecture, or, where they are not known, the features. The
    explanations need not be those audited, since others of the same models may be shown.

    Parameters
    ----------
    audit : Audit
    explanations : Explanation or sequence of Explanation
        Of one ensemble; of two training runs of it the audit may be of either.

    Raises
    ------
    InputError
    """
    about = audit.about.get("ensemble") or {}
    given = list(explanations) if isinstance(explanations, Sequence) else [explanations]
    for explanation in given:
        _check_labels(about, explanation)
    explained = [fingerprint(e.provenance.get("ensemble") or {}) for e in given]
    differing = [fingerprint_differences(about, each) for each in explained]
    if given and all(differing):
        raise _other(f"one of models that differ from them in {differing[0]}")
    for explanation, each in zip(given, explained, strict=True):
        known = about.get("data_sha256") and each["data_sha256"]
        # Joined columns have names of their own.
        joined = explanation.provenance.get("parameters", {}).get("groups")
        if not known and not joined:
            _check("features", about, list(explanation.features))


def _check_labels(about: Mapping[str, Any], explanation: Explanation) -> None:
    _check("seeds", about, np.asarray(explanation.seeds).tolist())
    _check("task", about, explanation.task)
    _check("outputs", about, list(explanation.outputs))


def _check(what: str, about: Mapping[str, Any], explained: Any) -> None:
    audited = about.get(what)
    if audited is not None and audited != explained:
        raise _other(f"one with the {what} {audited}, where those explained are {explained}")


def _other(arrived: str) -> InputError:
    return InputError(expected="an audit of the models that were explained", arrived=arrived, do=DO)
