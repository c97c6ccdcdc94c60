"""Write the example notebooks as .ipynb files, with their outputs if asked, without Jupyter.

Usage: ``python scripts/notebooks.py [--run] [--to out/notebooks] [FILE ...]``

The notebooks are kept as scripts in the percent format (``examples/notebooks/*.py``), which VS
Code, Spyder, PyCharm and jupytext open as they are.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import hashlib
import io
import json
import linecache
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

import altair as alt

FOLDER = Path(__file__).parent.parent / "examples" / "notebooks"
Output = dict[str, Any]


@dataclass(frozen=True)
class Cell:
    """One cell as it stands in the script."""

    kind: Literal["markdown", "code"]
    source: str


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE")
    parser.add_argument("--run", action="store_true", help="run the cells and keep their outputs")
    parser.add_argument("--to", type=Path, default=Path("out/notebooks"))
    options = parser.parse_args(arguments)
    options.to.mkdir(parents=True, exist_ok=True)
    for path in options.files or sorted(FOLDER.glob("*.py")):
        cells = read_cells(path.read_text(encoding="utf-8"))
        started = time.perf_counter()
        with contextlib.chdir(options.to):
            outputs = run(cells, path.stem) if options.run else None
        target = options.to / f"{path.stem}.ipynb"
        text = json.dumps(notebook(cells, outputs), indent=1, ensure_ascii=False)
        target.write_text(text + "\n", encoding="utf-8")
        print(f"Wrote {target} ({time.perf_counter() - started:.1f} s)")
    return 0


def read_cells(text: str) -> list[Cell]:
    """Return the cells of a script in the percent format; what stands before the first is none."""
    cells: list[Cell] = []
    for part in f"\n{text}".split("\n# %%")[1:]:
        head, _, body = part.partition("\n")
        if head.strip() == "[markdown]":
            lines = [line.removeprefix("#").removeprefix(" ") for line in body.splitlines()]
            cells.append(Cell("markdown", "\n".join(lines).strip()))
        elif not head.strip():
            cells.append(Cell("code", body.strip()))
        else:
            raise ValueError(f"No such kind of cell: {head.strip()}")
    return cells


def notebook(cells: Sequence[Cell], outputs: Sequence[list[Output]] | None = None) -> Output:
    """Return cells as a notebook (nbformat 4.5), `outputs` being those of each cell."""
    made = []
    count = 0
    for place, cell in enumerate(cells):
        # The same script gives the same file: ids are made of what the cell holds.
        digest = hashlib.sha256(f"{place} {cell.source}".encode()).hexdigest()
        entry: Output = {
            "cell_type": cell.kind,
            "id": digest[:8],
            "metadata": {},
            "source": cell.source.splitlines(keepends=True),
        }
        if cell.kind == "code":
            count += 1
            shown = [] if outputs is None else outputs[place]
            entry |= {"execution_count": None if outputs is None else count, "outputs": shown}
        made.append(entry)
    return {
        "cells": made,
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def run(cells: Sequence[Cell], name: str) -> list[list[Output]]:
    """Run the cells one after the other, as a notebook does, and return the outputs of each.

    What a cell displays, prints, or ends in is its output. An error ends the run.
    """
    names: dict[str, Any] = {"__name__": "__main__"}
    kept: list[list[Output]] = []
    count = 0
    with _displays() as shown:
        for place, cell in enumerate(cells):
            if cell.kind == "code":
                count += 1
                _run_cell(cell.source, f"<{name}, cell {place}>", names, shown, count)
            kept.append(shown.copy())
            shown.clear()
    return kept


def _run_cell(
    source: str, file: str, names: dict[str, Any], shown: list[Output], count: int
) -> None:
    # Tracebacks show the line, and functions of the notebook have a source.
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    tree = ast.parse(source, file)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(tree, file, "exec"), names)
        value = eval(compile(ast.Expression(last.value), file, "eval"), names) if last else None
    if printed.getvalue():
        lines = printed.getvalue().splitlines(keepends=True)
        shown.append({"output_type": "stream", "name": "stdout", "text": lines})
    if value is not None:
        result = {"output_type": "execute_result", "execution_count": count}
        shown.append(result | _bundle(value))


@contextlib.contextmanager
def _displays() -> Iterator[list[Output]]:
    """Stand in for IPython, and leave what was there before."""
    shown: list[Output] = []
    package, display = ModuleType("IPython"), ModuleType("IPython.display")
    display.HTML = _Html  # type: ignore[attr-defined]
    display.display = lambda *values: shown.extend(  # type: ignore[attr-defined]
        {"output_type": "display_data"} | _bundle(value) for value in values
    )
    before = {name: sys.modules.get(name) for name in ("IPython", "IPython.display")}
    sys.modules |= {"IPython": package, "IPython.display": display}
    try:
        with alt.renderers.enable(alt.renderers.active):
            yield shown
    finally:
        for name, module in before.items():
            sys.modules.pop(name)
            if module is not None:
                sys.modules[name] = module


@dataclass(frozen=True, repr=False)
class _Html:
    data: str

    def _repr_html_(self) -> str:
        return self.data


def _bundle(value: Any) -> Output:
    """Return a value as a notebook keeps it: one text for each kind that it has."""
    if hasattr(value, "_repr_mimebundle_"):
        made = value._repr_mimebundle_()
        data, metadata = made if isinstance(made, tuple) else (made, {})
        return {"data": data, "metadata": metadata}
    data = {"text/plain": repr(value)}
    if hasattr(value, "_repr_html_"):
        data = {"text/html": value._repr_html_()} | data
    return {"data": data, "metadata": {}}


if __name__ == "__main__":
    sys.exit(main())
