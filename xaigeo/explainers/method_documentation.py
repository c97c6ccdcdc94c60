"""The documentation of a method in one piece, with what it shares with others written out."""

from __future__ import annotations

import inspect
import itertools
import re

# A line of parameters, with or without their type, and the one below that sends elsewhere.
_HEAD = re.compile(r"^(?P<names>\w+(?:, \w+)*)(?: : .*)?$")
_SEE = re.compile(r"^    See `(?P<owner>\w+)`\.(?: (?P<more>.*))?$")


def full_documentation(kind: type) -> str:
    """Return the docstring of a method, of a base class too what it says "See `Base`." of.

    Parameters
    ----------
    kind : type
        A class whose bases document parameters that it does not repeat.
    """
    lines = (inspect.getdoc(kind) or "").splitlines()
    told: list[str] = []
    place = 0
    while place < len(lines):
        found = _elsewhere(kind, lines[place : place + 2])
        told += [lines[place]] if found is None else found
        place += 1 if found is None else 2
    return "\n".join(told)


def _elsewhere(kind: type, lines: list[str]) -> list[str] | None:
    """Return what a base class says of the parameters of two lines that name it, if they do."""
    head, see = _HEAD.match(lines[0]), _SEE.match(lines[-1])
    if head is None or see is None:
        return None
    owner = next((base for base in kind.__mro__ if base.__name__ == see["owner"]), None)
    if owner is None:
        return None
    entries = [_entry(owner, name) for name in head["names"].split(", ")]
    if not all(entries):
        return None
    more = [f"    {see['more']}"] if see["more"] else []
    return [line for entry in dict.fromkeys(entries) for line in entry] + more


def _entry(owner: type, name: str) -> tuple[str, ...]:
    """Return the lines in which a class documents one parameter; none if it does not."""
    lines = full_documentation(owner).splitlines()
    for start, line in enumerate(lines):
        if " : " in line and name in line.split(" : ")[0].split(", "):
            own = itertools.takewhile(lambda below: below.startswith("    "), lines[start + 1 :])
            return line, *own
    return ()
