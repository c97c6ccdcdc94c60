"""One report of five methods, written once for all tests of the page."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import xaigeo as xg


@pytest.fixture(scope="session")
def the_audit(study: SimpleNamespace) -> Any:
    """The audit of the study."""
    return xg.audit(study.explanations, evaluation=study.evaluation)


@pytest.fixture(scope="session")
def written(
    study: SimpleNamespace,
    make: SimpleNamespace,
    the_audit: Any,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """A report with evaluation, audit and two views, in a folder that was not there before."""
    return xg.report(
        study.explanations,
        tmp_path_factory.mktemp("report") / "deep" / "report.html",
        evaluation=study.evaluation,
        audit=the_audit,
        views=[make.view, ("bill_depth_mm", "body_mass_g")],
        title="Five seeds",
    )
