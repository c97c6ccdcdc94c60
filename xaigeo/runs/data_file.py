"""Files of data: read, or refused with what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
from pandas.api.types import is_hashable

from xaigeo.errors import ConfigError, InputError


def read_file(path: Path, what: str, read: Callable[[Path], pd.DataFrame]) -> pd.DataFrame:
    """Return what `read` makes of a file.

    Parameters
    ----------
    path : Path
    what : str
        What the file holds, in the plural.
    read : callable

    Raises
    ------
    ConfigError
        For a file that is missing, empty, not written as UTF-8 or broken, or that holds no rows.
    """
    try:
        table = read(path)
    except InputError:
        raise
    except UnicodeDecodeError as error:
        raise ConfigError(
            expected=f"{what} written as UTF-8 in {path}",
            arrived=f"bytes that are none, such as 0x{error.object[error.start]:02x}",
            do="Save the file as UTF-8.",
        ) from error
    except OSError as error:
        raise ConfigError(
            expected=f"a readable file of {what} at {path}",
            arrived=error.strerror or str(error),
            do="Check data.file; it is relative to the configuration.",
        ) from error
    except pd.errors.EmptyDataError as error:
        raise _empty(path, what) from error
    except ValueError as error:
        raise ConfigError(
            expected=f"a readable file of {what} at {path}",
            arrived=f"{type(error).__name__}: {error}",
            do="Repair the file, or name another in data.file.",
        ) from error
    if not len(table):
        raise _empty(path, what)
    return table


def check_labels(labels: pd.Series, path: Path) -> None:
    """Raise for a label that is a list or the like.

    Raises
    ------
    ConfigError
        Naming the first, with its row as counted from 0.
    """
    strange = labels[~labels.map(is_hashable)]
    if len(strange):
        raise ConfigError(
            expected=f"one label a row, as text or number, in {labels.name!r} of {path.name}",
            arrived=f"{strange.iloc[0]!r} ({type(strange.iloc[0]).__name__}) in row "
            f"{strange.index[0]}",
            do="Write each row's label by itself, or name another column in data.target.",
        )


def _empty(path: Path, what: str) -> ConfigError:
    return ConfigError(expected=f"{what} in {path}", arrived="none", do="Pass a file with data.")
