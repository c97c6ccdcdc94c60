"""One report of five methods, written once for all tests of the page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import xaigeo as xg
from tests.drawn_charts import come_to_rest

# What a test may change by choosing, folding, scrolling and by links to rows. Light and dark, the
# order of the table of rows and the size of the window stay: such tests open a page of their own.
SHOWN = """() => ({
  state: { ...xaigeoReport.state },
  open: [...document.querySelectorAll("details")].map((one) => one.open),
})"""
SHOW_AGAIN = """async ({ state, open }) => {
  history.replaceState(null, "", location.href.split("#")[0]);
  document.activeElement?.blur();
  await xaigeoReport.choose(state);
  document.querySelectorAll("details").forEach((one, k) => { one.open = open[k]; });
  window.scrollTo(0, 0);
}"""


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


@pytest.fixture(scope="module")
def shared(written: Path, open_shared: Any) -> SimpleNamespace:
    """The report in a browser, all charts drawn, and what it shows at first."""
    opened = open_shared(written)
    come_to_rest(opened.page)
    return SimpleNamespace(opened=opened, first=opened.page.evaluate(SHOWN))


@pytest.fixture
def opened(shared: SimpleNamespace) -> Iterator[Any]:
    """The report in a browser, for one test; afterwards it shows again what it showed at first."""
    yield shared.opened
    page = shared.opened.page
    page.mouse.move(0, 0)
    page.evaluate(SHOW_AGAIN, shared.first)
    assert page.evaluate(SHOWN) == shared.first
    # A test that looks at problems shall not see those of another.
    shared.opened.problems.clear()
