"""A TOML file of all thresholds, to start one's own from."""

from __future__ import annotations

from pathlib import Path

from xaigeo.audit.item import Item, all_items
from xaigeo.audit.thresholds import Limits, Thresholds, read_thresholds

_HEAD = """\
# Thresholds of the audit checklist. {lines}: change those you mean to, and leave
# out the rest, which then are the defaults. Lay them down before training, for thresholds that
# were changed afterwards fail item P4. A run of `xaigeo run` lays down those of the file that
#     [audit]
#     thresholds = "thresholds.toml"
# of its configuration names (or what stands there under [thresholds.A1], [thresholds.A2], ...).
#
# "pass" is the limit within which an item passes and "warn" that within which it warns; beyond
# both it fails. "literature" or "own" says where a default comes from; those of our own are
# starting points.
"""


def thresholds_file(thresholds: Thresholds | None = None) -> str:
    """Return thresholds as a commented TOML file, which `read_thresholds` reads back.

    Parameters
    ----------
    thresholds : Thresholds, optional
        The defaults unless given.
    """
    held = read_thresholds(thresholds)
    is_default = held == read_thresholds(None)
    told = "Every line is a default" if is_default else f"They start from {held.source}"
    lines = [_HEAD.format(lines=told), "[settings]"]
    lines.append(
        "# k = 3          # number of top features; by default 3, or one less than there are"
        if held.k is None
        else f"k = {held.k}"
    )
    lines += [f"n_bootstrap = {held.n_bootstrap}  # draws behind intervals and chance", ""]
    for one in all_items():
        lines += _item(one, held[one.id])
    return "\n".join(lines)


def write_thresholds(path: str | Path, thresholds: Thresholds | None = None) -> Path:
    """Write `thresholds_file`'s answer to a path and return it."""
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(thresholds_file(thresholds), encoding="utf-8")
    return target


def _item(one: Item, limits: Limits) -> list[str]:
    lines = [f"# {one.id}: {one.question}", f"# {one.metric}; {_where_from(one)}"]
    if one.unit == "yes_no":
        return [*lines, "# (answered by yes or no)", ""]
    sign = "at least" if one.better == "higher" else "at most"
    lines += [f"[{one.id}]", f"pass = {limits.passing!r}  # {sign}"]
    lines += [] if limits.warning is None else [f"warn = {limits.warning!r}"]
    lines += [f"{name} = {value!r}" for name, value in limits.settings.items()]
    return [*lines, ""]


def _where_from(one: Item) -> str:
    return one.basis if one.basis == one.source else f"{one.basis}: {one.source}"
