"""Where files that were fetched are kept."""

from __future__ import annotations

import os
import sys
from pathlib import Path

VARIABLE = "XAIGEO_DATA"


def cache_folder(cache: str | Path | None = None) -> Path:
    r"""Return the folder for fetched files; it need not exist yet.

    Parameters
    ----------
    cache : str or Path, optional
        The folder itself. By default the one that the environment variable ``XAIGEO_DATA``
        names, else the user's cache folder: ``~/.cache/xaigeo`` (or under ``XDG_CACHE_HOME``),
        ``~/Library/Caches/xaigeo`` on a Mac, ``%LOCALAPPDATA%\xaigeo`` on Windows.
    """
    chosen = cache or os.environ.get(VARIABLE)
    if chosen:
        return Path(chosen).expanduser()
    home = Path.home()
    if sys.platform == "darwin":
        return home / "Library" / "Caches" / "xaigeo"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local") / "xaigeo"
    return Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache") / "xaigeo"
