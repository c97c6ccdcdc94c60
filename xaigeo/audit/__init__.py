"""A checklist that can gate a release: ``xaigeo.audit([...])`` answers it.

The package itself is callable, so that ``xg.audit(explanations)`` and ``xg.audit.Audit`` both
read well; `xaigeo.audit.runner.audit` is the function behind it.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from xaigeo.audit.answer import Audit
from xaigeo.audit.finding import Finding
from xaigeo.audit.grouping import Groups
from xaigeo.audit.item import ITEMS, Item, Measured, Missing
from xaigeo.audit.registration import Registration, register
from xaigeo.audit.runner import audit
from xaigeo.audit.same_study import check_same_study
from xaigeo.audit.thresholds import Thresholds, read_thresholds
from xaigeo.audit.thresholds_file import write_thresholds
from xaigeo.checks import Check
from xaigeo.ensemble.evaluation import Evaluation
from xaigeo.explanations import Explanation

__all__ = [
    "ITEMS",
    "Audit",
    "Finding",
    "Item",
    "Measured",
    "Missing",
    "Registration",
    "Thresholds",
    "audit",
    "check_same_study",
    "read_thresholds",
    "register",
    "write_thresholds",
]


class _CallablePackage(ModuleType):
    """The package's own class: a module that answers when called."""

    def __call__(
        self,
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
        """Answer the checklist; see `xaigeo.audit.runner.audit`."""
        return audit(
            explanations,
            evaluation=evaluation,
            checks=checks,
            registration=registration,
            thresholds=thresholds,
            baseline=baseline,
            required=required,
            groups=groups,
            stored=stored,
            random_state=random_state,
        )


sys.modules[__name__].__class__ = _CallablePackage
