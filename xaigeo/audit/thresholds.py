"""The thresholds of the checklist: defaults, overrides from TOML, and their hash."""

from __future__ import annotations

import hashlib
import json
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from xaigeo.audit.item import ITEMS, Better, Item, all_items
from xaigeo.audit.ranges import SCORES, check_limit
from xaigeo.errors import ConfigError
from xaigeo.options import suggestion

FORMAT = 1
DEFAULTS = "the defaults"
SETTINGS: Mapping[str, int | None] = {"k": None, "n_bootstrap": 1000}


@dataclass(frozen=True)
class Limits:
    """Thresholds of one item: at least (or at most) `passing`, else `warning`."""

    passing: float
    warning: float | None
    settings: Mapping[str, float]


@dataclass(frozen=True)
class Thresholds:
    """Thresholds of all items, and the settings of the scores behind them.

    Attributes
    ----------
    limits : dict
        Item id to `Limits`.
    k : int or None
        Number of top features; None for `xaigeo.agreement.top_k.default_k`.
    n_bootstrap : int
        Draws behind the intervals.
    source : str
        Where they come from, in words. It is no part of the hash.
    """

    limits: Mapping[str, Limits]
    k: int | None = None
    n_bootstrap: int = 1000
    source: str = field(default=DEFAULTS, compare=False)

    def __getitem__(self, item_id: str) -> Limits:
        return self.limits[item_id]

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-able description, complete with defaults."""
        items = {
            name: {"pass": one.passing, "warn": one.warning} | dict(one.settings)
            for name, one in self.limits.items()
        }
        return {"settings": {"k": self.k, "n_bootstrap": self.n_bootstrap}, **items}

    @property
    def sha256(self) -> str:
        """Hash of the complete description, to show that nothing changed after the fact."""
        return thresholds_digest(self.to_dict())


def thresholds_digest(values: Mapping[str, Any]) -> str:
    """Return the SHA-256 of `Thresholds.to_dict`'s answer."""
    text = json.dumps({"format": FORMAT, **values}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def read_thresholds(source: Thresholds | Mapping[str, Any] | str | Path | None) -> Thresholds:
    """Return thresholds: the defaults with the overrides of a mapping or TOML file.

    A file looks like this::

        [settings]
        k = 3

        [A1]
        pass = 0.9
        warn = 0.75

    Raises
    ------
    ConfigError
        For a file that cannot be read, an unknown item or key, a value that is no number or lies
        outside what can be measured, or a warning threshold that is stricter than the passing one.
    """
    if isinstance(source, Thresholds):
        return source
    if source is not None and not isinstance(source, str | Path | Mapping):
        raise ConfigError(
            expected="thresholds to be a table or the path of a TOML file",
            arrived=type(source).__name__,
            do="Write for example thresholds={'A1': {'pass': 0.9}}.",
        )
    table = read_toml(Path(source)) if isinstance(source, str | Path) else dict(source or {})
    settings = _settings(table.pop("settings", {}))
    known = ITEMS.names()
    for name in table:
        if name not in known:
            raise ConfigError(
                expected=f"thresholds of audit items ({', '.join(known)}) or settings",
                arrived=repr(name),
                do=suggestion(name, known) or "Name one of the listed items.",
            )
    limits = {item.id: _limits(item, table.get(item.id, {})) for item in all_items()}
    return Thresholds(limits=limits, source=_source(source), **settings)


def check_top(thresholds: Thresholds, n_features: int) -> None:
    """Raise where as many top features are asked for as there are: nothing would be chosen.

    Parameters
    ----------
    thresholds : Thresholds
    n_features : int
    """
    if thresholds.k is not None and thresholds.k >= n_features:
        raise ConfigError(
            expected=f"settings.k to be below the number of features ({n_features})",
            arrived=repr(thresholds.k),
            do="Choose a smaller k, or leave it out for the default.",
        )


def _source(given: Mapping[str, Any] | str | Path | None) -> str:
    if isinstance(given, str | Path):
        return f"the file {Path(given).name}"
    return "a table given to the audit" if given else DEFAULTS


def read_toml(path: Path) -> dict[str, Any]:
    """Return the tables of a TOML file of thresholds, not yet checked."""
    try:
        return tomllib.loads(path.read_text())
    except OSError as error:
        raise ConfigError(
            expected=f"a readable TOML file at {path}",
            arrived=error.strerror or type(error).__name__,
            do="Check the path of the thresholds.",
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(
            expected=f"valid TOML in {path}",
            arrived=str(error),
            do="Correct the file; a table for an item looks like [A1] with pass = 0.9.",
        ) from error


def _settings(table: Any) -> dict[str, Any]:
    table = _checked_table("settings", table)
    _check_keys("settings", table, SETTINGS)
    for name, value in table.items():
        if isinstance(value, bool) or not isinstance(value, int) or not SCORES[name].holds(value):
            raise ConfigError(
                expected=f"settings.{name} to be {SCORES[name].text}",
                arrived=repr(value),
                do="Correct it, or leave it out for the default.",
            )
    merged: dict[str, Any] = dict(SETTINGS) | table
    return merged


def _limits(item: Item, table: Any) -> Limits:
    table = _checked_table(item.id, table)
    own = {"pass": item.passing, "warn": item.warning, **item.settings}
    _check_keys(item.id, table, own)
    for name, value in table.items():
        if item.unit == "yes_no" and name in ("pass", "warn"):
            raise ConfigError(
                expected=f"no threshold for {item.id}, which is answered by yes or no",
                arrived=f"{name} = {value!r}",
                do="Remove it.",
            )
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not math.isfinite(value):
            raise ConfigError(
                expected=f"{item.id}.{name} to be a number",
                arrived=repr(value),
                do="Write it as a number; shares lie between 0 and 1.",
            )
        if item.warning is None and name == "warn":
            raise ConfigError(
                expected=f"only a pass threshold for {item.id}, which never warns",
                arrived=f"warn = {value!r}",
                do="Remove it.",
            )
        check_limit(item, name, value)
    merged = own | table
    passing, warning = float(merged["pass"]), merged["warn"]
    if warning is not None and not _looser(float(warning), passing, item.better):
        raise ConfigError(
            expected=f"{item.id}.warn to be looser than {item.id}.pass "
            f"({item.better} values are better)",
            arrived=f"pass = {passing}, warn = {warning}",
            do="Swap or correct the two.",
        )
    return Limits(
        passing=passing,
        warning=None if warning is None else float(warning),
        settings={name: merged[name] for name in item.settings},
    )


def _looser(warning: float, passing: float, better: Better) -> bool:
    return warning <= passing if better == "higher" else warning >= passing


def _checked_table(name: str, table: Any) -> dict[str, Any]:
    if not isinstance(table, Mapping):
        raise ConfigError(
            expected=f"a table of thresholds for {name}",
            arrived=repr(table),
            do=f"Write [{name}] with pass = ... and warn = ... below it.",
        )
    return dict(table)


def _check_keys(name: str, table: Mapping[str, Any], known: Mapping[str, Any]) -> None:
    for key in table:
        if key not in known:
            raise ConfigError(
                expected=f"keys of [{name}] ({', '.join(known)})",
                arrived=repr(key),
                do=suggestion(key, known) or "Remove the key.",
            )
