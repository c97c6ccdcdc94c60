"""What is wrong with a configuration, in the words of the file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel

from xaigeo.errors import InputError
from xaigeo.options import closest
from xaigeo.runs.text_sections import TEXT_DATASETS


def told_problem(
    problem: Any, kind: type[BaseModel], other: type[BaseModel], *, of_texts: bool
) -> str:
    """Return the key of a problem that pydantic found, and what is wrong with it.

    Parameters
    ----------
    problem : dict
        One of ``ValidationError.errors()``.
    kind, other : type of BaseModel
        The configuration that was checked, and that of the other kind of run.
    of_texts : bool
    """
    key = [str(part) for part in problem["loc"]]
    raised = problem.get("ctx", {}).get("error")
    if problem["type"] == "extra_forbidden":
        return f"{'.'.join(key)}: {_unknown(key, kind, other, of_texts)}"
    if raised is None:
        others = f", or of texts {' or '.join(map(repr, TEXT_DATASETS))}"
        listed = problem["type"] == "literal_error"
        more = others if key == ["data", "dataset"] and listed else ""
        more += _instead(problem) if listed else ""
        return f"{'.'.join(key) or 'file'}: {problem['msg']}{more}"
    if isinstance(raised, InputError) and key == ["model"]:
        # A setting of training: the message begins with its name.
        name = re.split(r"\W", raised.expected, maxsplit=1)[0]
        key += [name] if name in _known([*key, name], kind) else []
    return f"{'.'.join(key) or 'file'}: {str(raised).removesuffix('.')}"


def _unknown(
    key: Sequence[str], kind: type[BaseModel], other: type[BaseModel], of_texts: bool
) -> str:
    """Return why there is no such key, and the one that it is most like."""
    if key[-1] in _known(key, other):
        return f"a key of runs of {'tables' if of_texts else 'texts'} alone"
    name = closest(key[-1], _known(key, kind))
    return "no such key" + (f" (did you mean {name!r}?)" if name else "")


def _known(key: Sequence[str], kind: Any) -> list[str]:
    """Return the keys of the table that a key stands in; none where there is no such table."""
    for part in key[:-1]:
        field = getattr(kind, "model_fields", {}).get(part)
        kind = None if field is None else field.annotation
    return list(getattr(kind, "model_fields", ()))


def _instead(problem: Any) -> str:
    """Return what stands in place of a listed word, and the word that it is most like."""
    given = problem["input"]
    name = closest(given, re.findall("'([^']*)'", problem["ctx"]["expected"]))
    return f", got {given!r}" + (f" (did you mean {name!r}?)" if name else "")
