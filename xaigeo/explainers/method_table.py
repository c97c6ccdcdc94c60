"""What every known method needs and gives, as a table and as text."""

from __future__ import annotations

import textwrap
from dataclasses import MISSING, Field, fields
from importlib.metadata import PackageNotFoundError, version
from types import SimpleNamespace
from typing import Any

import pandas as pd

from xaigeo.explainers.base import Explainer
from xaigeo.explainers.method_documentation import full_documentation
from xaigeo.explainers.named_method import Explained, methods_for, named_method
from xaigeo.registry import Registry

COLUMNS = (
    "method",
    "summary",
    "result",
    "tasks",
    "models",
    "engines",
    "needs_background",
    "needs_gradients",
    "packages",
    "missing",
    "parameters",
)


def describe_methods(explained: Explained = "tables") -> pd.DataFrame:
    """Return one row per method: what it gives and what it needs.

    Parameters
    ----------
    explained : {"tables", "texts"}
        Methods for models of tables, or for models of texts; both have a "lime".

    Returns
    -------
    DataFrame
        `method`, `summary`; `result`, the kind of explanation; `tasks`, `models` ("any",
        "torch networks", "tree ensembles", ...) and `engines` that it knows; whether it
        `needs_background` and `needs_gradients`; `packages` that it uses beside numpy and
        those of them that are `missing` here; `parameters` with their defaults. A method of
        another package that cannot be loaded has the reason for a summary.
    """
    known = methods_for(explained)
    return pd.DataFrame([_row(name, known) for name in known], columns=list(COLUMNS))


def methods_text(table: pd.DataFrame, width: int = 100) -> str:
    """Return the table for a terminal: a line a method, and below it what it is, needs and takes.

    Parameters
    ----------
    table : DataFrame
        As `describe_methods` gives it.
    width : int
        Columns of the terminal.
    """
    heads = ("method", "result", "models", "engines")
    cells = [heads, *table[list(heads)].itertuples(index=False)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    first, *others = [
        "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in cells
    ]
    indent = " " * 4
    lines = [first]
    for line, row in zip(others, table.itertuples(), strict=True):
        lines.append(line)
        takes = "Takes " + str(row.parameters) + "." if row.parameters else ""
        for text in (str(row.summary), _needs(row), takes):
            lines += textwrap.wrap(
                text,
                width,
                initial_indent=indent,
                subsequent_indent=indent,
                break_on_hyphens=False,
            )
    return "\n".join(lines)


def method_text(name: str, explained: Explained = "tables") -> str:
    """Return the whole documentation of one method, for a terminal.

    Raises
    ------
    InputError
        For an unknown name, and for one that models of the other kind alone have.
    """
    kind = method_class(name, explained)
    row = SimpleNamespace(**_row(name, methods_for(explained)))
    models = "any model" if row.models == "any" else row.models
    head = f"{name}: {row.result} of {models}"
    parts = (head, full_documentation(kind), f"Defaults: {row.parameters}.", _needs(row))
    return "\n\n".join(part for part in parts if part)


def method_class(name: str, explained: Explained) -> type[Explainer]:
    """Return the class of a method that was named at a terminal.

    Raises
    ------
    InputError
        As of `method_text`.
    """
    option = " --texts" if explained == "tables" else ""
    return named_method(name, explained, do=f"Write xaigeo methods {name}{option}.")


def _row(name: str, known: Registry[Any]) -> dict[str, Any]:
    try:
        kind = known.get(name)
    except Exception as error:
        # Another package's method must not keep the others from being listed.
        summary = f"Cannot be loaded: {type(error).__name__}: {error}"
        empty = dict.fromkeys(COLUMNS, "") | {"needs_background": False, "needs_gradients": False}
        return empty | {"method": name, "summary": summary}
    return {
        "method": name,
        "summary": (kind.__doc__ or "").strip().split("\n\n")[0].replace("\n    ", " "),
        "result": kind.result.kind,
        "tasks": ", ".join(kind.tasks),
        "models": _models(kind),
        "engines": ", ".join(kind.engines),
        "needs_background": kind.needs_background,
        "needs_gradients": kind.needs_gradients,
        "packages": ", ".join(kind.packages),
        "missing": ", ".join(package for package in kind.packages if not _installed(package)),
        "parameters": ", ".join(f"{f.name}={_default(f)!r}" for f in fields(kind)),
    }


def _default(parameter: Field[Any]) -> Any:
    made = parameter.default_factory
    return parameter.default if made is MISSING else made()


def _models(kind: type[Explainer]) -> str:
    return "torch networks" if kind.models == "any" and kind.needs_gradients else kind.models


def _needs(row: Any) -> str:
    """Say in a sentence what a method needs; nothing of one that cannot be loaded."""
    if not row.tasks:
        return ""
    missing = row.missing.split(", ")
    packages = [
        f"{package} (not installed)" if package in missing else package
        for package in row.packages.split(", ")
        if package
    ]
    needs = ["a background"] * row.needs_background + packages
    return f"For {row.tasks.replace(', ', ' and ')}. Needs {', '.join(needs) or 'nothing else'}."


def _installed(package: str) -> bool:
    try:
        version(package)
    except PackageNotFoundError:
        return False
    return True
