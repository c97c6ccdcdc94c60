"""Fitted estimators on disk by skops, which does not run code that it was not told to trust."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from xaigeo.errors import InputError, StoreError


def write_estimator(estimator: Any, file: Path) -> None:
    """Write one estimator into a ``.skops`` file."""
    _skops().dump(estimator, file)


def read_estimator(file: Path, trust: bool | Sequence[str]) -> Any:
    """Read one estimator.

    Parameters
    ----------
    file : Path
    trust : bool or sequence of str
        Whether to load types that skops does not know to be safe: all, none, or by name.

    Raises
    ------
    StoreError
        If the file holds types that are not trusted.
    """
    io = _skops()
    unknown = sorted(io.get_untrusted_types(file=file))
    trusted = unknown if trust is True else [] if trust is False else list(trust)
    refused = [name for name in unknown if name not in trusted]
    if refused:
        raise StoreError(
            expected="types that skops knows to be safe, or that you trust",
            arrived=", ".join(refused),
            do="If you trust whoever wrote the file, load with trust_estimators=True or a list "
            "of these names.",
        )
    return io.load(file, trusted=[name for name in trusted if name in unknown])


def _skops() -> ModuleType:
    try:
        import skops.io
    except ImportError as error:
        raise InputError(
            expected="the package skops to save or load estimators",
            arrived="none installed",
            do="Install it with: pip install 'xaigeo[estimators]'.",
        ) from error
    io: ModuleType = skops.io
    return io
