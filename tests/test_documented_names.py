"""Every name of the package that the documents write is there."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
# Not preceded by what makes it part of a path, an address or a longer word.
NAME = re.compile(r"(?<![\w./@:-])(?:xaigeo|xg)((?:\.[A-Za-z_]\w*)+)(?![\w/-])")
# Files such as xaigeo.toml are no names.
ENDINGS = {"toml", "json", "md", "yml", "yaml", "html", "py", "git"}


def resolved(dotted: str) -> object:
    """Return what a dotted name means: attributes of modules, which may have to be imported."""
    found: object = import_module("xaigeo")
    path = "xaigeo"
    for part in dotted.split("."):
        path = f"{path}.{part}"
        try:
            found = getattr(found, part)
        except AttributeError:
            found = import_module(path)
    return found


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_names_in_documents_are_there(document):
    missing = []
    for match in NAME.finditer(document.read_text(encoding="utf-8")):
        dotted = match.group(1)[1:]
        if dotted.split(".")[-1] in ENDINGS:
            continue
        try:
            resolved(dotted)
        except (AttributeError, ImportError):
            missing.append(match.group())
    assert not missing


def test_a_name_that_is_not_there_is_noticed():
    assert callable(resolved("checks.randomised_correlation"))
    with pytest.raises(ImportError):
        resolved("checks.no_such_name")
    assert [m.group() for m in NAME.finditer("`xg.viz.none(1)`, a/xaigeo/b.py, xaigeo.audit")] == [
        "xg.viz.none",
        "xaigeo.audit",
    ]
