"""What a finding of the audit rests on, as text that people read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

# Entries of a list, or rows of a table, that are written out.
MOST = 20
# Where findings list rows of the data.
ROW_LISTS = ("rows_not_beyond_chance", "rows_not_better", "instances")
HASH = re.compile("[0-9a-f]{64}")
Shown = dict[str, Any]


def evidence_shown(evidence: Mapping[str, Any]) -> list[Shown]:
    """Return the entries of a finding's evidence, each with its name.

    Returns
    -------
    list of dict
        `name`, and one of `text`; `rows` (labels of rows of the data) with `more` (how many
        others); or `columns` and `cells` of a small table with `more`.
    """
    found: list[Shown] = []
    for key, value in evidence.items():
        if value is None or value in ([], {}, ""):
            continue
        if isinstance(value, Mapping) and all(isinstance(v, Mapping) for v in value.values()):
            found += [{"name": f"{_words(key)}: {n}", "text": _text(v)} for n, v in value.items()]
        else:
            found.append({"name": _words(key)} | _shown(key, value))
    return found


def _shown(key: str, value: Any) -> Shown:
    if key in ROW_LISTS and isinstance(value, list):
        return {"rows": [str(label) for label in value[:MOST]], "more": max(0, len(value) - MOST)}
    if isinstance(value, list) and value and all(isinstance(one, Mapping) for one in value):
        return _table(value)
    return {"text": _text(value)}


def _table(records: list[Mapping[str, Any]]) -> Shown:
    names = list(dict.fromkeys(name for record in records for name in record))
    return {
        "columns": [_words(name) for name in names],
        "cells": [[_text(record.get(name)) for name in names] for record in records[:MOST]],
        "more": max(0, len(records) - MOST),
    }


def _text(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return f"{value:.3g}"
    if isinstance(value, Mapping):
        return _listed([f"{key}: {_inner(one)}" for key, one in value.items()], "; ")
    if isinstance(value, list | tuple):
        return _listed([_inner(one) for one in value], ", ")
    text = str(value)
    return f"{text[:12]}…" if HASH.fullmatch(text) else text


def _inner(value: Any) -> str:
    text = _text(value)
    return f"({text})" if isinstance(value, Mapping | list | tuple) else text


def _listed(parts: list[str], between: str) -> str:
    more = len(parts) - MOST
    return between.join(parts[:MOST]) + (f"{between}and {more} more" if more > 0 else "")


def _words(key: str) -> str:
    counted = f"number of {key[2:]}" if key.startswith("n_") else key
    return counted.replace("_", " ")
