"""The study of real data runs in its quick form, and its page holds what the results say."""

from __future__ import annotations

import importlib
import json
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
STUDY = ROOT / "examples" / "real_data"
PAGE = ROOT / "docs" / "real_data.md"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Run the quick study once; the German credit data are fetched unless they are in the cache."""
    folder, before = tmp_path_factory.mktemp("study"), set(sys.modules)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(folder)
            patch.syspath_prepend(STUDY)
            patch.setattr(sys, "argv", ["study.py", "--quick", "--jobs", "1"])
            importlib.import_module("study").main()
    finally:
        # Its modules have names that those of other examples have too.
        for name in set(sys.modules) - before:
            if (STUDY / f"{name}.py").exists():
                del sys.modules[name]
    return folder / "out" / "real_data"


def test_every_case_and_family_is_measured(made):
    results = json.loads((made / "results.json").read_text())
    assert set(results["cases"]) == {"breast_cancer", "german_credit", "diabetes"}
    for case in results["cases"].values():
        for family, shap in (("networks", "kernel_shap"), ("trees", "tree_shap")):
            scores = {(r["method"], r["score"]) for r in case[family]["agreement"]}
            assert {
                (shap, "feature_agreement"),
                ("lime", "icc_agreement"),
                ("anchors", "cross_precision"),
                ("counterfactuals", "cross_validity"),
            } <= scores
            assert case[family]["audit"]["items"]
        assert 0 <= case["families"]["across"] <= 1


def test_the_page_shows_the_pictures_that_were_drawn(made):
    page = (made / "real_data.md").read_text()
    shown = re.findall(r"!\[[^]]*\]\(([^)]+)\)", page)
    drawn = {str(path.relative_to(made)) for path in (made / "real_data").glob("*.png")}
    assert shown
    assert set(shown) == drawn
    assert not re.search(r"\bNone\b(?! of)|\bnan\b", page)


def test_the_page_in_the_docs_has_its_pictures():
    shown = re.findall(r"!\[[^]]*\]\(([^)]+)\)", PAGE.read_text())
    sizes = [(PAGE.parent / name).stat().st_size for name in shown]
    assert len(sizes) >= 12
    assert max(sizes) < 150_000
    assert sum(sizes) < 1_000_000
    assert {path.name for path in PAGE.with_suffix("").glob("*")} == {Path(n).name for n in shown}
