"""Fitted estimators on disk by skops, which does not run code that it was not told to trust."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from xaigeo.ensemble.named_code import NamedCode, check_named_code, note_main_code
from xaigeo.errors import InputError, StoreError, cause


def write_estimators(estimators: Sequence[Any], folder: Path, *, stacklevel: int = 1) -> None:
    """Write estimators into a folder, one file each.

    Raises
    ------
    InputError
        As `write_estimator`.

    Warns
    -----
    MainCodeWarning
        If they need functions or classes of ``__main__``; `stacklevel` as `warnings.warn` takes it.
    """
    codes = [
        write_estimator(estimator, folder / _name(place))
        for place, estimator in enumerate(estimators)
    ]
    note_main_code(codes, stacklevel=stacklevel + 1)


def read_estimators(folder: Path, n_estimators: int, trust: bool | Sequence[str]) -> list[Any]:
    """Read what `write_estimators` wrote; `trust` and errors as of `read_estimator`."""
    return [read_estimator(folder / _name(place), trust) for place in range(n_estimators)]


def write_estimator(estimator: Any, file: Path) -> NamedCode:
    """Write one estimator into a ``.skops`` file, and return what it needs to be loaded.

    Raises
    ------
    InputError
        For an estimator that could not be loaded again; nothing is written then.
    """
    io = _skops()
    code = check_named_code(estimator)
    try:
        written = io.dumps(estimator)
        # Some things are written that cannot be read, such as methods of str.
        io.loads(written, trusted=io.get_untrusted_types(data=written))
    except Exception as error:
        raise InputError(
            expected="an estimator that skops writes and reads",
            arrived=f"{type(estimator).__name__}, on which it fails: {cause(error)}",
            do="Put a function of a module of yours in place of what is named.",
        ) from error
    file.write_bytes(written)
    return code


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
        If the file holds types that are not trusted, or names code that is not there.
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
    try:
        return io.load(file, trusted=[name for name in trusted if name in unknown])
    except (AttributeError, ImportError) as error:
        raise StoreError(
            expected="the functions and classes that the estimator was saved with",
            arrived=f"a program without one of them: {cause(error)}",
            do="Before loading import or define it under the name it had, in __main__ for what was "
            "defined in the program or notebook that saved it; and install the same packages.",
        ) from error


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


def _name(place: int) -> str:
    return f"{place}.skops"
