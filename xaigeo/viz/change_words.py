"""What ensembles do to a number, against the first of them, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np

from xaigeo.viz.number_text import number_text, share_text

# As many ensembles are named in a sentence.
NAMED = 3


class Change(Protocol):
    """A change with its share of what was before, and whether its interval leaves out 0."""

    @property
    def change(self) -> float: ...  # noqa: D102
    @property
    def share(self) -> float: ...  # noqa: D102
    @property
    def clear(self) -> bool: ...  # noqa: D102


def changes_told(changes: Mapping[str, Change], what: str, first: str, over: str = "rows") -> str:
    """Return what ensembles do to a number of the first one, without full stop.

    Parameters
    ----------
    changes : mapping from name to change
    what : str
        The number, with its article.
    first : str
        Name of the ensemble that they are compared with.
    over : str
        What the means are over.
    """
    if len(changes) <= NAMED:
        return f"{_each(changes, what)} (mean over {over}, against {first})"
    clear = [name for name, one in changes.items() if one.clear]
    if not clear:
        return f"None of {len(changes)} ensembles clearly changes {what} of {first}"
    most = max(clear, key=lambda name: abs(changes[name].change))
    return (
        f"{len(clear)} of {len(changes)} ensembles clearly change {what} of {first}: "
        f"{most} {_verb(changes[most])} it {by_how_much(changes[most])}"
    )


def by_how_much(change: Change) -> str:
    """Return by how much a number changes, as a share where there is one."""
    share = float(change.share)
    if not np.isfinite(share):
        return f"by {number_text(abs(change.change), 2)}"
    # What more than doubles is told by its factor.
    return f"to {1 + share:.1f} times" if share > 1 else f"by {share_text(abs(share))}"


def listed(parts: Sequence[str]) -> str:
    """Return parts of a sentence with "and" before the last."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _each(changes: Mapping[str, Change], what: str) -> str:
    """Return what each ensemble does; what several do alike is said once."""
    said: dict[str, list[str]] = {}
    for name, change in changes.items():
        verb = _verb(change) if change.clear else ""
        said.setdefault(verb, []).append(name)
    parts = []
    for verb, names in said.items():
        if not verb:
            continue
        head, *others = names
        told = [f"{head} {verb} {{what}} {by_how_much(changes[head])}"]
        parts.append(listed([*told, *(f"{one} {by_how_much(changes[one])}" for one in others)]))
    if unclear := said.get(""):
        verb = "makes" if len(unclear) == 1 else "make"
        parts.append(f"{listed(unclear)} {verb} no clear change to {{what}}")
    told_all = "; ".join(parts)
    first, *rest = told_all.split("{what}")
    return first + what + "it".join(rest) if rest else first


def _verb(change: Change) -> str:
    return "lowers" if change.change < 0 else "raises"
