"""The arrows of import: explainers -> core <- viz, and inside the core only downwards."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import xaigeo

PACKAGE = Path(xaigeo.__file__).parent
FOUNDATION = ("dims", "errors", "folders", "options", "registry", "schema", "summary", "text")
# Each layer may import from itself and from what stands before it.
CORE = (
    *FOUNDATION,
    "datasets",
    "ensemble",
    "explanations",
    "checks",
    "store",
    "geometry",
    "agreement",
    "audit",
)
ROOMS = {
    "explainers": CORE[: CORE.index("geometry")],
    "faithfulness": (*CORE[: CORE.index("audit")], "explainers"),
    "viz": CORE,
}
TOP = ("runs", "cli", "__main__", "__init__")
PLOTTING_AND_PEERS = {"altair", "vl_convert", "captum", "shap", "lime", "matplotlib", "plotly"}
# A result container hands its arrays to shap's own plots on request.
ALLOWED = {("explanations", "shap")}


def layer(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def imports(path: Path) -> list[tuple[str, bool]]:
    """Return every imported module of a file and whether only the type checker sees it."""
    tree = ast.parse(path.read_text())
    typing_only = {
        id(node)
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and "TYPE_CHECKING" in ast.unparse(block.test)
        for node in ast.walk(block)
    }
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(alias.name, id(node) in typing_only) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            is_root = node.module == "xaigeo"
            found += [
                (name if is_root else str(node.module), id(node) in typing_only) for name in names
            ]
    return found


FILES = sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_arrows(path):
    here = path.relative_to(PACKAGE).with_suffix("").parts[0]
    if here in TOP:
        return
    assert here in CORE or here in ROOMS, f"{here} has no place in the architecture"
    allowed = set(ROOMS[here] if here in ROOMS else CORE[: CORE.index(here)]) | {here, "__init__"}
    if here in FOUNDATION:
        allowed |= set(FOUNDATION)
    for module, typing_only in imports(path):
        top = module.split(".")[0]
        if top == "xaigeo" and not typing_only and module != "xaigeo.__version__":
            lazily = here in ("explanations", "checks") and layer(module) == "store"
            assert layer(module) in allowed or lazily, f"{path.name} imports {module}"
        if here in CORE and (here, top) not in ALLOWED and not typing_only:
            assert top not in PLOTTING_AND_PEERS, f"core file {path.name} imports {module}"


def test_no_file_is_forgotten():
    assert {"schema.py", "base.py"} <= {path.name for path in FILES}


def test_import_is_light():
    """No heavy package is loaded by the import; the time is measured in benchmarks."""
    heavy = "torch shap lime captum altair sklearn zarr xarray pandas joblib matplotlib scipy"
    code = f"import sys, xaigeo; print([name for name in '{heavy}'.split() if name in sys.modules])"
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "[]"


def test_root_links_lead_into_the_package():
    root = PACKAGE.parent
    for name in ("explainers", "viz"):
        link = root / name
        assert link.is_symlink()
        assert link.readlink() == Path("xaigeo") / name
