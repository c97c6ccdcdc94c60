"""The example notebooks run from top to bottom, and every chart in them can be drawn."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path

import altair as alt
import pytest

ROOT = Path(__file__).parent.parent
EXAMPLES = sorted((ROOT / "examples" / "notebooks").glob("*.py"))


@pytest.fixture(scope="module")
def notebooks():
    spec = importlib.util.spec_from_file_location("notebooks", ROOT / "scripts" / "notebooks.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["notebooks"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    yield module
    del sys.modules["notebooks"]


def check(notebook):
    """Fail unless this is a notebook of nbformat 4.5 (nbformat itself is not needed for tests)."""
    assert set(notebook) == {"cells", "metadata", "nbformat", "nbformat_minor"}
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    ids = [cell["id"] for cell in notebook["cells"]]
    assert len(set(ids)) == len(ids)
    for cell in notebook["cells"]:
        assert re.fullmatch(r"[a-zA-Z0-9-_]{1,64}", cell["id"])
        code = {"execution_count", "outputs"} if cell["cell_type"] == "code" else set()
        assert set(cell) == {"cell_type", "id", "metadata", "source"} | code
        assert all(line.endswith("\n") for line in cell["source"][:-1])
        for output in cell.get("outputs", []):
            kind = output["output_type"]
            assert kind in ("stream", "display_data", "execute_result")
            assert (kind == "stream") == ("text" in output)
            assert (kind == "execute_result") == ("execution_count" in output)
            assert (kind != "stream") == ("metadata" in output)


def test_cells_are_read_in_order(notebooks):
    text = "# a note\n\n# %% [markdown]\n# # Title\n#\n# Words\n\n# %%\nx = 1\n\n\n# %%\nx\n"
    cells = notebooks.read_cells(text)
    assert [(cell.kind, cell.source) for cell in cells] == [
        ("markdown", "# Title\n\nWords"),
        ("code", "x = 1"),
        ("code", "x"),
    ]
    with pytest.raises(ValueError, match=r"No such kind of cell: \[raw\]"):
        notebooks.read_cells("# %% [raw]\n")


def test_cells_run_as_in_a_notebook(notebooks):
    cells = notebooks.read_cells(
        "# %%\nfrom IPython.display import HTML, display\nprint('said')\n"
        "# %%\ndisplay(HTML('<b>shown</b>'))\n3 * 7\n# %% [markdown]\n# Words\n# %%\nNone\n"
    )
    outputs = notebooks.run(cells, "cells")
    check(notebooks.notebook(cells, outputs))
    assert outputs[0] == [{"output_type": "stream", "name": "stdout", "text": ["said\n"]}]
    assert outputs[1][0]["data"]["text/html"] == "<b>shown</b>"
    assert outputs[1][1]["data"] == {"text/plain": "21"}
    assert outputs[2:] == [[], []]
    assert not hasattr(sys.modules.get("IPython.display"), "_Html")
    with pytest.raises(ZeroDivisionError):
        notebooks.run([notebooks.Cell("code", "1 / 0")], "failing")


def test_notebooks_are_written_without_running(tmp_path):
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "notebooks.py"), "--to", str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
    )
    for path in EXAMPLES:
        target = tmp_path / f"{path.stem}.ipynb"
        assert f"Wrote {target}" in done.stdout
        notebook = json.loads(target.read_text())
        check(notebook)
        # What stands in the cells is what stands in the script, in its order.
        script = path.read_text()
        place = 0
        for cell in notebook["cells"]:
            first = cell["source"][0].strip()
            place = script.index(first, place) + len(first)
            assert cell.get("outputs", []) == []


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_runs_and_its_charts_are_drawn(notebooks, path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    cells = notebooks.read_cells(path.read_text())
    before = alt.renderers.active
    outputs = notebooks.run(cells, path.stem)
    assert alt.renderers.active == before
    check(notebooks.notebook(cells, outputs))
    shown = [output["data"] for cell in outputs for output in cell if "data" in output]
    charts = [data for data in shown if "image/png" in data]
    assert len(charts) >= 5
    assert all("data:image/svg+xml;base64," in data["text/html"] for data in charts)
    assert all(len(data["text/plain"]) > 20 for data in charts)
    assert next(tmp_path.glob("*.html")).stat().st_size > 100_000


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_teaches(notebooks, path):
    cells = notebooks.read_cells(path.read_text())
    words = [cell for cell in cells if cell.kind == "markdown"]
    assert cells[0].source.startswith("# ")
    assert len(words) >= len(cells) / 3
    assert max(len(cell.source.splitlines()) for cell in cells) <= 20
